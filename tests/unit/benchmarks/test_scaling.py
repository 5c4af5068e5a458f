"""What docs/scaling.md says follows from the figures in its own table."""

from dataclasses import replace
from typing import Any

from tests.benchmarks.scaling import PAGE, Size, page_of


def sizes_told() -> list[Size]:
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    values = [[cell.strip().replace(",", "") for cell in row] for row in rows if len(row) == 12]
    numbers: list[list[Any]] = [
        [int(one) if one.isdigit() else float(one) for one in row] for row in values if row[0].isdigit()
    ]
    return [Size(int(editions), *rest) for editions, *rest in numbers]


def test_the_page_is_what_its_figures_give() -> None:
    assert page_of(sizes_told()) == PAGE.read_text(encoding="utf-8")


def test_each_limit_is_told_where_it_is_meant_whichever_is_nearest() -> None:
    quick_answers_slow_rebuild = [replace(size, processor_ms=0.1, rebuilt_per_second=10.0) for size in sizes_told()]
    said = " ".join(page_of(quick_answers_slow_rebuild).split())
    assert "answers so fast up to about **more than 100 million editions**" in said
    assert "at about **0.29 million editions** of descriptions a distributed engine" in said
