"""A page's reading and image in the formats others read: hOCR 1.2, ALTO 4, JPEG."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, groupby
from xml.etree import ElementTree as ET

from services.ocr.reading.engine import PageReading, Word

ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
XHTML = "http://www.w3.org/1999/xhtml"
XHTML_DOCTYPE = (
    b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"'
    b' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)
WEB_QUALITY = 80
COLOURED = 24
"""Distance between a pixel's channels from which it counts as coloured; yellowed paper is more than this."""

CAPABILITIES = "ocr_page ocr_carea ocr_header ocr_pageno ocr_section ocr_table ocr_line ocrx_word"
HOCR_CLASSES = {
    "heading": "ocr_section",
    "running-head": "ocr_header",
    "page-number": "ocr_pageno",
    "table": "ocr_table",
}
"""The regions that hOCR 1.2 has a class for; all are areas (ocr_carea) and say their kind in `data-kind`."""

Box = tuple[int, int, int, int]

ET.register_namespace("", XHTML)
ET.register_namespace("alto", ALTO)


@dataclass(frozen=True, slots=True)
class Area:
    """Words that belong together on the page. number: from 1; kind: of the region, None where none was made out."""

    number: int
    kind: str | None
    words: list[Word]


def areas(reading: PageReading) -> Iterator[Area]:
    """The regions of a page in reading order; where there are none, the engine's blocks."""
    if not reading.regions:
        for block, words in by_block(reading.words):
            yield Area(block, None, words)
    for number, region in enumerate(reading.regions, start=1):
        if region.words:
            yield Area(number, region.kind, [reading.words[place] for place in region.words])


def hocr(reading: PageReading, number: int) -> bytes:
    """The reading as hOCR 1.2, XHTML in UTF-8: ocr_page > ocr_carea > ocr_line > ocrx_word."""
    html = ET.Element(f"{{{XHTML}}}html", {"lang": "vi"})
    head = ET.SubElement(html, f"{{{XHTML}}}head")
    ET.SubElement(head, f"{{{XHTML}}}title")
    system = f"{reading.engine} {reading.engine_version} {reading.model}"
    for name, content in (("ocr-system", system), ("ocr-capabilities", CAPABILITIES)):
        ET.SubElement(head, f"{{{XHTML}}}meta", {"name": name, "content": content})
    body = ET.SubElement(html, f"{{{XHTML}}}body")
    size = f"bbox 0 0 {reading.width} {reading.height}; ppageno {number - 1}; scan_res {reading.dpi} {reading.dpi}"
    page = hocr_element(body, "div", "ocr_page", f"page_{number}", size)
    lines = count(1)
    for area in areas(reading):
        block = hocr_area(page, area, number)
        for words in by_line(area.words):
            line = f"{number}_{next(lines)}"
            row = hocr_element(block, "span", "ocr_line", f"line_{line}", hocr_box(words))
            for index, word in enumerate(words, start=1):
                title = f"{hocr_box([word])}; x_wconf {word.confidence:.0f}"
                element = hocr_element(row, "span", "ocrx_word", f"word_{line}_{index}", title)
                element.text, element.tail = word.text, " "
    return XHTML_DOCTYPE + bytes(ET.tostring(html, encoding="utf-8"))


def hocr_area(page: ET.Element, area: Area, number: int) -> ET.Element:
    """The area's element, inside one of its logical class where hOCR has that."""
    box, identity = hocr_box(area.words), f"{number}_{area.number}"
    logical = HOCR_CLASSES.get(area.kind or "")
    parent = page if logical is None else hocr_element(page, "div", logical, f"part_{identity}", box)
    block = hocr_element(parent, "div", "ocr_carea", f"block_{identity}", box)
    if area.kind:
        block.set("data-kind", area.kind)
    return block


def hocr_element(parent: ET.Element, tag: str, kind: str, identity: str, title: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{XHTML}}}{tag}", {"class": kind, "id": identity, "title": title})


def hocr_box(words: list[Word]) -> str:
    x, y, width, height = bounds(words)
    return f"bbox {x} {y} {x + width} {y + height}"


def alto(reading: PageReading, number: int) -> bytes:
    """The reading as ALTO 4.4 in UTF-8, boxes in pixels of the page's image."""
    root = ET.Element(f"{{{ALTO}}}alto", {"SCHEMAVERSION": "4.4"})
    description = child(root, "Description")
    child(description, "MeasurementUnit").text = "pixel"
    processing = child(description, "Processing", ID="ocr")
    child(
        processing, "processingStepSettings"
    ).text = f"model {reading.model}; {', '.join(reading.steps) or 'as it is'}"
    software = child(processing, "processingSoftware")
    child(software, "softwareName").text = reading.engine
    child(software, "softwareVersion").text = reading.engine_version
    kinds = sorted({area.kind for area in areas(reading) if area.kind})
    if kinds:
        tags = child(root, "Tags")
        for kind in kinds:
            child(tags, "StructureTag", ID=f"kind_{kind}", TYPE="region", LABEL=kind)
    page_size = {"WIDTH": str(reading.width), "HEIGHT": str(reading.height)}
    page = child(child(root, "Layout"), "Page", ID=f"page_{number}", PHYSICAL_IMG_NR=str(number), **page_size)
    space = child(page, "PrintSpace", HPOS="0", VPOS="0", **page_size)
    lines = count(1)
    for area in areas(reading):
        tag = {"TAGREFS": f"kind_{area.kind}"} if area.kind else {}
        block = child(space, "TextBlock", ID=f"block_{number}_{area.number}", **alto_box(area.words), **tag)
        for words in by_line(area.words):
            row = child(block, "TextLine", ID=f"line_{number}_{next(lines)}", **alto_box(words))
            for index, word in enumerate(words):
                if index:
                    child(row, "SP")
                certainty = f"{word.confidence / 100:.2f}"
                child(row, "String", CONTENT=word.text, WC=certainty, **alto_box([word]))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def child(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{ALTO}}}{tag}", attributes)


def alto_box(words: list[Word]) -> dict[str, str]:
    x, y, width, height = bounds(words)
    return {"HPOS": str(x), "VPOS": str(y), "WIDTH": str(width), "HEIGHT": str(height)}


def by_block(words: tuple[Word, ...]) -> list[tuple[int, list[Word]]]:
    return [(block, list(members)) for block, members in groupby(words, key=lambda word: word.block)]


def by_line(words: list[Word]) -> list[list[Word]]:
    return [list(members) for _, members in groupby(words, key=lambda word: word.line)]


def bounds(words: list[Word]) -> Box:
    """x, y, width, height around all of them."""
    x, y = min(word.x for word in words), min(word.y for word in words)
    return x, y, max(word.x + word.width for word in words) - x, max(word.y + word.height for word in words) - y
