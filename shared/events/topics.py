"""The topic table (`topics.yaml`) as typed data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

MILLISECONDS_PER_DAY = 86_400_000
DEAD_SUFFIX = ".dead"
_DEAD_TEMPLATE = "{consumer}" + DEAD_SUFFIX


class Topic(BaseModel):
    """One topic: what is said on it, by whom, to whom, how long it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["log", "work", "compacted"]
    audience: Literal["internal", "everybody"]
    key: str
    partitions: int = Field(ge=1)
    days: int | None = None
    types: Mapping[str, tuple[str, ...]] = {}
    planned: Mapping[str, tuple[str, ...]] = {}
    readers: tuple[str, ...] = ()

    @field_validator("types", "planned", mode="before")
    @classmethod
    def _producers_as_tuples(cls, value: dict[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
        return {name: (says,) if isinstance(says, str) else tuple(says) for name, says in value.items()}

    @property
    def compacted(self) -> bool:
        return self.kind == "compacted"

    @property
    def versions_are_gapless(self) -> bool:
        """Whether every version of an aggregate gives exactly one event here; a state topic may skip some."""
        return not self.compacted

    def settings(self) -> dict[str, str]:
        """Kafka's per-topic configuration."""
        if self.compacted:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete", "retention.ms": str((self.days or 30) * MILLISECONDS_PER_DAY)}


@cache
def topics() -> Mapping[str, Topic]:
    """Every topic by name, each consumer's dead-letter topic included."""
    table = yaml.safe_load(files("shared.events").joinpath("topics.yaml").read_text(encoding="utf-8"))
    dead = table.pop(_DEAD_TEMPLATE)
    found = {name: Topic(name=name, **row) for name, row in table.items()}
    for consumer in sorted({reader for topic in found.values() for reader in topic.readers}):
        name = dead_topic(consumer)
        found[name] = Topic(name=name, **{**dead, "types": {"message.dead-lettered": consumer.split("-")[0]}})
    return found


def dead_topic(consumer: str) -> str:
    return consumer + DEAD_SUFFIX


def topics_read_by(consumer: str) -> tuple[str, ...]:
    """The topics that a consumer group subscribes to."""
    return tuple(name for name, topic in topics().items() if consumer in topic.readers)
