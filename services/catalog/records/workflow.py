"""The rules of the workflow: what may follow what, who may do it, and what keeps a record from being published.

draft -> reviewed -> appraised -> published -> withdrawn; a withdrawn record may be reviewed again, and then needs
both persons again.
"""

from __future__ import annotations

from services.catalog.records.record import Action, CatalogRecord
from shared.events.records import WorkflowState
from shared.events.vocabulary import FROM_OPEN_TO_CLOSED, AccessLevel, Decision, Verdict, narrowest
from shared.web.auth import Person
from shared.web.problems import Problem

FROM = {
    Action.REVIEW: (WorkflowState.DRAFT, WorkflowState.WITHDRAWN),
    Action.APPRAISE: (WorkflowState.REVIEWED,),
    Action.PUBLISH: (WorkflowState.APPRAISED,),
    Action.WITHDRAW: (WorkflowState.PUBLISHED,),
}
TO = {
    Action.REVIEW: WorkflowState.REVIEWED,
    Action.APPRAISE: WorkflowState.APPRAISED,
    Action.PUBLISH: WorkflowState.PUBLISHED,
    Action.WITHDRAW: WorkflowState.WITHDRAWN,
}
NOT_TO_BE_PUBLISHED = (Decision.REREAD, Decision.RESCAN)
OVERRIDABLE = (Verdict.UNSCANNED, Verdict.TOO_LARGE)


def check_order(record: CatalogRecord, action: Action) -> None:
    """Raise Problem 409 unless the action may follow the record's state, or where its pages stand elsewhere now."""
    if action in FROM and record.rearranged_into:
        raise Problem(409, "rearranged", into=", ".join(record.rearranged_into))
    if action in FROM and record.state not in FROM[action]:
        raise Problem(409, "wrong-state", action=action, state=record.state, needed=", ".join(FROM[action]))


def check_open(record: CatalogRecord) -> None:
    """Raise Problem 403 while the record is sealed: nobody can say that a description is right which nobody sees."""
    if record.sealed:
        raise Problem(403, "reading-sealed")


def check_version(record: CatalogRecord, expected: int | None) -> None:
    """Raise Problem 412 when the caller saw another version than the present one."""
    if expected is not None and expected != record.version:
        raise Problem(412, "version-changed", seen=expected, version=record.version)


def check_appraiser(record: CatalogRecord, person: Person) -> None:
    """Raise Problem 403 unless the appraiser is another person, of another organisation than reviewer and library."""
    review = record.last(Action.REVIEW)
    if person.org == record.library:
        raise Problem(403, "appraiser-of-same-organisation", org=person.org)
    if review is None:
        return
    if review.org == person.org:
        raise Problem(403, "appraiser-of-same-organisation", org=person.org)
    if review.by.rpartition("/")[2] == person.sub:
        raise Problem(403, "appraiser-is-reviewer")


def check_safe(record: CatalogRecord, *, override_unscanned: bool, reason: str | None) -> bool:
    """Whether it takes a person's word that the originals are free of malware, because nobody could scan them.

    Raises Problem 409 when they are not, or when that word or its reason is missing.
    """
    if record.verdict == Verdict.CLEAR:
        return False
    if record.verdict not in OVERRIDABLE:
        raise Problem(409, "infected")
    if not override_unscanned:
        raise Problem(409, "not-scanned", verdict=record.verdict)
    if not (reason and reason.strip()):
        raise Problem(409, "override-needs-reason")
    return True


def check_not_held(record: CatalogRecord) -> None:
    """Raise Problem 409 while something holds the document back; whoever may lift it does so at the document."""
    if record.holds:
        raise Problem(409, "held", holds=", ".join(record.holds))


def check_not_too_wide(record: CatalogRecord, level: AccessLevel, reason: str | None) -> None:
    """Raise Problem 409 when a description opens the document further than a person has judged fit, or further than
    before and nobody says why.
    """
    if record.widest and narrowest(level, AccessLevel(record.widest)) != level:
        raise Problem(409, "wider-than-judged", widest=record.widest, asked=level)
    present = AccessLevel(record.metadata.access_level)
    if FROM_OPEN_TO_CLOSED.index(level) < FROM_OPEN_TO_CLOSED.index(present) and not (reason and reason.strip()):
        raise Problem(409, "wider-needs-reason", present=present, asked=level)


def check_trusted(record: CatalogRecord, *, override_trust: bool, reason: str | None) -> bool:
    """Whether it takes a person's word that the text may be shown, because too many of its letters are likely wrong.

    A text to review has been reviewed by the time it is published. Raises Problem 409 when that word or its reason is
    missing.
    """
    if record.trust is None or record.trust.decision not in NOT_TO_BE_PUBLISHED:
        return False
    if not override_trust:
        expected = f"{100 * record.trust.expected_cer:.1f}"
        raise Problem(409, "text-not-trusted", expected=expected, decision=record.trust.decision)
    if not (reason and reason.strip()):
        raise Problem(409, "override-needs-reason")
    return True


def check_narrower(record: CatalogRecord, level: AccessLevel) -> None:
    """Raise Problem 409 when the level is not narrower than the present one: wider needs the whole workflow again."""
    present = AccessLevel(record.metadata.access_level)
    if FROM_OPEN_TO_CLOSED.index(level) <= FROM_OPEN_TO_CLOSED.index(present):
        raise Problem(409, "access-not-narrower", present=present, asked=level)
