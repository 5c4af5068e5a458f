"""How often each field of a draft is right: `python -m tests.benchmarks.description [--engine]`.

Generated documents of each split in five ways, the plans as published where they are at hand, and with --engine the
held-out documents drawn and read. What `python -m tests.benchmarks` keeps of it is in figures.py.
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from tests.benchmarks.description import generator
from tests.benchmarks.description.engine import read_cases
from tests.benchmarks.description.figures import SPLITS, percent, require_frozen, scored
from tests.benchmarks.description.scores import FIELDS, Score, accuracy
from tests.benchmarks.description.seeds import seed_cases

console = Console()


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
        table.add_row(field, *(f"{percent(*count):.1f} % of {count[1]}" if count else "" for count in counts))
    console.print(table)
    for name, found in columns.items():
        for score in found:
            if not score.right:
                console.print(f"{name}: {score.case} {score.way} {score.field}: {score.found!r}, not {score.truth!r}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.description", description=__doc__)
    parser.add_argument("--engine", action="store_true")
    options = parser.parse_args()
    require_frozen()
    show(measured(engine=options.engine))


if __name__ == "__main__":
    main()
