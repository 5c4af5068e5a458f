"""The plots of docs/benchmarks.md as SVG; the same figures give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

Figures = Mapping[str, dict[str, Any]]

AIMS = {"pipeline.pages": 0.85, "events.consume": 0.5}
"""Least ratio that is aimed at."""
BAR = "#2b6cb0"
REST = "#a0aec0"
SHOWN_AT_MOST = 14
STYLE: Any = {"svg.hashsalt": "lienthong", "svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 9}


def plots(figures: Figures) -> dict[str, str]:
    """SVG by name, of those whose figures are there."""
    memory = {name.removeprefix("memory."): one["value"] for name, one in figures.items() if name.startswith("memory.")}
    made: dict[str, str] = {}
    if any(name in figures for name in AIMS):
        made["ratios"] = drawn(lambda figure: _ratios(figure, figures))
    if "pipeline.pages" in figures:
        made["pages"] = _bars(figures["pipeline.pages"]["cpu_seconds_per_page"], "CPU seconds for one page, by process")
    if "cpu.idle" in figures:
        made["idle"] = _bars(figures["cpu.idle"]["by_process"], "CPU seconds in a minute of rest, by process")
    if memory:
        made["memory"] = _bars(memory, "Memory in MB (proportional set size), by process")
    return made


def _ratios(figure: Figure, figures: Figures) -> None:
    axes = figure.subplots()
    names = [name for name in AIMS if name in figures]
    axes.barh(names, [figures[name]["ratio"] for name in names], color=BAR, height=0.5)
    for place, name in enumerate(names):
        axes.plot([AIMS[name]] * 2, [place - 0.35, place + 0.35], color="#c05621", linewidth=2)
    axes.axvline(1, color=REST, linestyle="--")
    axes.set_title("Of its bare baseline (dashed: 1; orange: the aim)", loc="left")
    axes.invert_yaxis()


def _bars(values: Mapping[str, float], title: str) -> str:
    largest = sorted(values.items(), key=lambda item: -item[1])
    shown, rest = dict(largest[:SHOWN_AT_MOST]), dict(largest[SHOWN_AT_MOST:])
    labels, widths = list(shown), list(shown.values())
    if rest:
        labels, widths = [*labels, f"{len(rest)} others together"], [*widths, sum(rest.values())]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        bars = axes.barh(labels, widths, color=[BAR] * len(shown) + [REST] * bool(rest))
        axes.bar_label(bars, fmt="%.3g", padding=3)
        axes.set_title(title, loc="left")
        axes.invert_yaxis()
        axes.margins(x=0.12)

    return drawn(draw, height=0.8 + 0.24 * len(labels))


def drawn(draw: Callable[[Figure], None], height: float = 2) -> str:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7, height), layout="constrained")
        draw(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()
