"""The list of the platform's processes, read from roles.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROLES_FILE = Path(__file__).with_name("roles.yaml")


@dataclass(frozen=True)
class Role:
    """One kind of process: `command` as a person types it, `port` of its HTTP side, `env` for what it alone needs."""

    name: str
    service: str
    command: str
    port: int
    env: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_api(self) -> bool:
        return self.name == f"{self.service}-api"


def load_roles(path: Path = ROLES_FILE) -> tuple[Role, ...]:
    """All roles in the order of the file; a TypeError names a key that is missing or unknown."""
    return tuple(Role(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")))
