"""Where a document stands, whom it waits for and what a person may do with it; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, get_args

from services.ocr.documents.progress import BINDING, FAILED, RECOGNISED
from services.ocr.rescans.rescan import is_asked
from shared.events.concerns import Judgement
from shared.web.auth import Person, Role
from shared.web.problems import Problem


class Stage(StrEnum):
    """Where a document stands; each has one who is next to act."""

    READING = "reading"
    UNREADABLE = "unreadable"
    TO_CHECK = "to-check"
    TO_RESCAN = "to-rescan"
    APPROVED = "approved"
    REARRANGED = "rearranged"
    SUPERSEDED = "superseded"


class Actor(StrEnum):
    """Whom a document waits for."""

    MACHINE = "machine"
    LIBRARIAN = "librarian"
    SCANNING = "scanning"
    CATALOG = "catalog"
    NOBODY = "nobody"


class Action(StrEnum):
    """What a person did; the log keeps each with who and when."""

    APPROVE = "approve"
    RESCAN = "ask-rescan"
    KEEP_SCAN = "withdraw-rescan"
    REREAD = "re-read"
    ASSIGN = "assign"
    CORRECT = "correct"
    SPLIT = "split"
    MERGE = "merge"


NEXT = {
    Stage.READING: Actor.MACHINE,
    Stage.UNREADABLE: Actor.LIBRARIAN,
    Stage.TO_CHECK: Actor.LIBRARIAN,
    Stage.TO_RESCAN: Actor.SCANNING,
    Stage.APPROVED: Actor.CATALOG,
    Stage.REARRANGED: Actor.NOBODY,
    Stage.SUPERSEDED: Actor.NOBODY,
}
FROM = {
    Action.APPROVE: {Stage.TO_CHECK},
    Action.RESCAN: {Stage.TO_CHECK, Stage.UNREADABLE, Stage.APPROVED},
    Action.KEEP_SCAN: {Stage.TO_CHECK, Stage.UNREADABLE, Stage.TO_RESCAN},
    Action.REREAD: {Stage.TO_CHECK, Stage.UNREADABLE, Stage.TO_RESCAN, Stage.APPROVED},
    Action.ASSIGN: {Stage.READING, Stage.UNREADABLE, Stage.TO_CHECK, Stage.TO_RESCAN},
    Action.CORRECT: {Stage.READING, Stage.TO_CHECK, Stage.APPROVED},
    Action.SPLIT: {Stage.TO_CHECK},
    Action.MERGE: {Stage.TO_CHECK},
}
BulkAction = Literal[Action.APPROVE, Action.RESCAN, Action.KEEP_SCAN, Action.REREAD, Action.ASSIGN]
BULK: tuple[BulkAction, ...] = get_args(BulkAction)
HOME = (BINDING, RECOGNISED)
"""States in which every page has come home from the workers."""
GONE = (Stage.REARRANGED, Stage.SUPERSEDED)
"""Stages of documents in whose place others stand."""
DECIDED = {Stage.TO_RESCAN, Stage.APPROVED, *GONE}
"""Stages that a person's decision makes, kept as `ruling`; the others follow from how far the reading is."""


def stage_of(document: Mapping[str, Any]) -> Stage:
    """The stage of a row of `documents`."""
    if ruling := document.get("ruling"):
        return Stage(ruling)
    if document["state"] in HOME:
        return Stage.TO_CHECK
    return Stage.UNREADABLE if document["state"] == FAILED else Stage.READING


def in_stage(stage: Stage) -> dict[str, Any]:
    """The query that finds the documents of a stage: the same rule as `stage_of`, for the database."""
    if stage in DECIDED:
        return {"ruling": stage}
    states = {Stage.TO_CHECK: {"$in": HOME}, Stage.UNREADABLE: FAILED}
    return {"ruling": None, "state": states.get(stage, {"$nin": [*HOME, FAILED]})}


def waiting_for(actor: Actor) -> dict[str, Any]:
    """The query that finds the documents which wait for somebody."""
    return {"$or": [in_stage(stage) for stage, following in NEXT.items() if following is actor]}


def may_act(document: Mapping[str, Any], action: Action) -> bool:
    """Whether its stage allows the action, and there is something to withdraw."""
    return stage_of(document) in FROM[action] and (action is not Action.KEEP_SCAN or is_asked(document))


def check_action(document: Mapping[str, Any], action: Action) -> None:
    """Raise Problem 409 where the document's stage does not allow the action, or its files are just being made."""
    if action is Action.KEEP_SCAN and not is_asked(document):
        raise Problem(409, "no-rescan-asked", document=document["_id"])
    if not may_act(document, action):
        needed = ", ".join(sorted(FROM[action]))
        raise Problem(409, "wrong-stage", document=document["_id"], stage=stage_of(document), needed=needed)
    if action in {Action.SPLIT, Action.MERGE}:
        _check_at_rest(document)


def _check_at_rest(document: Mapping[str, Any]) -> None:
    """What a person found in a text is kept with the document that was handed in, and would not follow its pages."""
    if document["state"] != RECOGNISED:
        raise Problem(409, "being-bound", document=document["_id"])
    if document.get("concerns") and document.get("judgement") != Judgement.HARMLESS:
        raise Problem(409, "content-not-cleared", document=document["_id"])


def check_theirs(document: Mapping[str, Any], person: Person) -> None:
    """Raise Problem 403 unless the document is of the person's own library; an operator sees all."""
    if Role.OPERATOR not in person.roles and person.org != document["library"]:
        raise Problem(403, "other-library")


def theirs(person: Person) -> dict[str, Any]:
    """The query for what a person may see."""
    return {} if Role.OPERATOR in person.roles else {"library": person.org}
