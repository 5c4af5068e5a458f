"""What a person may choose about the local stack, and what it chooses itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.messages import StackError
from deploy.roles import ROLES_FILE

ROOT = Path(__file__).parents[2]
BROKERS = ("embedded", "kafka")
CLUSTER_SIZES = ("1", "3")


@dataclass(frozen=True)
class EnginePorts:
    mail: int = 8151
    mongo: int = 8161
    brokers: tuple[int, ...] = (8171, 8172, 8173)
    controllers: tuple[int, ...] = (8181, 8182, 8183)


@dataclass(frozen=True)
class StackSettings:
    """An engine whose address is given (`kafka_bootstrap`, `mongo_url`, `smtp_url`) is neither started nor stopped."""

    var: Path = ROOT / "var"
    roles_file: Path = ROLES_FILE
    topics_command: str = "python -m shared.bus topics apply"
    engine_ports: EnginePorts = EnginePorts()
    real_kafka: bool = False
    kafka_nodes: int = 1
    kafka_bootstrap: str | None = None
    mongo_url: str | None = None
    smtp_url: str | None = None
    object_store: str | None = None
    clamd_url: str | None = None
    log_format: str = "json"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """BROKER (embedded, kafka), BROKERS (1, 3), KAFKA_BOOTSTRAP, MONGO_URL, SMTP_URL, OBJECT_STORE, CLAMD_URL,
        LOG_FORMAT.

        An empty value counts as none; a StackError names a value that is not one of those.
        """
        return cls(
            real_kafka=_one_of(environment, "BROKER", BROKERS) == "kafka",
            kafka_nodes=int(_one_of(environment, "BROKERS", CLUSTER_SIZES)),
            kafka_bootstrap=environment.get("KAFKA_BOOTSTRAP") or None,
            mongo_url=environment.get("MONGO_URL") or None,
            smtp_url=environment.get("SMTP_URL") or None,
            object_store=environment.get("OBJECT_STORE") or None,
            clamd_url=environment.get("CLAMD_URL") or None,
            log_format=environment.get("LOG_FORMAT") or "json",
        )


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = environment.get(name) or choices[0]
    if value not in choices:
        raise StackError("bad_setting", name=name, value=value, choices=", ".join(choices))
    return value
