"""How often each field of a draft is right: `python -m tests.benchmarks.description [--engine]`.

Generated documents of each split in five ways, the plans as published where they are at hand, and with --engine the
held-out documents drawn and read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

import yaml
from rich.console import Console
from rich.table import Table

from tests.benchmarks.description import generator
from tests.benchmarks.description.engine import read_cases
from tests.benchmarks.description.scores import FIELDS, Score, accuracy, scores
from tests.benchmarks.description.seeds import seed_cases
from tests.benchmarks.figures import Figure, write_figures

COMMAND = "python -m tests.benchmarks.description --engine"
SPLITS = ("tuning", "rehearsal", "second_rehearsal", "held_out", "fresh", "fresh_2")
AIM = 95.0
AIMED = ("title", "number", "date", "issuer")
console = Console()


def scored(cases: Iterable[generator.Case]) -> list[Score]:
    return [score for case in cases for score in scores(case)]


def measured(*, engine: bool) -> dict[str, list[Score]]:
    """By the table's columns."""
    columns = {split: scored(generator.cases(split)) for split in SPLITS}
    columns["seeds"] = scored(seed_cases())
    if engine:
        columns["held_out, engine"] = scored(read_cases("held_out"))
    return {name: found for name, found in columns.items() if found}


def show(columns: dict[str, list[Score]]) -> None:
    table = Table("field", *(name.replace("_", " ") for name in columns))
    for field in FIELDS:
        counts = [accuracy(found).get(field) for found in columns.values()]
        table.add_row(field, *(f"{100 * count[0] / count[1]:.1f} % of {count[1]}" if count else "" for count in counts))
    console.print(table)
    for name, found in columns.items():
        for score in found:
            if not score.right:
                console.print(f"{name}: {score.case} {score.way} {score.field}: {score.found!r}, not {score.truth!r}")


def figures(columns: dict[str, list[Score]]) -> dict[str, Figure]:
    """One for each field the aim names, over the held-out documents, beside the first run over each split."""
    first = yaml.safe_load((generator.RESOURCES / "first_measures.yaml").read_text("utf-8"))
    found = columns["held_out"]
    by_way = {way: accuracy([score for score in found if score.way == way]) for way in generator.WAYS}
    fields = accuracy(found)
    return {
        field: Figure(
            f"ocr.description.{field}",
            unit="%",
            command=COMMAND,
            runs=[100 * fields[field][0] / fields[field][1]],
            baseline=AIM,
            details={
                "cases": fields[field][1],
                "first_measures": {split: measure[field] for split, measure in first.items()},
                "by_way": {way: list(counts.get(field, ())) for way, counts in by_way.items()},
                "others": {name: list(accuracy(scores).get(field, ())) for name, scores in columns.items()},
            },
        )
        for field in AIMED
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.description", description=__doc__)
    parser.add_argument("--engine", action="store_true")
    options = parser.parse_args()
    for split, digest in generator.FROZEN.items():
        if generator.digest(split) != digest:
            sys.exit(f"the documents of {split} are not those that were frozen")
    columns = measured(engine=options.engine)
    show(columns)
    for figure in figures(columns).values():
        write_figures({figure.name: figure.entry()})


if __name__ == "__main__":
    main()
