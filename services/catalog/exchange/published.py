"""A cluster as the world may see it, and a stretch in the order of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of changes: everything up to and with this cluster is behind it."""

    changed_at: datetime
    cluster: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Changes of [start, end), of one set or of all."""

    start: datetime | None
    end: datetime
    spec: str | None = None

    def query(self) -> dict[str, Any]:
        span = {"$lt": self.end} | ({"$gte": self.start} if self.start else {})
        return {"changed_at": span} | ({"sets": self.spec} if self.spec else {})

    def query_after(self, position: Position | None) -> dict[str, Any]:
        if position is None:
            return self.query()
        of_set = {"sets": self.spec} if self.spec else {}
        same = {**of_set, "changed_at": position.changed_at, "_id": {"$gt": position.cluster}}
        later = {**of_set, "changed_at": {"$gt": position.changed_at, "$lt": self.end}}
        return {"$or": [same, later]}


@dataclass(frozen=True, slots=True)
class Published:
    """A cluster as the world may see it.

    marc: as `formats.as_kept` has it; empty where it was not asked for or is gone.
    """

    id: str
    changed_at: datetime
    sets: tuple[str, ...]
    gone: bool
    redirect_to: str | None
    marc: bytes

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        redirect_to = row.get("redirect_to")
        gone = bool(row.get("deleted") or redirect_to or not row.get("public"))
        marc = b"" if gone else bytes(row.get("marc") or b"")
        return cls(row["_id"], row["changed_at"], tuple(row.get("sets") or ()), gone, redirect_to, marc)
