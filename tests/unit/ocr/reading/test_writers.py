"""hOCR and ALTO: every word once, in reading order, each part of the page marked with its kind."""

import os
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lxml import etree

from services.ocr.reading.writers import ALTO, XHTML, alto, hocr
from tests.unit.ocr.readings import reading_of

ALTO_SCHEMA = Path(os.environ.get("ALTO_SCHEMA", Path(__file__).parents[5] / "shared" / "alto-4-4.xsd"))
XLINK = """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xlink">
<xsd:attributeGroup name="simpleLink"/></xsd:schema>"""
LETTER = (
    ("national-motto", "CỘNG HÒA XÃ HỘI"),
    ("heading", "Kế hoạch <số> & bảng"),
    ("paragraph", "Căn cứ Luật Thư viện"),
    ("page-number", "2"),
)


def test_each_part_is_marked_with_its_kind() -> None:
    page = ET.fromstring(hocr(reading_of(*LETTER), 7))
    areas = [element for element in page.iter(f"{{{XHTML}}}div") if element.get("class") == "ocr_carea"]
    assert [area.get("data-kind") for area in areas] == [kind for kind, _ in LETTER]
    (section,) = page.iterfind(f".//{{{XHTML}}}div[@class='ocr_section']")
    assert "".join(section.itertext()).split() == LETTER[1][1].split()
    blocks = list(ET.fromstring(alto(reading_of(*LETTER), 7)).iter(f"{{{ALTO}}}TextBlock"))
    assert [block.get("TAGREFS") for block in blocks] == [f"kind_{kind}" for kind, _ in LETTER]


def test_without_a_layout_the_engines_blocks_are_the_areas() -> None:
    reading = reading_of(*LETTER).model_copy(update={"regions": ()})
    blocks = list(ET.fromstring(alto(reading, 1)).iter(f"{{{ALTO}}}TextBlock"))
    assert [block.get("TAGREFS") for block in blocks] == [None] * len(LETTER)


def test_names_within_a_page_are_unique_also_where_regions_share_a_line() -> None:
    reading = reading_of(("issuing-body", "ỦY BAN NHÂN DÂN"), ("national-motto", "CỘNG HÒA"))
    words = tuple(word.model_copy(update={"line": 1}) for word in reading.words)
    shared = reading.model_copy(update={"words": words})
    for written, name in ((hocr(shared, 1), "id"), (alto(shared, 1), "ID")):
        names = [element.get(name) for element in ET.fromstring(written).iter() if element.get(name)]
        assert len(names) == len(set(names))
    strings = [element.get("CONTENT") for element in ET.fromstring(alto(shared, 1)).iter(f"{{{ALTO}}}String")]
    assert strings == [word.text for word in words]


def test_boxes_of_lines_and_areas_hold_their_words() -> None:
    root = ET.fromstring(alto(reading_of(*LETTER), 1))
    for parent, within in pairwise(("TextBlock", "TextLine", "String")):
        for outer in root.iter(f"{{{ALTO}}}{parent}"):
            left, top, right, bottom = edges(outer)
            for inner in outer.iter(f"{{{ALTO}}}{within}"):
                x, y, far, low = edges(inner)
                assert left <= x < far <= right
                assert top <= y < low <= bottom


def edges(element: ET.Element) -> tuple[int, int, int, int]:
    x, y, width, height = (int(element.attrib[name]) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    return x, y, x + width, y + height


@pytest.mark.parametrize("parts", [LETTER, ()])
def test_alto_is_valid_by_its_schema(tmp_path: Path, parts: tuple[tuple[str, str], ...]) -> None:
    if not ALTO_SCHEMA.is_file():
        pytest.skip(f"the schema of the Library of Congress is not at {ALTO_SCHEMA}: set ALTO_SCHEMA to alto-4-4.xsd")
    (tmp_path / "xlink.xsd").write_text(XLINK)
    text = ALTO_SCHEMA.read_text("utf-8").replace("http://www.loc.gov/standards/xlink/xlink.xsd", "xlink.xsd")
    (tmp_path / "alto.xsd").write_text(text, "utf-8")
    schema = etree.XMLSchema(etree.parse(tmp_path / "alto.xsd"))
    schema.assertValid(etree.fromstring(alto(reading_of(*parts), 3)))
