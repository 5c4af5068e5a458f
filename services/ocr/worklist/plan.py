"""The plan against what is done, for each library and collection class; no I/O but the file of the plan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from services.ocr.worklist.stages import GONE, Stage
from shared.events.vocabulary import CollectionClass, LibraryId, ShortText, Value


class Goal(Value):
    """What a plan asks of a library for one collection class."""

    library: LibraryId
    collection_class: CollectionClass
    registered: Annotated[int, Field(ge=0)]
    """Documents of the class that the library has: what the share is of."""
    share: Annotated[float, Field(gt=0, le=100)]
    """Percent to be digitised."""
    by: Annotated[int, Field(ge=1900, le=2200)]
    """Year."""
    source: ShortText
    """The plan that says so."""

    @property
    def documents(self) -> int:
        return math.ceil(self.registered * self.share / 100)


@dataclass(frozen=True)
class Progress:
    """Documents of one library and class: the goal where a plan names one, those digitised, those approved."""

    library: str
    collection_class: str
    goal: Goal | None
    digitised: int
    approved: int

    @property
    def share(self) -> float | None:
        """Approved documents in percent of those registered; None where nobody knows how many there are."""
        return 100 * self.approved / self.goal.registered if self.goal and self.goal.registered else None

    @property
    def left(self) -> int | None:
        """Documents still to approve until the goal is met."""
        return max(0, self.goal.documents - self.approved) if self.goal else None


def load_goals(file: Path | None) -> tuple[Goal, ...]:
    """The goals of a YAML file; none without a file. Raises pydantic's ValidationError."""
    if file is None:
        return ()
    return TypeAdapter(tuple[Goal, ...]).validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))


def progress(goals: Sequence[Goal], counts: Mapping[tuple[str, str], Counter[Stage]]) -> list[Progress]:
    """One line per library and class that has a goal or a document; of several goals of a class the nearest year's."""
    nearest = {(goal.library, str(goal.collection_class)): goal for goal in sorted(goals, key=lambda g: -g.by)}
    return [_line(key, nearest.get(key), counts.get(key, Counter())) for key in sorted({*nearest, *counts})]


def _line(key: tuple[str, str], goal: Goal | None, stages: Counter[Stage]) -> Progress:
    digitised = sum(stages.values()) - sum(stages[stage] for stage in (*GONE, Stage.TO_RESCAN))
    return Progress(*key, goal=goal, digitised=digitised, approved=stages[Stage.APPROVED])
