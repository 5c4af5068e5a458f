"""Blocking: descriptions of one edition meet, others hardly ever."""

from collections import Counter

from services.catalog.identity import Description, describe
from services.catalog.matching import keys_of
from tests.benchmarks.match_quality import blocked, true_pairs
from tests.benchmarks.match_sets import vietnamese
from tests.unit.catalog.identity.records import made


def keys(*lines: str) -> set[str]:
    return set(keys_of(describe(made(*lines))))


def test_nothing_said_gives_no_key() -> None:
    assert keys_of(Description()) == ()


def test_a_title_alone_gives_a_key() -> None:
    assert keys("245 $aTruyện Kiều") == {"t:truyenkieu|"}


def test_two_spellings_of_one_edition_meet() -> None:
    typed = keys("100 $aNguyễn, Văn An", "245 $aVật lý 12. T.1", "260 $bNxb. GD,$c2005")
    other = keys("100 $aNguyễn Văn An", "245 $aVẬT LÍ 12 (TẬP 1)", "260 $bGiáo dục,$cc2005")
    assert len(typed & other) >= 3


def test_a_subtitle_meets_itself_with_or_without_its_colon() -> None:
    assert keys("245 $aChí Phèo :$btập truyện", "260 $c2005") & keys("245 $aChí Phèo tập truyện", "260 $c2005")


def test_a_word_that_tells_nothing_is_no_title() -> None:
    one = keys("245 $aGiáo trình :$bKinh tế lượng", "260 $bGD,$c2005")
    assert one.isdisjoint(keys("245 $aGiáo trình :$bTriết học", "260 $bGD,$c2005"))


def test_true_pairs_meet_and_candidates_are_few() -> None:
    samples = vietnamese("tuned")
    described = {sample.id: describe(sample.record) for sample in samples}
    found, same = blocked(described), true_pairs(samples)
    assert len(found & same) >= 0.96 * len(same)
    assert 2 * len(found) <= 8 * len(samples)
    largest = Counter(key for each in described.values() for key in keys_of(each)).most_common(1)[0][1]
    assert largest <= 25
