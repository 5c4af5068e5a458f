"""What belongs to a sector catalogue, what may define one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.catalog.scopes.membership import scopes_of
from services.catalog.scopes.scope import Definition, Scope, check
from services.catalog.scopes.store import ready
from shared.events.clusters import ClusterView
from shared.web.problems import Problem

NOW = datetime(2026, 3, 1, tzinfo=UTC)
READY = [Scope(id=name, version=1, changed_at=NOW, **definition.model_dump()) for name, definition in ready().items()]


def cluster(**given: Any) -> ClusterView:
    said: dict[str, Any] = {"id": "c-1", "version": 1, "form": "text", "title": "Sách", "added_at": NOW}
    return ClusterView.model_validate(said | given)


def scope(**given: Any) -> Scope:
    return Scope.model_validate({"id": "x", "version": 1, "changed_at": NOW, "title": "X", "title_en": "X", **given})


def belongs(edition: ClusterView, **definition: Any) -> bool:
    return scopes_of(edition, [scope(**definition)]) == ["x"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"classes": ("346.59704",)}, ["phap-luat"]),
        ({"classes": ("615.8",)}, ["y-te"]),
        ({"subjects": ("Giáo dục mầm non",)}, ["giao-duc"]),
        ({"subjects": ("giao duc",)}, ["giao-duc"]),
        ({"classes": ("959.725",), "subjects": ("Y học",)}, ["dia-chi", "y-te"]),
        ({"classes": ("959.7",)}, []),
        ({"classes": ("895.922",), "subjects": ("Truyện",), "title": "Giáo dục"}, []),
    ],
)
def test_the_ready_catalogues(given: dict[str, Any], expected: list[str]) -> None:
    assert sorted(scopes_of(cluster(**given), READY)) == expected


def test_a_ready_catalogue_could_be_put_by_hand() -> None:
    for definition in READY:
        check(definition)


def test_a_query_that_is_read_to_its_end_defines_one() -> None:
    check(Definition(title="X", title_en="X", query=f'nhande:"{"y " * 20}" NOT chude:"{"a " * 12}"'))


def test_every_condition_that_is_named_must_hold() -> None:
    law = cluster(title="Luật đất đai", classes=("346",), libraries=({"library": "a", "records": 1},))
    assert belongs(law, query="nhande:luật", libraries=("a", "b"), classes=("340",), subjects=("Không có",))
    assert not belongs(law, query="nhande:luật", libraries=("b",), classes=("340",))
    assert not belongs(law, query="nhande:toán", libraries=("a",))
    assert not belongs(law, classes=("350",), libraries=("a",))
    assert belongs(law, query="nhande:luat NOT nhande:hình")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "scope-of-everything"),
        ({"query": "   "}, "scope-of-everything"),
        ({"query": "luật"}, "scope-word-without-field"),
        ({"query": "nhande:luật NOT (nam:2000 OR toán)"}, "scope-word-without-field"),
        ({"query": f'nhande:"{"y " * 20}" NOT chude:"{"a " * 13}"'}, "scope-query-too-long"),
        ({"query": f'nhande:luật chude:"{"a " * 33}"'}, "scope-query-too-long"),
        ({"classes": ("340",), "subjects": ("…",)}, "scope-subject-without-words"),
    ],
)
def test_what_defines_nothing_or_is_cut_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(Problem) as refused:
        check(Definition(title="X", title_en="X", **given))
    assert (refused.value.status, refused.value.reason) == (422, reason)
