"""The order in which a page's words are read, and what its parts are: columns, tables, paragraphs. Pure rules on boxes.

Boxes must be those of a straightened page. Tesseract's own lines are kept; its order is not, as it joins what stands
side by side: the two heads of an administrative document, its recipients and its signature, the cells of a table.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.ocr.reading.word import Box, Word, bounds

WIDE_GAP = 1.5
"""Between words of a line, in heights of the page's lines: wider is a gap between columns or cells."""
WIDE_SPACES = 2.2
"""The same in spaces between words, as a quarter of them are at most: typewriters leave wide ones."""
TABLE_COLUMNS = 3
TABLE_ROWS = 3
TWO_COLUMN_TABLE_ROWS = 5
FULL_ROWS = 0.8
"""Share of a table's rows that have a cell in each of at least two columns."""
TEXT_FILL = 0.75
"""Columns of running text are filled to this share of their width by their median line, cells of tables are not."""


NARROWEST_TEXT = 8
"""Width of a column of running text in heights of its lines, at least."""
WORDS_OF_TEXT = 4
"""Words in a line of a column of running text, at least, where its width changes; a cell of a table has fewer."""
JUSTIFIED = 0.4
"""Share of such lines that end at the same place; columns that flow around pictures have more than one such place."""
MOST_ISLANDS = 0.2
"""Share of the segments; where more stand between two others, they are a column of their own."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Words of one line without a wide gap between them; places: where they stand in the page's words."""

    places: tuple[int, ...]
    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the page is measured by, in pixels: the height of its lines, and how wide a gap parts columns or cells."""

    line: float
    gap: float


Row = tuple[Segment, ...]
"""Segments beside each other, from left to right."""


@dataclass(frozen=True, slots=True)
class Part:
    """A table, or a run of text that is read from top to bottom; `column` counts those that stand side by side."""

    rows: tuple[Row, ...]
    table: bool = False
    column: int = 0


@dataclass(frozen=True, slots=True)
class Zone:
    """What stands on both sides of a vertical gap, and what is above and below it."""

    above: list[Segment]
    left: list[Segment]
    right: list[Segment]
    below: list[Segment]
    shared: float
    """Height, in pixels, over which both sides stand beside each other."""
    islands: tuple[Segment, ...] = ()
    """What stands between both sides and beside them: the legend of a picture that the columns flow around."""

    @property
    def river(self) -> int:
        """Width of the empty strip between the sides."""
        return min(each.x for each in self.right) - max(each.right for each in self.left)

    @property
    def segments(self) -> list[Segment]:
        return [*self.left, *self.right, *self.islands]


def parts_of(words: Sequence[Word]) -> list[Part]:
    """All words of a page in reading order."""
    if not words:
        return []
    gauge = gauge_of(words)
    return arranged(segments_of(words, gauge.gap), gauge)


def gauge_of(words: Sequence[Word]) -> Gauge:
    height = line_height(words)
    return Gauge(height, max(WIDE_GAP * height, WIDE_SPACES * usual_space(words)))


def line_height(words: Sequence[Word]) -> float:
    return max(1.0, statistics.median(word.height for word in words))


def segments_of(words: Sequence[Word], gap: float) -> list[Segment]:
    """The lines that the engine found, cut where a column or a cell ends."""
    segments: list[Segment] = []
    run: list[int] = []
    for place, word in enumerate(words):
        if run and (word.line != words[run[-1]].line or distance(words[run[-1]], word) > gap):
            segments.append(segment(run, words))
            run = []
        run.append(place)
    return [*segments, segment(run, words)]


def usual_space(words: Sequence[Word]) -> float:
    """The lower quartile of the spaces between the words of a line, in pixels."""
    spaces = [distance(one, two) for one, two in pairwise(words) if one.line == two.line]
    return statistics.quantiles(spaces, n=4)[0] if len(spaces) > 1 else 0.0


def distance(word: Word, following: Word) -> float:
    """Between the two, in pixels; wide where the following stands to the left."""
    gap = following.x - (word.x + word.width)
    return float(gap) if following.x + following.width > word.x else float("inf")


def segment(places: Sequence[int], words: Sequence[Word]) -> Segment:
    return Segment(tuple(places), *bounds([words[place] for place in places]))


def arranged(segments: list[Segment], gauge: Gauge, column: int = 0) -> list[Part]:
    """Cuts the page at its strongest gap: what is above it, both sides of it, what is below."""
    if not segments:
        return []
    zone = best_zone(segments, gauge)
    if zone is None:
        return [Part(rows_of(segments), column=column)]
    if is_table(zone.segments):
        inner = [Part(rows_of(zone.segments), table=True, column=column)]
    else:
        sides = arranged(zone.left, gauge, column) + arranged(zone.right, gauge, column + 1)
        inner = sides + arranged(list(zone.islands), gauge, column + 2)
    return arranged(zone.above, gauge, column) + inner + arranged(zone.below, gauge, column)


def best_zone(segments: list[Segment], gauge: Gauge) -> Zone | None:
    """The zone whose sides stand beside each other over the greatest height, at least two lines."""
    found = [zone for gap in gaps(segments, gauge.gap) for zone in zones_at(gap, segments) if zone.river >= gauge.gap]
    best = max(found, key=lambda zone: zone.shared, default=None)
    return best if best and best.shared >= 1.5 * gauge.line and len(best.segments) > 2 else None


def gaps(segments: list[Segment], least: float) -> set[float]:
    """Middles of the gaps between segments that stand beside each other."""
    found = set()
    for row in rows_of(segments):
        for left, right in pairwise(row):
            if right.x - left.right >= least:
                found.add((left.right + right.x) / 2)
    return found


def zones_at(x: float, segments: list[Segment]) -> Iterable[Zone]:
    """Between the segments that cross the vertical line at x; and as if its islands were not there."""
    crossing = [found for found in segments if found.x < x < found.right]
    yield from zones_between(x, segments, crossing)
    islands = [found for found in crossing if is_island(found, segments)]
    if 0 < len(islands) <= MOST_ISLANDS * len(segments):
        others = [found for found in segments if found not in set(islands)]
        for zone in zones_between(x, others, [found for found in crossing if found not in set(islands)]):
            yield with_islands(zone, islands)


def zones_between(x: float, segments: list[Segment], crossing: list[Segment]) -> Iterable[Zone]:
    limits = [float("-inf"), *sorted(found.middle for found in crossing), float("inf")]
    for top, bottom in pairwise(limits):
        inside = [found for found in segments if top < found.middle < bottom]
        left, right = [s for s in inside if s.right <= x], [s for s in inside if s.x >= x]
        zone = zone_between(segments, left, right) if left and right else None
        if zone and zone.left and zone.right:
            yield zone


def is_island(found: Segment, segments: list[Segment]) -> bool:
    """Whether something stands to the left of it and something to the right."""
    near = found.height
    beside = [other for other in segments if other.y - near < found.middle < other.bottom + near]
    return any(other.right <= found.x for other in beside) and any(other.x >= found.right for other in beside)


def with_islands(zone: Zone, islands: list[Segment]) -> Zone:
    """Each of them goes where it stands: between the sides, above or below both."""
    top, bottom = min(s.y for s in zone.left + zone.right), max(s.bottom for s in zone.left + zone.right)
    above, below = [s for s in islands if s.middle < top], [s for s in islands if s.middle > bottom]
    between = tuple(s for s in islands if top <= s.middle <= bottom)
    return replace(zone, above=zone.above + above, below=zone.below + below, islands=between)


def zone_between(segments: list[Segment], left: list[Segment], right: list[Segment]) -> Zone:
    """Without the lines at either end that have nothing beside them, except where they end one of the sides."""
    top = max(min(s.y for s in left), min(s.y for s in right))
    bottom = min(max(s.bottom for s in left), max(s.bottom for s in right))
    start = min(min_start(left, top), min_start(right, top))
    kept_left, kept_right = [s for s in left if s.bottom > start], [s for s in right if s.bottom > start]
    end = max(s.bottom for s in kept_left + kept_right) if bottom > top else bottom
    chosen = set(kept_left + kept_right)
    others = [s for s in segments if s not in chosen]
    middle = (start + end) / 2
    above, below = [s for s in others if s.middle < middle], [s for s in others if s.middle >= middle]
    return Zone(above, kept_left, kept_right, below, max(0.0, bottom - top))


def min_start(side: list[Segment], top: float) -> float:
    """Top of the side's first line that reaches below `top`."""
    return min((found.y for found in side if found.bottom > top), default=top)


def rows_of(segments: Iterable[Segment]) -> tuple[Row, ...]:
    """Segments whose middles lie within one another's height stand in one row."""
    rows: list[list[Segment]] = []
    for found in sorted(segments, key=lambda each: each.middle):
        if rows and found.middle < rows[-1][0].middle + 0.5 * min(found.height, rows[-1][0].height):
            rows[-1].append(found)
        else:
            rows.append([found])
    return tuple(tuple(sorted(row, key=lambda each: each.x)) for row in rows)


def is_table(segments: list[Segment]) -> bool:
    """Rows of at least three cells; or many rows of two that do not fill their columns as running text does."""
    rows = rows_of(segments)
    full = sum(len(row) > 1 for row in rows)
    wide = sum(len(row) >= TABLE_COLUMNS for row in rows)
    if full < FULL_ROWS * len(rows) or is_running_text(rows):
        return False
    return (wide >= TABLE_ROWS and wide >= len(rows) / 2) or len(rows) >= TWO_COLUMN_TABLE_ROWS


def is_running_text(rows: Sequence[Row]) -> bool:
    """Whether the lines of the first column mostly reach its right edge, or wordy ones share an edge inside of it."""
    first = [row[0] for row in rows if len(row) > 1]
    left, right = min(s.x for s in first), max(s.right for s in first)
    typical = statistics.median(s.width for s in first)
    line = median_height(first)
    if typical > TEXT_FILL * (right - left) and right - left > NARROWEST_TEXT * line:
        return True
    wordy = [s.right for s in first if len(s.places) >= WORDS_OF_TEXT]
    justified = max((sum(abs(edge - other) < line / 2 for other in wordy) for edge in wordy), default=0)
    return typical > NARROWEST_TEXT * line and justified >= JUSTIFIED * len(first)


def median_height(segments: Sequence[Segment]) -> float:
    return float(statistics.median(found.height for found in segments))


def box_of(segments: Iterable[Segment], words: Sequence[Word]) -> Box:
    return bounds([words[place] for found in segments for place in found.places])
