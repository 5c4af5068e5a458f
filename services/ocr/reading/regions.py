"""What the parts of a page are: headings, tables, running heads, page numbers, the parts of an administrative document.

The last follow Decree 30/2020/NĐ-CP on clerical work (its predecessors agree on them); pure rules.
"""

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.ocr.reading.kinds import RegionKind
from services.ocr.reading.layout import Part, Row, line_height, parts_of
from services.ocr.reading.word import Box, Word, bounds
from shared.vietnamese import fold

CELL = "\t"
EDGE = 0.09
"""Share of the page's height, at its top and bottom, where running heads and page numbers stand."""
PARAGRAPH_GAP = 1.45
"""Distance of lines over their usual distance from which a new paragraph begins."""
INDENT = 1.2
"""In heights of a line."""
OTHER_SIZE = 1.5
"""Height of a line over that of the next from which they are not one paragraph; accents and tails make 1.4."""
LARGER = 1.18
"""Height of a heading's line over that of the page's lines."""
LONGEST_HEADING = 160
LONGEST_RUNNING_HEAD = 90
PAGE_NUMBER = re.compile(r"(?:trang |tr\. ?|page )?[-–—. ]*(?:\d{1,4}|[ivxlc]{1,7})[-–—. ]*", re.IGNORECASE)
MOTTO = re.compile(r"cong hoa xa hoi chu nghia|doc lap.{1,5}tu do|viet nam dan chu cong hoa")
NUMBER = re.compile(r"so ?[:.]? ?\d*.{0,6}/")
DATE = re.compile(r"ngay.{1,9}thang.{1,9}nam")
TYPES = re.compile(
    "(nghi quyet|quyet dinh|chi thi|quy che|quy dinh|thong cao|thong bao|huong dan|chuong trinh|ke hoach|phuong an|"
    "de an|du an|bao cao|bien ban|to trinh|hop dong|cong dien|ban ghi nho|ban thoa thuan|giay [a-z ]{3,20}|"
    "phieu [a-z ]{3,20}|thu cong)"
)
ROLES = frozenset({"national-motto", "issuing-body", "abstract", "recipients", "signature"})
RECIPIENTS = re.compile(r"noi nhan\b|kinh gui\b")
HEAD_OF_DOCUMENT = 0.35
LAST_OF_LETTERHEAD = 0.5
"""The motto stands in the first share of the page's height, all of the letterhead and the title in the second."""
LONGEST_DATE = 60


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, with what they are."""

    rows: tuple[Row, ...]
    kind: RegionKind
    column: int
    text: str
    box: Box

    @property
    def places(self) -> tuple[int, ...]:
        """Where its words stand among the page's."""
        return tuple(place for row in self.rows for segment in row for place in segment.places)

    @property
    def middle(self) -> float:
        return self.box[1] + self.box[3] / 2


@dataclass(frozen=True, slots=True)
class Sized:
    """What the page's lines are measured by."""

    line: float
    width: int
    height: int


def paragraphs_of(words: Sequence[Word], width: int, height: int) -> list[Paragraph]:
    """The page's parts in reading order; every word is in one of them."""
    size = Sized(line_height(words) if words else 1.0, width, height)
    found = [paragraph for part in parts_of(words) for paragraph in cut(part, words, size)]
    return joined(administrative(found, size))


def joined(found: list[Paragraph]) -> list[Paragraph]:
    """One part of each role of an administrative document, where its lines were parted by wider gaps."""
    parts: list[Paragraph] = []
    for part in found:
        if parts and part.kind in ROLES and (parts[-1].kind, parts[-1].column) == (part.kind, part.column):
            before = parts.pop()
            text = f"{before.text}\n{part.text}"
            parts.append(Paragraph(before.rows + part.rows, part.kind, part.column, text, around(before.box, part.box)))
        else:
            parts.append(part)
    return parts


def around(one: Box, two: Box) -> Box:
    left, top = min(one[0], two[0]), min(one[1], two[1])
    right, bottom = max(one[0] + one[2], two[0] + two[2]), max(one[1] + one[3], two[1] + two[3])
    return left, top, right - left, bottom - top


def cut(part: Part, words: Sequence[Word], size: Sized) -> Iterator[Paragraph]:
    if part.table:
        yield paragraph(part.rows, part.column, words, size, "table")
        return
    rows: list[Row] = []
    usual = usual_distance(part.rows, size)
    left = min((row[0].x for row in part.rows), default=0)
    for row in part.rows:
        if rows and begins_anew(rows, row, usual, left, size):
            yield paragraph(tuple(rows), part.column, words, size)
            rows = []
        rows.append(row)
    if rows:
        yield paragraph(tuple(rows), part.column, words, size)


def usual_distance(rows: Sequence[Row], size: Sized) -> float:
    steps = [after[0].middle - before[0].middle for before, after in pairwise(rows)]
    return statistics.median(steps) if steps else 1.5 * size.line


def begins_anew(rows: Sequence[Row], row: Row, usual: float, left: float, size: Sized) -> bool:
    """A wider gap, an indented line after one that is not, or another size of letters."""
    before = rows[-1]
    if row[0].middle - before[0].middle > PARAGRAPH_GAP * usual:
        return True
    if not 1 / OTHER_SIZE < row_height(row) / row_height(before) < OTHER_SIZE:
        return True
    indent = row[0].x - left
    return INDENT * size.line < indent < 8 * size.line and before[0].x - left < INDENT * size.line / 2


def row_height(row: Row) -> float:
    return float(max(segment.height for segment in row))


def paragraph(
    rows: tuple[Row, ...], column: int, words: Sequence[Word], size: Sized, kind: RegionKind | None = None
) -> Paragraph:
    text = "\n".join(row_text(row, words, cells=kind == "table") for row in rows)
    box = bounds([words[place] for row in rows for segment in row for place in segment.places])
    return Paragraph(rows, kind or kind_of(text, rows, box, size), column, text, box)


def row_text(row: Row, words: Sequence[Word], *, cells: bool = False) -> str:
    """The row's words; cells of a table are parted by a tab."""
    segments = [" ".join(words[place].text for place in segment.places) for segment in row]
    return (CELL if cells else " ").join(segments)


def kind_of(text: str, rows: Sequence[Row], box: Box, size: Sized) -> RegionKind:
    at_edge = box[1] + box[3] < EDGE * size.height or box[1] > (1 - EDGE) * size.height
    if at_edge and len(rows) == 1 and PAGE_NUMBER.fullmatch(text.strip()):
        return "page-number"
    if box[1] + box[3] < EDGE * size.height and len(rows) == 1 and is_running_head(text):
        return "running-head"
    return "heading" if is_heading(text, rows, box, size) else "paragraph"


def is_running_head(text: str) -> bool:
    """A short line at the very top with the page's number at one of its ends."""
    parts = text.split()
    numbered = bool(re.fullmatch(r"\d{1,4}", parts[0]) or re.fullmatch(r"\d{1,4}", parts[-1]))
    return len(text) <= LONGEST_RUNNING_HEAD and len(parts) > 1 and numbered and not MOTTO.search(fold(text))


def is_heading(text: str, rows: Sequence[Row], box: Box, size: Sized) -> bool:
    """Short, no sentence, and larger, in capitals, or a numbered title."""
    if len(text) > LONGEST_HEADING or len(rows) > 4 or text.rstrip().endswith((".", ",", ";", ":")):
        return False
    if not any(letter.isalpha() for letter in text):
        return False
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters) > 0.8 * len(letters) and len(letters) > 3
    larger = statistics.median(row_height(row) for row in rows) > LARGER * size.line
    centred = abs(box[0] + box[2] / 2 - size.width / 2) < 0.04 * size.width and box[2] < 0.6 * size.width
    return (
        capitals
        or larger
        or (centred and len(rows) <= 2)
        or bool(re.match(r"(chuong|phan|muc) [0-9ivxlc]+\b", fold(text)))
    )


def administrative(found: list[Paragraph], size: Sized) -> list[Paragraph]:
    """The same parts, named by their role where the page is the first of an administrative document, or its last."""
    if any(MOTTO.search(fold(part.text)) for part in found if part.middle < HEAD_OF_DOCUMENT * size.height):
        found = with_letterhead(found, size)
    return with_ending(found)


def with_letterhead(found: list[Paragraph], size: Sized) -> list[Paragraph]:
    named: list[Paragraph] = []
    title = False
    for part in [line for whole in found for line in apart(whole)]:
        kind = letterhead_kind(part, title=title, before=named[-1] if named else None, size=size)
        title = title or kind == "document-type"
        named.append(part if kind is None else renamed(part, kind))
    return named


def letterhead_kind(part: Paragraph, *, title: bool, before: Paragraph | None, size: Sized) -> RegionKind | None:
    text = fold(part.text)
    if part.middle > LAST_OF_LETTERHEAD * size.height or part.kind == "table":
        return None
    if MOTTO.search(text):
        return "national-motto"
    if NUMBER.match(text):
        return "document-number"
    if text.startswith(("v/v", "ve viec")) or (title and before is not None and before.kind == "document-type"):
        return "abstract"
    return None if title else before_title(part, text, size)


def before_title(part: Paragraph, text: str, size: Sized) -> RegionKind | None:
    if DATE.search(text) and len(text) < LONGEST_DATE:
        return "place-and-date"
    if TYPES.match(text) and part.text.split("\n")[0].isupper() and len(text) < LONGEST_DATE:
        return "document-type"
    on_the_left = part.box[0] + part.box[2] < 0.6 * size.width and part.box[0] < 0.35 * size.width
    return "issuing-body" if on_the_left and part.text.isupper() else None


def apart(part: Paragraph) -> Iterator[Paragraph]:
    """A part of the letterhead whose lines play different roles, line by line of the same role."""
    lines = part.text.split("\n")
    if part.kind == "table" or len(lines) != len(part.rows) or len(lines) > 6:
        yield part
        return
    start = 0
    roles = [role(line) for line in lines]
    for place in range(1, len(lines) + 1):
        if place == len(lines) or roles[place] != roles[start]:
            yield piece(part, start, place)
            start = place


def role(line: str) -> str:
    text = fold(line)
    if MOTTO.search(text):
        return "motto"
    if NUMBER.match(text):
        return "number"
    if DATE.search(text) and len(text) < LONGEST_DATE:
        return "date"
    return "type" if TYPES.fullmatch(text) and line.isupper() else "other"


def piece(part: Paragraph, start: int, end: int) -> Paragraph:
    if (start, end) == (0, len(part.rows)):
        return part
    rows = part.rows[start:end]
    segments = [segment for row in rows for segment in row]
    left, top = min(each.x for each in segments), min(each.y for each in segments)
    box = left, top, max(each.right for each in segments) - left, max(each.bottom for each in segments) - top
    return Paragraph(rows, part.kind, part.column, "\n".join(part.text.split("\n")[start:end]), box)


def with_ending(found: list[Paragraph]) -> list[Paragraph]:
    """From "Nơi nhận" on: its own column are the recipients, what stands beside it is the signature."""
    start = next((place for place, part in enumerate(found) if RECIPIENTS.match(fold(part.text))), None)
    if start is None:
        return found
    column = found[start].column
    named = list(found)
    for place in range(start, len(found)):
        part = found[place]
        if part.kind in {"page-number", "table"}:
            break
        named[place] = renamed(part, "recipients" if part.column == column else "signature")
    return named


def renamed(part: Paragraph, kind: RegionKind) -> Paragraph:
    return Paragraph(part.rows, kind, part.column, part.text, part.box)
