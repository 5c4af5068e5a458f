"""A document's way from scan to catalogue as steps: who did each and when, and whom the next one waits for; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.ocr.worklist.stages import NEXT, Action, Actor, Stage, stage_of


class StepName(StrEnum):
    """The steps, in order."""

    RECEIVED = "received"
    READ = "read"
    CHECKED = "checked"
    APPROVED = "approved"
    CATALOGUED = "catalogued"


class StepState(StrEnum):
    """How far a step is."""

    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


AT = {
    Stage.READING: StepName.READ,
    Stage.UNREADABLE: StepName.READ,
    Stage.TO_RESCAN: StepName.RECEIVED,
    Stage.TO_CHECK: StepName.CHECKED,
    Stage.APPROVED: StepName.CATALOGUED,
}
"""The step that a document of a stage stands at; one in whose place others stand has none ahead."""


@dataclass(frozen=True)
class Step:
    """by, at: who did it and when, once it is done. waits_for: who is next to act, where it is the current one."""

    name: StepName
    state: StepState
    by: str | None = None
    at: datetime | None = None
    waits_for: Actor | None = None


def steps_of(document: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps of a document's row, with what persons did (the rows of its log, the oldest first)."""
    stage = stage_of(document)
    names = list(StepName)
    current = names.index(AT[stage]) if stage in AT else len(names)
    return [_step(document, log, name, place - current) for place, name in enumerate(names)]


def _step(document: Mapping[str, Any], log: Sequence[Mapping[str, Any]], name: StepName, ahead: int) -> Step:
    if ahead > 0:
        return Step(name, StepState.AHEAD)
    if ahead == 0:
        return Step(name, StepState.CURRENT, waits_for=NEXT[stage_of(document)])
    by, at = _done(document, log, name)
    return Step(name, StepState.DONE, by, at)


def _done(
    document: Mapping[str, Any], log: Sequence[Mapping[str, Any]], name: StepName
) -> tuple[str | None, datetime | None]:
    if name is StepName.RECEIVED:
        return document["submitted_by"], document["scanned_at"]
    acts = {StepName.CHECKED: {Action.CORRECT, Action.APPROVE}, StepName.APPROVED: {Action.APPROVE}}
    last = next((entry for entry in reversed(log) if entry["action"] in acts.get(name, ())), None)
    return (last["by"], last["at"]) if last else (None, None)
