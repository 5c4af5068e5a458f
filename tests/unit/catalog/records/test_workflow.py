"""The rules of the workflow, without a database."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from services.catalog.records.access import may_know, may_read
from services.catalog.records.record import Action, CatalogRecord
from services.catalog.records.workflow import FROM, TO, check_narrower, check_order, check_safe, check_trusted
from services.catalog.registry.library import Library
from shared.events.records import WorkflowState
from shared.events.vocabulary import AccessLevel
from shared.web.auth import Person, Role
from shared.web.problems import Problem

NOW = datetime(2026, 3, 5, tzinfo=UTC)
LIBRARY = Library(
    id="xa",
    version=1,
    title="Thư viện xã",
    library_type="commune",
    parent="tinh",
    contact="a@b.example",
    own_system=False,
)


def record(**given: Any) -> CatalogRecord:
    level = given.pop("access_level", "public")
    fields = {
        "id": "r-1",
        "version": 1,
        "step": 1,
        "library": "xa",
        "document": "d-1",
        "state": "draft",
        "metadata": {"title": "x", "access_level": level},
        "pages": 1,
        "text": None,
        "manifest": None,
        "confidence": 90,
        "verdict": "clear",
        "recognition": 1,
        "correlation_id": "0af7651916cd43dd8448eb211c80319c",
        "submitted_by": "x",
        "drafted_at": NOW,
        "published_at": NOW,
    }
    return CatalogRecord.model_validate(fields | given)


def person(role: Role, org: str) -> Person:
    return Person(sub="p", name="P", org=org, roles=frozenset({role}))


@pytest.mark.parametrize(("action", "state"), list(product(FROM, WorkflowState)))
def test_a_step_follows_only_its_own_states(action: Action, state: WorkflowState) -> None:
    allowed = {
        ("review", "draft"),
        ("review", "withdrawn"),
        ("appraise", "reviewed"),
        ("publish", "appraised"),
        ("withdraw", "published"),
    }
    if (action, state) in allowed:
        check_order(record(state=state), action)
        assert TO[action] != state
    else:
        with pytest.raises(Problem, match="wrong-state"):
            check_order(record(state=state), action)


@pytest.mark.parametrize(
    ("verdict", "override", "reason"), list(product(["unscanned", "too_large"], [True], ["vì sao"]))
)
def test_the_unscanned_passes_on_a_reasoned_word(verdict: str, override: bool, reason: str) -> None:
    assert check_safe(record(verdict=verdict), override_unscanned=override, reason=reason)


@pytest.mark.parametrize("reason", [None, "", "vì sao"])
def test_the_infected_never_passes(reason: str | None) -> None:
    with pytest.raises(Problem, match="infected"):
        check_safe(record(verdict="infected"), override_unscanned=True, reason=reason)


def test_the_clear_needs_no_word() -> None:
    assert not check_safe(record(), override_unscanned=True, reason="thừa")


def test_access_narrows_in_one_direction() -> None:
    passed = set()
    for present, asked in product(AccessLevel, AccessLevel):
        try:
            check_narrower(record(access_level=present), asked)
        except Problem:
            continue
        passed.add((present, asked))
    assert passed == {
        ("public", "registered"),
        ("public", "on-site"),
        ("public", "closed"),
        ("registered", "on-site"),
        ("registered", "closed"),
        ("on-site", "closed"),
    }


PEOPLE = [None, *(person(role, org) for role, org in product(Role, ("xa", "tinh", "so", "truong")))]


@pytest.mark.parametrize(("state", "level"), list(product(WorkflowState, AccessLevel)))
def test_nobody_reads_what_they_may_not_know_of(state: WorkflowState, level: AccessLevel) -> None:
    found = record(state=state, access_level=level)
    for who in PEOPLE:
        assert may_know(found, LIBRARY, who) or not may_read(found, LIBRARY, who)


def test_a_closed_record_is_read_by_that_librarys_staff_alone() -> None:
    found = record(state="published", access_level="closed")
    readers = [who for who in PEOPLE if may_read(found, LIBRARY, who)]
    assert [(who.org, set(who.roles)) for who in readers if who] == [
        ("xa", {Role.LIBRARIAN}),
        ("xa", {Role.OPERATOR}),
    ]


def test_the_public_state_carries_no_text_unless_anyone_may_read_it() -> None:
    text = {"key": "t", "media_type": "text/plain", "sha256": "0" * 64, "size": 1}
    for level, given in (("public", True), ("registered", False), ("on-site", False)):
        shown = record(state="published", access_level=level, text=text).public("Thư viện xã")
        assert (shown.text is not None) is given


@pytest.mark.parametrize("decision", ["re-read", "re-scan"])
def test_a_text_full_of_errors_passes_only_on_a_reasoned_word(decision: str) -> None:
    bad = record(trust={"expected_cer": 0.21, "decision": decision})
    with pytest.raises(Problem, match="text-not-trusted") as refused:
        check_trusted(bad, override_trust=False, reason="vì sao")
    assert refused.value.facts["expected"] == "21.0"
    with pytest.raises(Problem, match="override-needs-reason"):
        check_trusted(bad, override_trust=True, reason=" ")
    assert check_trusted(bad, override_trust=True, reason="Bản duy nhất còn lại")


@pytest.mark.parametrize(
    "trust", [None, {"expected_cer": 0, "decision": "publish"}, {"expected_cer": 0.04, "decision": "review"}]
)
def test_any_other_text_needs_no_word(trust: dict[str, Any] | None) -> None:
    assert not check_trusted(record(trust=trust), override_trust=False, reason=None)
