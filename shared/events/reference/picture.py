"""The picture of who says what on which topic and who reads it: producers, topics, readers, left to right, as SVG.

A consumer group that reads more than half of the topics is a badge on each of them: its lines would hide the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from statistics import fmean

from shared.events.topics import DEAD_SUFFIX, Topic, topics

_COLOURS = {"log": "#2b6cb0", "work": "#c05621", "compacted": "#2f7d4f"}
_FILLS = {"log": "#ebf4fc", "work": "#fdf0e4", "compacted": "#eaf6ee"}
_BADGES = ("#6b4fa0", "#8a6d1d", "#37777d")
_MEANINGS = {"log": "log: history, kept for days", "work": "work: jobs", "compacted": "compacted: state of each key"}

_WIDTH = 1240
_TOP = 120
_ROW = 56
_PRODUCER = (40, 130)
_TOPIC = (340, 450)
_READER = (990, 210)
_BOX = 42
_READER_BOX = 34
_STYLE = (
    "text{font-family:'DejaVu Sans','Noto Sans',Arial,sans-serif;fill:#1f2933}"
    ".name{font-size:14px;font-weight:bold}.small{font-size:10.5px;fill:#52606d}"
    ".title{font-size:20px;font-weight:bold}.head{font-size:13px;fill:#52606d}.badge{font-size:9.5px;fill:#fff}"
)


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width


def picture() -> str:
    """The whole picture, drawn from the topic table."""
    table = [topic for topic in topics().values() if not topic.name.endswith(DEAD_SUFFIX)]
    rows = {topic.name: _Box(_TOPIC[0], _TOP + place * _ROW, _TOPIC[1], _BOX) for place, topic in enumerate(table)}
    badges = _badges(table)
    producers = _column(_PRODUCER, _BOX, rows, _said_on(table), together=lambda name: name)
    readers = _column(_READER, _READER_BOX, rows, _read_on(table, badges), together=lambda name: name.split("-")[0])
    height = _TOP + len(table) * _ROW + 110
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>Producers, topics and readers</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *_headings(),
            *(line for topic in table for line in _lines(topic, rows[topic.name], producers, readers)),
            *(_named_box(box, name, "#f0f2f5", "#52606d") for name, box in {**producers, **readers}.items()),
            *(part for topic in table for part in _topic_box(topic, rows[topic.name], badges)),
            *_legend(height - 92, badges),
            "</svg>\n",
        ]
    )


def _badges(table: list[Topic]) -> dict[str, str]:
    """The colour of each group that reads more than half of the topics."""
    groups = dict.fromkeys(reader for topic in table for reader in topic.readers)
    everywhere = [group for group in groups if sum(group in topic.readers for topic in table) * 2 > len(table)]
    return dict(zip(everywhere, _BADGES, strict=False))


def _said_on(table: list[Topic]) -> dict[str, list[str]]:
    return _by_party((service, topic.name) for topic in table for service in _producers(topic))


def _read_on(table: list[Topic], badges: Mapping[str, str]) -> dict[str, list[str]]:
    return _by_party((group, topic.name) for topic in table for group in topic.readers if group not in badges)


def _by_party(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for party, topic in pairs:
        found.setdefault(party, []).append(topic)
    return found


def _producers(topic: Topic) -> list[str]:
    said = [service for table in (topic.types, topic.planned) for services in table.values() for service in services]
    return list(dict.fromkeys(said))


def _column(
    place: tuple[int, int],
    box_height: int,
    rows: Mapping[str, _Box],
    parties: Mapping[str, list[str]],
    *,
    together: Callable[[str], str],
) -> dict[str, _Box]:
    """Boxes spread evenly over the height of the topics, each near its own topics, with `together` ones adjacent."""

    def centre(names: Iterable[str]) -> float:
        return fmean(rows[topic].middle for name in names for topic in parties[name])

    def position(name: str) -> tuple[float, str, float]:
        family = together(name)
        return centre(other for other in parties if together(other) == family), family, centre([name])

    step = len(rows) * _ROW / len(parties)
    first = _TOP + (step - box_height) / 2 - (_ROW - _BOX) / 2
    ordered = sorted(parties, key=position)
    return {name: _Box(place[0], first + index * step, place[1], box_height) for index, name in enumerate(ordered)}


def _lines(topic: Topic, row: _Box, producers: Mapping[str, _Box], readers: Mapping[str, _Box]) -> list[str]:
    colour = _COLOURS[topic.kind]
    spoken = {service for services in topic.types.values() for service in services}
    said = [(producers[service], service in spoken) for service in _producers(topic)]
    heard = [readers[group] for group in topic.readers if group in readers]
    return [
        *(_curve(box.right, box.middle, row.x, row.middle, colour, solid=solid) for box, solid in said),
        *(_curve(row.right, row.middle, box.x, box.middle, colour, solid=bool(topic.types)) for box in heard),
    ]


def _curve(x1: float, y1: float, x2: float, y2: float, colour: str, *, solid: bool) -> str:
    bend = (x2 - x1) / 2
    tip = x2 - 8
    dashes = "" if solid else ' stroke-dasharray="5 4"'
    return (
        f'<path d="M{x1:.0f},{y1:.1f} C{x1 + bend:.0f},{y1:.1f} {x2 - bend:.0f},{y2:.1f} {tip:.0f},{y2:.1f}"'
        f' fill="none" stroke="{colour}" stroke-width="1.6" stroke-opacity="0.75"{dashes}/>'
        f'<path d="M{x2:.0f},{y2:.1f} l-9,-4 v8 z" fill="{colour}"/>'
    )


def _named_box(box: _Box, name: str, fill: str, edge: str) -> str:
    return _rectangle(box, fill, edge, 1.2) + _text(
        box.x + box.width / 2, box.middle + 5, name, "name", anchor="middle"
    )


def _topic_box(topic: Topic, box: _Box, badges: Mapping[str, str]) -> list[str]:
    kept = "newest of each key" if topic.compacted else f"{topic.days} days"
    public = topic.audience == "everybody"
    key = topic.key.split(",")[0].split(";")[0]
    return [
        _rectangle(box, _FILLS[topic.kind], _COLOURS[topic.kind], 3 if public else 1.2),
        _text(box.x + 12, box.y + 18, topic.name + ("  · for everybody" if public else ""), "name"),
        _text(box.x + 12, box.y + 34, f"key: {key} · {kept} · {_count(topic)}", "small"),
        *(
            _badge(box.right - 12 - 58 * place, box.y + 13, group.split("-")[1], colour)
            for place, (group, colour) in enumerate(badges.items(), start=1)
            if group in topic.readers
        ),
    ]


def _count(topic: Topic) -> str:
    said, planned = len(topic.types), len(topic.planned)
    parts = [f"{said} type{'s' if said > 1 else ''}"] if said else []
    return " + ".join(parts + ([f"{planned} planned"] if planned else []))


def _badge(x: float, y: float, name: str, colour: str) -> str:
    return f'<rect x="{x:.0f}" y="{y:.1f}" width="52" height="16" rx="8" fill="{colour}"/>' + _text(
        x + 26, y + 11.5, name, "badge", anchor="middle"
    )


def _headings() -> list[str]:
    return [
        _text(40, 44, "Who says what on which topic, and who reads it", "title"),
        _text(40, 66, "Every line is an event stream through Kafka; dashed: planned.", "head"),
        _text(_PRODUCER[0], 102, "services that say it", "head"),
        _text(_TOPIC[0], 102, "topics", "head"),
        _text(_READER[0], 102, "consumer groups that read it", "head"),
    ]


def _legend(y: float, badges: Mapping[str, str]) -> list[str]:
    kinds = [
        _rectangle(_Box(40 + 250 * place, y, 16, 16), _FILLS[kind], _COLOURS[kind], 1.6)
        + _text(64 + 250 * place, y + 13, meaning, "head")
        for place, (kind, meaning) in enumerate(_MEANINGS.items())
    ]
    everywhere = [
        _badge(40 + 250 * place, y + 30, group.split("-")[1], colour)
        + _text(100 + 250 * place, y + 43, f"{group} reads it too", "head")
        for place, (group, colour) in enumerate(badges.items())
    ]
    dead = "Each consumer group also has a dead-letter topic, <group>.dead, for what it could not handle."
    return [*kinds, *everywhere, _text(40, y + 74, dead, "head")]


def _rectangle(box: _Box, fill: str, edge: str, stroke: float) -> str:
    return (
        f'<rect x="{box.x:.0f}" y="{box.y:.1f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="7"'
        f' fill="{fill}" stroke="{edge}" stroke-width="{stroke}"/>'
    )


def _text(x: float, y: float, words: str, style: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'
