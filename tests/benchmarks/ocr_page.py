"""`python -m tests.benchmarks.ocr_page`: docs/ocr-quality.md and its plots, from what other commands left in var.

What was not measured yet is left out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from deploy.local.settings import ROOT
from services.ocr.trust.trust import limits
from tests.benchmarks.figures import read_figures
from tests.benchmarks.ocr_cases import KEPT
from tests.benchmarks.ocr_quality import RESULTS, read_results, summary
from tests.benchmarks.ocr_trust import BAD, GOOD
from tests.benchmarks.plots import BAR, REST, STYLE

PAGE = ROOT / "docs" / "ocr-quality.md"
PICTURES = ROOT / "docs" / "ocr-quality"
TEMPLATE = Path(__file__).with_name("ocr_page.md.j2")
SPEED = ("ocr.pages_", "ocr.engine_")
LEAST_ERROR = 0.02
"""Percent: where the logarithmic axis of errors begins."""


def write_page() -> None:
    rows = read_results("held_out")
    kinds, layouts, fonts = (list(summary(rows, key)) for key in ("kind", "layout", "font"))
    judged = read_json(KEPT / "judged.json")
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    figures = {name: one for name, one in read_figures().items() if name.startswith(SPEED)}
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        kinds=kinds,
        layouts=layouts,
        fonts=fonts,
        pages=len(rows),
        real=read_json(RESULTS / "real.json"),
        judged=judged,
        limits=limits(),
        bad=BAD,
        good=GOOD,
        figures=figures,
    )
    PAGE.write_text(page, encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    if kinds:
        (PICTURES / "errors.svg").write_text(drawn(lambda figure: errors(figure, kinds), 4.2), "utf-8")
    if judged:
        (PICTURES / "trust.svg").write_text(drawn(lambda figure: trust(figure, judged), 3.4), "utf-8")


def read_json(path: Path) -> dict[str, Any] | None:
    """None where the command that writes it has not run."""
    found: dict[str, Any] | None = json.loads(path.read_text("utf-8")) if path.exists() else None
    return found


def errors(figure: Figure, kinds: list[dict[str, Any]]) -> None:
    axes = figure.subplots()
    names = [one["kind"] for one in kinds]
    places = range(len(names))
    for field, shift, colour, label in (
        ("bare_unordered", 0.2, REST, "engine alone"),
        ("unordered", -0.2, BAR, "as read here"),
    ):
        values = [max(LEAST_ERROR, one[field]) for one in kinds]
        axes.barh([place + shift for place in places], values, height=0.38, color=colour, label=label)
    axes.set_yticks(list(places), names)
    axes.set_xscale("log")
    axes.set_xlim(LEAST_ERROR, 100)
    axes.set_title("Wrong characters in percent, held-out pages", loc="left")
    axes.invert_yaxis()
    axes.legend(loc="lower right", frameon=False)


def trust(figure: Figure, judged: dict[str, Any]) -> None:
    axes = figure.subplots()
    thresholds = judged["page"]["thresholds"]
    shown = [100 * one["publish"] for one in thresholds]
    axes.plot(shown, [100 * one["caught"] for one in thresholds], color=BAR, marker="o", label="bad pages caught")
    axes.plot(
        shown, [100 * one["held_back"] for one in thresholds], color="#c05621", marker="o", label="good pages held back"
    )
    axes.axvline(100 * limits().publish, color=REST, linestyle="--")
    axes.set_xlabel("expected error rate up to which a page is published, percent (dashed: the one in use)")
    axes.set_title("What each threshold does, percent of held-out pages", loc="left")
    axes.legend(loc="center right", frameon=False)


def drawn(draw: Callable[[Figure], None], height: float) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7, height), layout="constrained")
        draw(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        content = io.StringIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


if __name__ == "__main__":
    write_page()
