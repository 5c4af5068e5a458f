"""docs/scaling.md and its plot: how the index grows with the union, and how far that goes, from var/bench.json."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure as Picture

from deploy.local.settings import ROOT
from tests.benchmarks.plots import BAR, REST, Figures, drawn

PAGE = ROOT / "docs" / "scaling.md"
PICTURE = ROOT / "docs" / "benchmarks" / "scaling.svg"
TEMPLATE = Path(__file__).with_name("scaling.md.j2")

READERS, CORES, AIM_MS = 8, 2, 20.0
NIGHT_HOURS = 8
NODE_MEMORY_GB = 16


@dataclass(frozen=True, slots=True)
class Size:
    """What a union of so many editions costs."""

    editions: int
    index_megabytes: float
    made_per_second: float
    """By one core."""
    merge_seconds: float
    segments: int
    replica_megabytes: float
    processor_ms: float
    p50: float
    p95: float
    rebuilt_per_second: float
    """While questions are answered by the same process."""
    rebuilding_p95: float
    load: float

    @property
    def making_hours(self) -> float:
        """Of one core."""
        return self.editions / self.made_per_second / 3600

    @property
    def rebuilding_hours(self) -> float:
        return self.editions / self.rebuilt_per_second / 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """What must hold, and up to how many editions it will."""

    what: str
    editions: float

    @property
    def millions(self) -> str:
        return f"{self.editions / 1e6:.2g}" if self.editions < 1e8 else "more than 100"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one index goes, by what ends it."""

    answers: Limit
    """Moved by cores, and by replicas that share the readers."""
    rebuilding: Limit
    memory: Limit

    @property
    def of_an_index(self) -> Limit:
        """The nearest of those that only another engine moves."""
        return min(self.rebuilding, self.memory, key=lambda limit: limit.editions)

    @property
    def nearest_first(self) -> list[Limit]:
        return sorted((self.answers, self.rebuilding, self.memory), key=lambda limit: limit.editions)


def sizes(figures: Figures) -> list[Size]:
    """The smallest first."""
    rebuilds = [name for name in figures if name.startswith("search.rebuild.")]
    return sorted((_size(figures, name) for name in rebuilds), key=lambda size: size.editions)


def _size(figures: Figures, rebuild: str) -> Size:
    rebuilt = figures[rebuild]
    one = figures[f"search.word.{rebuilt['editions']}"]
    return Size(
        editions=one["editions"],
        index_megabytes=one["index_megabytes"],
        made_per_second=one["made_per_second"],
        merge_seconds=one["merge_seconds"],
        segments=one["segments"],
        replica_megabytes=one["replica_megabytes"],
        processor_ms=one["processor_ms"],
        p50=one["all_percentiles"]["p50"],
        p95=one["all_percentiles"]["p95"],
        rebuilt_per_second=rebuilt["value"],
        rebuilding_p95=rebuilt["percentiles"]["p95"],
        load=one["load_after"],
    )


def limits(found: Sequence[Size]) -> Limits:
    bearable = AIM_MS * CORES / READERS
    return Limits(
        answers=Limit(
            f"{READERS} readers who never pause wait {AIM_MS:.0f} ms on average, on {CORES} cores: "
            f"{bearable:.0f} ms an answer",
            _reached(found, lambda size: size.processor_ms, bearable),
        ),
        rebuilding=Limit(
            f"a replica builds its index anew in a night of {NIGHT_HOURS} hours while it answers",
            _reached(found, lambda size: size.rebuilding_hours, NIGHT_HOURS),
        ),
        memory=Limit(
            f"the index fits into the memory of a node of {NODE_MEMORY_GB} GB",
            _reached(found, lambda size: size.index_megabytes, 1000 * NODE_MEMORY_GB),
        ),
    )


def _reached(found: Sequence[Size], measure: Callable[[Size], float], most: float) -> float:
    """Editions at which a measure comes to `most`, where it goes on growing as between the two largest sizes: by a
    power of the size, and never slower than by its square root.
    """
    before, last = found[-2:]
    power = math.log(measure(last) / measure(before)) / math.log(last.editions / before.editions)
    return float(last.editions * (most / measure(last)) ** (1 / max(power, 0.5)))


def write_scaling(figures: Figures) -> None:
    found = sizes(figures)
    if len(found) < 2:
        return
    PICTURE.write_text(drawn(lambda picture: _growth(picture, found), height=2.6), encoding="utf-8")
    PAGE.write_text(page_of(found), encoding="utf-8")


def page_of(found: Sequence[Size]) -> str:
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(sizes=found, limits=limits(found), clients=READERS)


def _growth(picture: Picture, found: Sequence[Size]) -> None:
    editions = [size.editions for size in found]
    panels: list[tuple[str, list[float]]] = [
        ("Index, MB", [size.index_megabytes for size in found]),
        ("CPU of an answer, ms", [size.processor_ms for size in found]),
        ("CPU of making it, hours", [size.making_hours for size in found]),
    ]
    for axes, (title, values) in zip(picture.subplots(1, len(panels)), panels, strict=True):
        straight = [values[0] * count / editions[0] for count in editions]
        axes.loglog(editions, straight, color=REST, linestyle="--")
        axes.loglog(editions, values, color=BAR, marker="o")
        axes.set_title(title, loc="left")
        axes.set_xlabel("editions (dashed: in proportion)")
