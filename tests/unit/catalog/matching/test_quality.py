"""The aim, held: precision of what is merged without a person, and recall before one is asked."""

import json
from pathlib import Path

import pymarc
import pytest

from tests.benchmarks.match_baselines import gold_rush, title_author_year
from tests.benchmarks.match_quality import judge, judge_key
from tests.benchmarks.match_sets import SETS, SHARED, is_here

LEAST_PRECISION = 0.99
"""Lower end of Wilson's interval."""
LEAST_RECALL = {"vietnamese.tuned": 0.78, "vietnamese.blind": 0.85, "zephir": 0.98}


@pytest.mark.parametrize("name", LEAST_RECALL)
def test_what_is_merged_is_one_edition(name: str) -> None:
    if not is_here(name):
        pytest.skip(f"{name}: its data are not beside the checkout")
    samples = SETS[name]()
    run = judge(samples)
    assert run.merged.precision.interval[0] >= LEAST_PRECISION
    assert run.merged.recall.value >= LEAST_RECALL[name]
    assert run.merged.f1 > judge_key(samples, title_author_year).f1


def test_no_pair_that_others_label_apart_is_merged() -> None:
    if not is_here("melinda"):
        pytest.skip("melinda: its data are not beside the checkout")
    assert judge(SETS["melinda"]()).merged.precision.value == 1


GOLD_RUSH = {
    "one": ("symphonyop38", "1967____59_roberc", "schum", "_______________p"),
    "spec-example-1": ("whatistheuseofjewishhistoryessays", "1992____1__schoca", "dawid", "_______________p"),
    "spec-example-2": (
        "ontyrannytwentylessonsfromthetwentiethcentury",
        "2017____1__timdua",
        "snyde",
        "_______________p",
    ),
    "blinky-nutsy-gutenberg": ("blinkybillandnutsy", "0000____1_______a", "walld", "_______________e"),
    "blinky-nutsy-nla": ("blinkybillandnutsytwolittleaustralians", "1937____1__angusa", "walld", "_______________p"),
    "three": (
        "mytestrecordexamplefurmodmetastoragefictitious",
        "202234435__mypreasecond_p_extra_p_su___________part_one__",
        "theem",
        "2022may29______not_a_real_gdcn_e",
    ),
}
"""Keys that folio-org/mod-reservoir (Apache-2.0) expects of its sample records: title, middle, author, end."""


@pytest.mark.parametrize("name", GOLD_RUSH)
def test_the_baseline_is_the_published_one(name: str) -> None:
    path: Path = SHARED / "data/marc/folio-org+mod-reservoir/js/test/records" / f"{name}.json"
    if not path.exists():
        pytest.skip("mod-reservoir: its data are not beside the checkout")
    loaded = {"leader": "00000nam a22000000a 4500", **json.loads(path.read_text("utf-8"))}
    (record,) = pymarc.JSONReader(json.dumps([loaded]))
    title, middle, author, end = GOLD_RUSH[name]
    assert gold_rush(record) == f"{title:_<70}" + f"{middle:_<57}" + author + end
