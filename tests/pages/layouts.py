"""What is on a page: prose in one or two columns, verse, French passages, tables, an administrative form."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from PIL import Image

from tests.pages.drawing import A4, A5, Column, Sheet
from tests.pages.fonts import Face
from tests.pages.grammar import Grammar

Size = tuple[int, int]
GUTTER = 110
TABLE_RULE = 3
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")


@dataclass(frozen=True)
class Style:
    """How a page is set. margin in pixels, spacing in lines of the font's size."""

    face: Face
    margin: int
    spacing: float
    justified: bool
    running_head: bool


@dataclass(frozen=True)
class Drawn:
    """texts: what the page says, in each reading order that is right (a form's two blocks side by side have two)."""

    image: Image.Image
    texts: tuple[str, ...]


def prose(grammar: Grammar, style: Style, chance: random.Random, size: Size = A5) -> Drawn:
    return framed(size, grammar, style, chance, lambda column: write_prose(column, grammar, style, chance))


def columns(grammar: Grammar, style: Style, chance: random.Random) -> Drawn:
    """A title over two columns, the left one read first."""
    sheet = Sheet(A4)
    top = body(sheet, A4, style)
    top.centred(grammar.say("title", chance), style.face.bold)
    top.skip(style.face.size)
    width = (top.width - GUTTER) // 2
    sides = [
        Column(sheet, (top.x + side * (width + GUTTER), top.y), width, top.bottom, style.spacing) for side in (0, 1)
    ]
    for side in sides:
        write_prose(side, grammar, style, chance, titled=False)
    return Drawn(sheet.image, (joined(top, *sides),))


def verse(grammar: Grammar, style: Style, chance: random.Random, size: Size = A5) -> Drawn:
    """Six-eight verse in quatrains, the six-word line indented."""

    def write(column: Column) -> None:
        column.centred(grammar.say("title", chance), style.face.bold)
        indent = style.face.size * 2
        while column.fits(style.face.regular, rows=6):
            column.skip(style.face.size)
            for couplet in chance.sample(grammar.symbols["verse"], 2):
                six, eight = couplet.split("|")
                column.row(six, style.face.regular, x=column.x + 2 * indent)
                column.row(eight, style.face.regular, x=column.x + indent)

    return framed(size, grammar, style, chance, write)


def french(grammar: Grammar, style: Style, chance: random.Random, size: Size = A5) -> Drawn:
    """A Vietnamese page that quotes French in every second paragraph."""

    def write(column: Column) -> None:
        symbols = ("sentence", "french")
        number = 0
        while column.fits(style.face.regular, rows=2):
            text = grammar.paragraph(symbols[number % 2], chance.randint(2, 4), chance)
            column.paragraph(text, style.face.regular, indent=60, justified=style.justified)
            number += 1

    return framed(size, grammar, style, chance, write)


def table(grammar: Grammar, style: Style, chance: random.Random) -> Drawn:
    """A paragraph, then a table, read row by row."""

    def write(column: Column) -> None:
        column.centred(grammar.fill(grammar.parts["table"]["title"], chance), style.face.bold)
        column.skip(style.face.size)
        column.paragraph(grammar.paragraph("sentence", 2, chance), style.face.regular, justified=style.justified)
        column.skip(style.face.size)
        write_table(column, grammar, style, chance)

    return framed(A4, grammar, style, chance, write)


def form(grammar: Grammar, style: Style, chance: random.Random) -> Drawn:
    """An administrative document as Decree 30/2020/ND-CP has it: issuer beside motto, signature beside addressees."""
    parts, face = grammar.parts["form"], style.face
    sheet = Sheet(A4)
    whole = body(sheet, A4, style)
    half = whole.width // 2
    left, right = sides(sheet, whole, half - 100, style)
    issuer = grammar.say("issuer", chance).split("|")
    left.centred(issuer[0], face.regular)
    left.centred(issuer[1], face.bold)
    left.centred(grammar.fill(parts["number"], chance), face.regular)
    right.centred(MOTTO[0], face.bold)
    right.centred(MOTTO[1], face.bold)
    right.skip(face.size // 2)
    right.centred(grammar.fill(parts["place_and_date"], chance), face.italic)
    whole.y = max(left.y, right.y) + 2 * face.size
    write_orders(whole, grammar, style, chance)
    whole.skip(2 * face.size)
    addressees, signature = sides(sheet, whole, half, style)
    write_addressees(addressees, grammar, style, chance)
    for line in parts["signature"]:
        signature.centred(line, face.bold)
    signature.y += 5 * face.size
    signature.centred(grammar.say("signer", chance), face.bold)
    orders = product(readings(left, right), readings(addressees, signature))
    return Drawn(sheet.image, tuple(f"{head}\n\n{whole.text}\n\n{foot}" for head, foot in orders))


def sides(sheet: Sheet, whole: Column, left_width: int, style: Style) -> tuple[Column, Column]:
    right_x = whole.x + left_width + GUTTER // 2
    right_width = whole.x + whole.width - right_x
    return (
        Column(sheet, (whole.x, whole.y), left_width, whole.bottom, style.spacing),
        Column(sheet, (right_x, whole.y), right_width, whole.bottom, style.spacing),
    )


def readings(left: Column, right: Column) -> tuple[str, str]:
    """Two blocks side by side: one after the other, or the other first."""
    return f"{left.text}\n{right.text}", f"{right.text}\n{left.text}"


def write_orders(column: Column, grammar: Grammar, style: Style, chance: random.Random) -> None:
    parts, face = grammar.parts["form"], style.face
    column.centred(parts["kind"], face.bold)
    column.centred(grammar.say("subject", chance), face.bold)
    column.skip(face.size)
    for _ in range(chance.randint(2, 3)):
        column.paragraph(grammar.say("basis", chance), face.italic, indent=80)
    for number in range(1, chance.randint(4, 6)):
        text = f"{parts['article']} {number}. {grammar.say('article', chance)}"
        column.paragraph(text, face.regular, indent=80, justified=style.justified)


def write_addressees(column: Column, grammar: Grammar, style: Style, chance: random.Random) -> None:
    column.row("Nơi nhận:", style.face.italic, x=column.x)
    offices = chance.sample(grammar.symbols["office"], 3)
    for office in [*(f"- {office};" for office in offices), "- Lưu: VT."]:
        column.row(office, style.face.regular, x=column.x)


def write_prose(column: Column, grammar: Grammar, style: Style, chance: random.Random, *, titled: bool = True) -> None:
    if titled:
        column.centred(grammar.say("title", chance), style.face.bold)
        column.skip(style.face.size // 2)
    while column.fits(style.face.regular):
        text = grammar.paragraph("sentence", chance.randint(3, 6), chance)
        column.paragraph(text, style.face.regular, indent=60, justified=style.justified)


def write_table(column: Column, grammar: Grammar, style: Style, chance: random.Random) -> None:
    description, face = grammar.parts["table"], style.face
    height = round(face.size * 1.9)
    cells_of_rows = [
        [grammar.fill(cell, chance) for cell in description["row"]]
        for _ in range((column.bottom - column.y) // height - 1)
    ]
    rows = [(face.bold, description["header"]), *((face.regular, cells) for cells in cells_of_rows)]
    widest = [max(font.getlength(cells[place]) for font, cells in rows) for place in range(len(description["header"]))]
    slack = (column.width - sum(widest)) / len(widest)
    edges = [column.x + round(sum(widest[:place]) + place * slack) for place in range(len(widest) + 1)]
    top = column.y
    for font, cells in rows:
        for edge, cell in zip(edges, cells, strict=False):
            column.sheet.ink.text((edge + slack / 2, column.y + height * 0.2), cell, fill=0, font=font)
        column.lines.append(" ".join(cells))
        column.y += height
    rule(column, edges, range(top, column.y + 1, height), vertical=description["rules"] == "grid")


def rule(column: Column, edges: list[int], levels: range, *, vertical: bool) -> None:
    for level in levels:
        column.sheet.ink.line([(edges[0], level), (edges[-1], level)], fill=0, width=TABLE_RULE)
    for edge in edges if vertical else ():
        column.sheet.ink.line([(edge, levels[0]), (edge, levels[-1])], fill=0, width=TABLE_RULE)


def framed(size: Size, grammar: Grammar, style: Style, chance: random.Random, write: Callable[[Column], None]) -> Drawn:
    """Running head and page number around what `write` puts between them."""
    sheet = Sheet(size)
    column = body(sheet, size, style)
    head, foot = (Column(sheet, (column.x, y), column.width, size[1], style.spacing) for y in edges_of(size, style))
    if style.running_head:
        head.centred(grammar.parts["head"], style.face.italic)
        foot.centred(str(chance.randint(3, 380)), style.face.regular)
    write(column)
    return Drawn(sheet.image, (joined(head, column, foot),))


def edges_of(size: Size, style: Style) -> tuple[int, int]:
    return style.margin // 2, size[1] - style.margin // 2 - style.face.size


def body(sheet: Sheet, size: Size, style: Style) -> Column:
    width, height = size
    top = style.margin + style.face.size
    return Column(sheet, (style.margin, top), width - 2 * style.margin, height - top, style.spacing)


def joined(*columns: Column) -> str:
    return "\n\n".join(column.text for column in columns if column.text)


LAYOUTS: dict[str, Callable[..., Drawn]] = {
    layout.__name__: layout for layout in (prose, columns, verse, french, table, form)
}
