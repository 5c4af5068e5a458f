"""Documents with a known description: administrative ones by the decrees on form, title pages, papers.

Each is set once and then given in five ways: with boxes, read clean, lightly and heavily wrong; as text only, column by
column; as text only with both columns of the heading run together, lightly wrong.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.local.samples.drawing import PAGE_SIZE
from services.ocr.description.page import DraftPage, WordRow
from tests.benchmarks.description.layout import Setting, Sheet
from tests.benchmarks.description.noise import CLEAN, HEAVY, LIGHT, Noise, misread

RESOURCES = Path(__file__).parents[2] / "resources" / "description"
FILES = ("documents.yaml", "fresh.yaml", "fresh_2.yaml", "fresh_3.yaml")
MOTTOES = {
    "republic": ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"),
    "democratic": ("VIỆT NAM DÂN CHỦ CỘNG HÒA", "Độc lập - Tự do - Hạnh phúc"),
    "party": ("ĐẢNG CỘNG SẢN VIỆT NAM",),
}
WHITE = 1.0
"""Heights of a line from which white divides paragraphs."""
FROZEN = {
    "held_out": "c058a3bcd2280c69bf69473e653644b3621790ec42ed41db3bbe21ec4e1213a5",
    "fresh": "6ef7e27be06cca49873c04e473875aa6c744f0868dd43a52c0b1f823d1b18eb7",
    "fresh_2": "72d852aa1c13fe5a8489c578930258cb0db1b019b325f85c6f3de8d007552ac3",
    "fresh_3": "8efb1be20372f4f49de57f77155b86f33fe063a122bc8cd01f80359ff84fb7dc",
}
"""The digests of documents taken before they were first measured (first_measures.yaml)."""
BOTTOM_ROLES = ("publisher", "imprint")
WAYS: dict[str, Noise] = {
    "boxes": CLEAN,
    "boxes-light": LIGHT,
    "boxes-heavy": HEAVY,
    "text": CLEAN,
    "text-merged": LIGHT,
}


@dataclass(frozen=True)
class Case:
    """A document in one of the ways of WAYS, with its truth; `title` is the true title as it was read."""

    id: str
    kind: str
    way: str
    pages: tuple[DraftPage, ...]
    truth: dict[str, Any]


@cache
def contents(split: str) -> dict[str, Any]:
    """The file that holds the split, with the bodies its documents name."""
    files = (yaml.safe_load((RESOURCES / name).read_text("utf-8")) for name in FILES)
    return next(file for file in files if split in file)


def documents(split: str) -> Iterator[tuple[str, dict[str, Any], list[Sheet]]]:
    """Kind, description and set pages of each document of a split."""
    entries, bodies = contents(split)[split], contents(split)["bodies"]
    for entry in entries["administrative"]:
        yield "administrative", entry, [administrative(entry, bodies)]
    for entry in entries["books"]:
        yield "book", entry, title_page(entry, bodies)
    for entry in entries["others"]:
        yield entry["kind"], entry, title_page(entry, bodies)


def cases(split: str) -> Iterator[Case]:
    for kind, entry, sheets in documents(split):
        for way, noise in WAYS.items():
            chance = random.Random(f"{entry['id']}/{way}")
            pages = tuple(given(number, sheet, way, noise, chance) for number, sheet in enumerate(sheets, start=1))
            yield Case(entry["id"], kind, way, pages, truth_of(kind, entry))


def digest(split: str) -> str:
    """SHA-256 of the split's documents and truths: shows that a frozen split is what it was."""
    state = json.dumps([contents(split)[split], contents(split)["bodies"]], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(state.encode()).hexdigest()


def truth_of(kind: str, entry: dict[str, Any]) -> dict[str, Any]:
    truth = dict(entry["truth"])
    if kind == "administrative":
        truth.setdefault("title", entry.get("title"))
        truth.setdefault("signer", entry["signer"])
    return truth


def given(number: int, sheet: Sheet, way: str, noise: Noise, chance: random.Random) -> DraftPage:
    lines = [_misread(line, noise, chance) for line in sheet.lines]
    if way == "text":
        return DraftPage(number, "\n".join(by_columns(lines)))
    if way == "text-merged":
        return DraftPage(number, "\n".join(by_rows(lines)))
    slope = chance.uniform(-0.004, 0.004)
    placed = tuple(_tilted(word, slope) for line in lines for word in line.words)
    return DraftPage(number, "\n".join(by_columns(lines)), placed)


def _misread(line: Setting, noise: Noise, chance: random.Random) -> Setting:
    read = tuple(word._replace(text=misread(word.text, noise, chance)) for word in line.words)
    return Setting(read, line.font, line.column, line.band)


def _tilted(word: WordRow, slope: float) -> WordRow:
    """A page never lies quite straight."""
    return word._replace(y=max(0, round(word.y + slope * (word.x - PAGE_SIZE[0] / 2))))


def by_columns(lines: list[Setting]) -> Iterator[str]:
    """The left column of a heading before its right one, and an empty line where white stands, as most engines read."""
    waiting: list[Setting] = []
    bottom = 0.0
    for index, line in enumerate(lines):
        if line.column == 1:
            waiting.append(line)
            continue
        if waiting and not any(other.column == 1 for other in lines[index : index + 3]):
            yield from ["", *map(_text, waiting), ""]
            waiting = []
        if line.words[0].y - bottom > WHITE * line.font.size:
            yield ""
        bottom = line.words[0].y + line.font.size
        yield _text(line)
    yield from ["", *map(_text, waiting)]


def by_rows(lines: list[Setting]) -> Iterator[str]:
    for band in dict.fromkeys(line.band for line in lines):
        yield " ".join(_text(line) for line in lines if line.band == band)


def _text(line: Setting) -> str:
    return " ".join(word.text for word in line.words)


def administrative(entry: dict[str, Any], bodies: dict[str, list[str]]) -> Sheet:
    """Phụ lục I of Nghị định 30/2020/NĐ-CP: heading in two columns, type, subject, text, receivers and signature."""
    chance = random.Random(entry["id"])
    sheet = Sheet(family=chance.choice(["DejaVuSerif", "DejaVuSans"]))
    middle = chance.randint(1000, 1080)
    _heading(sheet, entry, chance.choice([8.5, 9]), middle)
    sheet.space(1)
    if "type" in entry:
        sheet.centred(entry["type"], 13, bold=True)
        sheet.centred(entry["title"], 11.5, bold=True, left=480, right=2000)
        sheet.space(0.8)
    for line in entry.get("after", []):
        sheet.centred(line, 11, bold=True)
    if "to" in entry:
        sheet.space(0.5)
        sheet.centred(entry["to"], 11)
        sheet.space(0.5)
    for name in entry["body"]:
        for paragraph in bodies[name]:
            sheet.paragraph(paragraph)
    if "foot_date" in entry:
        sheet.side_by_side([], [entry["foot_date"]], 10, middle=1300, bold=False)
    receivers = ["Nơi nhận:", "- Như trên;", "- Lưu: VT."]
    sheet.space(0.6)
    sheet.side_by_side(receivers, entry["sign"], 9, middle=1300)
    sheet.space(3)
    sheet.side_by_side([], [entry["signer"]], 10, middle=1300)
    return sheet


def _heading(sheet: Sheet, entry: dict[str, Any], points: float, middle: int) -> None:
    body = [*entry.get("above", []), *entry["issuer_lines"]]
    motto = entry.get("motto_lines") or MOTTOES[entry.get("motto", "republic")]
    dated = [entry["place_date"]] if "place_date" in entry else []
    sheet.side_by_side(body, motto, points, middle=middle)
    sheet.space(0.5)
    sheet.side_by_side([entry["number"]], dated, points + 0.5, middle=middle, bold=False)
    for part in _halves(entry["about"]) if "about" in entry else ():
        sheet.side_by_side([part], [], points, middle=middle, bold=False)


def _halves(text: str) -> tuple[str, str]:
    """A subject of a letter is set on two lines of the narrow left column."""
    parts = text.split()
    return " ".join(parts[: len(parts) // 2]), " ".join(parts[len(parts) // 2 :])


def title_page(entry: dict[str, Any], bodies: dict[str, list[str]]) -> list[Sheet]:
    sheet = Sheet(y=400)
    bottom = False
    for role, points, text in entry["lines"]:
        if role == "body":
            for paragraph in bodies[text]:
                sheet.paragraph(paragraph)
            continue
        if role in BOTTOM_ROLES and not bottom:
            bottom, sheet.y = True, 2900
        sheet.centred(text, points, bold=role == "title")
        sheet.space(0 if role in {"title", "verse", *BOTTOM_ROLES} else 1.5)
    return [sheet, *([cip_page(entry["cip"])] if "cip" in entry else [])]


def cip_page(lines: list[str]) -> Sheet:
    """The verso with the national library's cataloguing in publication."""
    sheet = Sheet(y=2400)
    for line in lines:
        sheet.paragraph(line, 9)
    return sheet
