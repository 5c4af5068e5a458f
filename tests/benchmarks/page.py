"""docs/benchmarks.md, docs/scaling.md and their plots, written from var/bench.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from deploy.local.settings import ROOT
from tests.benchmarks.figures import read_figures
from tests.benchmarks.plots import plots
from tests.benchmarks.scaling import write_scaling

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURES = ROOT / "docs" / "benchmarks"
TEMPLATE = Path(__file__).with_name("page.md.j2")


def write_page() -> None:
    figures = read_figures()
    PICTURES.mkdir(exist_ok=True)
    for name, svg in plots(figures).items():
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["span"] = span
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        compared={name: figure for name, figure in figures.items() if figure["baseline"] is not None},
        memory={name.removeprefix("memory."): figure for name, figure in figures.items() if name.startswith("memory.")},
        figures=figures,
    )
    PAGE.write_text(page, encoding="utf-8")
    write_scaling(figures)


def span(runs: list[Any]) -> str:
    """Smallest to largest, of more than one run."""
    return f" ({min(runs)}–{max(runs)})" if len(runs) > 1 else ""
