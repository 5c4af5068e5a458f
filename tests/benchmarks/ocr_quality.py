"""`python -m tests.benchmarks.ocr_quality [--set held_out] [--kinds K …] [--pages N]`: errors by kind of damage.

Each page is read twice: by the product (`services.ocr.reading.pool.read_page`, from a file) and by the engine alone
with the same model. What was measured is kept in var/ocr-quality/<set>.json page by page; a kind that is measured again
replaces what was there. The engine alone is not asked again about the same pixels.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.settings import ROOT
from services.ocr.reading.engine import engine_version, loaded
from services.ocr.reading.pages import render
from services.ocr.reading.pool import read_page
from shared.imaging.enclosure import ONE_THREAD
from shared.imaging.shapes import Limits, MediaType
from tests.benchmarks.figures import Figure
from tests.benchmarks.ocr_accuracy import score
from tests.benchmarks.ocr_cases import Case, case_of, keep_cases
from tests.pages.sets import Page, SetName, kinds, pages

RESULTS = ROOT / "var" / "ocr-quality"
LIMITS = Limits()
MODEL = "vie"

Row = dict[str, Any]
"""One page: kind, layout, font, pixels, read and bare (a Score each), seconds, steps."""


def measured(page: Page, folder: Path, before: Row | None = None) -> tuple[Row, Case]:
    """`before` is what was measured of this page earlier."""
    path = page.save(folder / "page.png")
    started = time.process_time()
    reading = read_page(path, "image/png", 1, LIMITS, MODEL).reading
    seconds = time.process_time() - started
    pixels = page.fingerprint["pixels"]
    known = before if before and (before["pixels"], before["engine"]) == (pixels, engine_version()) else None
    bare = known["bare"] if known else asdict(score(page.texts, engine_alone(path)))
    row = {
        "kind": page.kind,
        "layout": page.layout,
        "font": page.font,
        "pixels": pixels,
        "engine": engine_version(),
        "read": asdict(score(page.texts, reading.text)),
        "bare": bare,
        "seconds": round(seconds, 2),
        "steps": reading.steps,
    }
    return row, case_of(page, reading)


def engine_alone(path: Path, media_type: MediaType = "image/png", number: int = 1) -> str:
    """What the engine says of the same grey pixels without any preparation."""
    image = render(path, media_type, number, LIMITS)
    api = loaded(MODEL)
    height, width = image.grey.shape
    try:
        api.SetImageBytes(image.grey.tobytes(), width, height, 1, width)
        api.SetSourceResolution(image.shape.dpi)
        return str(api.GetUTF8Text())
    finally:
        api.Clear()


def read_results(set_name: str) -> dict[str, Row]:
    path = RESULTS / f"{set_name}.json"
    rows: dict[str, Row] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return rows


def write_results(set_name: str, rows: dict[str, Row]) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items()))
    (RESULTS / f"{set_name}.json").write_text(f"{{\n{lines}\n}}\n", "utf-8")


def measure(set_name: SetName, only: tuple[str, ...], per_kind: int | None) -> dict[str, Row]:
    """Reads the pages and keeps the results kind by kind."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="pages-") as folder:
        for kind in only or kinds(set_name):
            before = read_results(set_name)
            chosen = pages(set_name, only=(kind,), per_kind=per_kind)
            found = {page.name: measured(page, Path(folder), before.get(page.name)) for page in chosen}
            rows = {name: row for name, (row, _) in found.items()}
            keep_cases(f"{set_name}-pages-{kind}", (case for _, case in found.values()))
            kept = {name: row for name, row in before.items() if row["kind"] != kind}
            write_results(set_name, kept | rows)
            console.print(
                f"{kind}: {rate(rows.values(), 'read'):.2f} % (engine alone {rate(rows.values(), 'bare'):.2f} %)"
            )
    return read_results(set_name)


def rate(rows: Any, reader: str, edits: str = "edits", whole: str = "characters") -> float:
    """Percent of all characters (or words) of these rows."""
    scores: list[dict[str, int]] = [row[reader] for row in rows]
    return 100 * sum(one[edits] for one in scores) / max(1, sum(one[whole] for one in scores))


def summary(rows: dict[str, Row], key: str = "kind") -> Iterator[dict[str, Any]]:
    """A line for each kind of damage (or layout, or font), in the order of the rows."""
    for name in dict.fromkeys(row[key] for row in rows.values()):
        chosen = [row for row in rows.values() if row[key] == name]
        yield {
            key: name,
            "pages": len(chosen),
            "cer": round(rate(chosen, "read"), 3),
            "unordered": round(rate(chosen, "read", "unordered_edits"), 3),
            "marks": round(rate(chosen, "read", "mark_edits"), 3),
            "wer": round(rate(chosen, "read", "word_edits", "words"), 3),
            "bare_cer": round(rate(chosen, "bare"), 3),
            "bare_unordered": round(rate(chosen, "bare", "unordered_edits"), 3),
            "bare_wer": round(rate(chosen, "bare", "word_edits", "words"), 3),
            "in_order": round(min(row["read"]["in_order"] for row in chosen), 3),
            "seconds": round(sum(row["seconds"] for row in chosen) / len(chosen), 2),
        }


def figures(per_kind: int | None) -> Iterator[Figure]:
    """Errors on the held-out pages of each kind of damage, beside the engine alone; a ratio below 1 is good."""
    for line in summary(measure("held_out", (), per_kind)):
        yield Figure(
            f"ocr.errors.{line['kind']}",
            unit="%",
            command="python -m tests.benchmarks --only ocr.errors",
            runs=[line["unordered"]],
            baseline_runs=[line["bare_unordered"]],
            details={name: line[name] for name in ("pages", "cer", "marks", "wer", "in_order", "seconds")},
        )


def show(rows: dict[str, Row]) -> None:
    for key in ("kind", "layout", "font"):
        table = Table(*next(iter(summary(rows, key))))
        for line in summary(rows, key):
            table.add_row(*map(str, line.values()))
        Console().print(table)


def main() -> None:
    os.environ.update(ONE_THREAD)
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ocr_quality", description=__doc__)
    parser.add_argument("--set", choices=["tuned", "held_out"], default="held_out")
    parser.add_argument("--kinds", nargs="*", default=[])
    parser.add_argument("--pages", type=int, help="of each kind")
    parser.add_argument("--show", action="store_true", help="only show what was measured before")
    options = parser.parse_args()
    show(read_results(options.set) if options.show else measure(options.set, tuple(options.kinds), options.pages))


if __name__ == "__main__":
    main()
