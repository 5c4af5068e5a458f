"""Sets of the union: by library, by class down to three digits, and for open knowledge."""

import pytest

from services.catalog.exchange.sets import OPEN_KNOWLEDGE, most_specific, name_of, sets_of


@pytest.mark.parametrize(
    ("libraries", "classes", "expected"),
    [
        ([], [], []),
        (["a"], [], ["library", "library:a"]),
        ([], ["895.92234"], ["class", "class:800", "class:800:890", "class:800:890:895"]),
        ([], ["800"], ["class", "class:800", "class:800:800", "class:800:800:800"]),
        ([], ["V24", "Fic", "12", "8959"], []),
    ],
)
def test_a_cluster_is_in_each_set_and_those_above(
    libraries: list[str], classes: list[str], expected: list[str]
) -> None:
    assert sets_of(libraries, classes, open_copy=False) == expected


def test_open_copies_are_for_open_knowledge() -> None:
    assert sets_of([], [], open_copy=True) == [OPEN_KNOWLEDGE]


def test_sector_catalogues_have_sets_of_their_own() -> None:
    assert sets_of(["a"], [], ["y-te"], open_copy=False) == ["library", "library:a", "scope", "scope:y-te"]


def test_headers_name_the_lowest_sets() -> None:
    sets = sets_of(["a", "a-b"], ["895.9", "890"], open_copy=True)
    assert most_specific(sets) == [
        "class:800:890:890",
        "class:800:890:895",
        OPEN_KNOWLEDGE,
        "library:a",
        "library:a-b",
    ]


def test_a_cluster_may_be_in_no_set() -> None:
    assert most_specific([]) == []


def test_names() -> None:
    assert name_of("library:a", {"library:a": "Thư viện A"}) == "Thư viện / Library: Thư viện A"
    assert name_of("scope:luat", {"scope:luat": "Luật"}) == "Mục lục chuyên ngành / Sector catalogue: Luật"
    assert name_of("class:800:890", {}) == "Lớp / Class: 890"
    assert name_of("elsewhere:b", {}) == "elsewhere:b"
