"""The labelled sets are what was frozen, large enough and as hard as they claim."""

import json

import pytest

from tests.editions.__main__ import FROZEN
from tests.editions.sets import SETS, descriptions, fingerprint, pairs
from tests.editions.works import BLIND, editions


@pytest.mark.parametrize("which", SETS)
def test_a_set_is_what_was_frozen(which: str) -> None:
    assert fingerprint(which) == json.loads(FROZEN.read_text("utf-8"))[which]


def test_no_family_is_in_both_sets() -> None:
    families = [family for which in SETS for family in {each.family for each in descriptions(which)}]
    assert len(families) == len(set(families))


def test_sets_are_large_and_full_of_look_alikes() -> None:
    assert sum(len({each.edition for each in descriptions(which)}) for which in SETS) >= 300
    for which in SETS:
        labelled = pairs(which)
        assert sum(pair.same for pair in labelled) >= 800
        assert sum(not pair.same for pair in labelled) >= 2500


def test_judging_sets_have_libraries_that_tuning_never_sees() -> None:
    tuned, held_out, unseen, sealed, blind = ({each.library for each in descriptions(which)} for which in SETS)
    assert len(held_out - tuned) >= 3
    assert len(unseen - tuned) >= 5
    assert not sealed & (tuned | held_out | unseen)
    assert not blind & (tuned | held_out | unseen | sealed)


def test_no_work_of_the_blind_set_is_in_another() -> None:
    others = {edition.title.lower() for which in SETS if which != BLIND for edition in editions(which)}
    assert not others & {edition.title.lower() for edition in editions(BLIND)}
