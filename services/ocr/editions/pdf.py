"""A document as PDF/A-2b: page images over an invisible text, so that it can be searched and copied from.

Pages are bound in small parts on disk and joined from there: memory does not grow with the book. Runs in a subprocess.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import img2pdf
import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import ImageCms

from services.ocr.reading.writers import ALTO

POINTS_PER_INCH = 72
SMALLEST_PAGE, LARGEST_PAGE = 3, 14_400
"""Points; ISO 19005-2, 6.1.13."""
ADVANCE = 0.5
"""Width of every character of the font without ink, in ems."""
DESCENT = 0.2
PRODUCER = "lienthong"


@dataclass(frozen=True, slots=True)
class PdfPage:
    """A page to bind. width and height in pixels of the page's image, as in its ALTO.

    facsimile: JPEG or TIFF of CCITT group 4, of any resolution; None for a blank page. alto: its text.
    """

    width: int
    height: int
    dpi: int
    facsimile: Path | None = None
    alto: Path | None = None

    @property
    def size(self) -> tuple[float, float]:
        """In points."""
        scale = POINTS_PER_INCH / self.dpi
        scale *= min(1.0, LARGEST_PAGE / (scale * max(self.width, self.height)))
        return max(SMALLEST_PAGE, self.width * scale), max(SMALLEST_PAGE, self.height * scale)


@dataclass(frozen=True, slots=True)
class About:
    """What the file says of itself. at: when the newest of its pages was read; the same pages give the same bytes."""

    title: str
    creators: tuple[str, ...]
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A word and the room it takes: pixels from the top left."""

    text: str
    x: float
    y: float
    width: float
    height: float


def bind_part(pages: Sequence[PdfPage], target: Path) -> None:
    """Some pages as a PDF that `join` completes."""
    with _images(pages) as pdf:
        for number, page in enumerate(pages):
            if page.facsimile is None:
                blank = Dictionary(Type=Name.Page, Resources=Dictionary())
                pdf.pages.insert(number, pikepdf.Page(pdf.make_indirect(blank)))
            _lay_text(pdf, pdf.pages[number], page)
        pdf.save(target)


def join(parts: Sequence[Path], about: About, target: Path) -> None:
    """All parts as one PDF/A-2b, read from disk as it is written."""
    joined = target.with_suffix(".joined")
    # pikepdf itself would copy every page into memory.
    pages = [{"file": str(part), "range": "1-z"} for part in parts]
    pikepdf.Job({"empty": "", "pages": pages, "outputFile": str(joined)}).run()
    with Pdf.open(joined, access_mode=pikepdf.AccessMode.stream) as book:
        font = book.make_indirect(_font(book))
        for page in book.pages:
            page.obj.Resources.Font = Dictionary(F0=font)
        _describe(book, about)
        book.save(target, min_version="1.7", linearize=True, deterministic_id=True)
    joined.unlink()


def _images(pages: Sequence[PdfPage]) -> Pdf:
    """A page for each image, its data as they are."""
    files = [str(page.facsimile) for page in pages if page.facsimile]
    if not files:
        return Pdf.new()
    any_size = img2pdf.get_fixed_dpi_layout_fun((600, 600))  # the pages get their own sizes afterwards
    return Pdf.open(BytesIO(img2pdf.convert(files, engine=img2pdf.Engine.pikepdf, layout_fun=any_size)))


def _lay_text(pdf: Pdf, sheet: pikepdf.Page, page: PdfPage) -> None:
    width, height = page.size
    sheet.mediabox = Array([0, 0, round(width, 2), round(height, 2)])
    content = f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Im0 Do Q\n" if page.facsimile else ""
    if page.alto:
        content += "\n".join(_text_operators(page.alto.read_bytes(), page))
    sheet.obj.Contents = Stream(pdf, content.encode("ascii"))


def _text_operators(alto: bytes, page: PdfPage) -> Iterator[str]:
    """Text that is not shown (rendering mode 3), each word as wide as it stands on the page."""
    width, height = page.size
    across, down = width / page.width, height / page.height
    yield "BT 3 Tr"
    for word in placed_words(alto):
        size = max(1.0, word.height * down)
        units = word.text.encode("utf-16-be")
        stretch = 100 * max(0.1, word.width * across) / (len(units) / 2 * ADVANCE * size)
        x, y = word.x * across, height - (word.y + word.height) * down + DESCENT * size
        yield f"/F0 {size:.2f} Tf {stretch:.2f} Tz 1 0 0 1 {x:.2f} {y:.2f} Tm <{units.hex()}> Tj"
    yield "ET"


def placed_words(alto: bytes) -> Iterator[PlacedText]:
    """The words of an ALTO page in its order; all but the last of a line reach to the next, with a space."""
    for line in ET.fromstring(alto).iter(f"{{{ALTO}}}TextLine"):  # noqa: S314 - this service wrote it
        _, y, _, height = _box(line)
        strings = list(line.iter(f"{{{ALTO}}}String"))
        for string, after in zip(strings, [*strings[1:], None], strict=True):
            x, _, width, _ = _box(string)
            text = unicodedata.normalize("NFC", string.get("CONTENT", ""))
            if after is not None and (far := _box(after)[0]) > x:
                text, width = text + " ", far - x
            if text:
                yield PlacedText(text, x, y, width, height)


def _box(element: ET.Element) -> tuple[float, float, float, float]:
    left, top, width, height = (float(element.get(name, 0)) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    return left, top, width, height


def _describe(book: Pdf, about: About) -> None:
    """Metadata, colours and identification that PDF/A asks for (ISO 19005-2, 6.2.3, 6.6)."""
    book.Root.Lang = about.language
    profile = Stream(book, _srgb(), N=3, Alternate=Name.DeviceRGB)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier="sRGB",
        Info="sRGB",
        DestOutputProfile=book.make_indirect(profile),
    )
    book.Root.OutputIntents = Array([intent])
    with book.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = about.title
        if about.creators:
            metadata["dc:creator"] = list(about.creators)
        metadata["dc:language"] = {about.language}
        metadata["pdf:Producer"] = PRODUCER
        metadata["xmp:CreateDate"] = metadata["xmp:ModifyDate"] = about.at.isoformat(timespec="seconds")
        metadata["pdfaid:part"] = "2"
        metadata["pdfaid:conformance"] = "B"


@cache
def _srgb() -> bytes:
    """An sRGB profile, its date left out: the same bytes each time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07ce 0001 0001 0000 0000 0000")  # ICC.1, 7.2.8: 1998-01-01
    profile[84:100] = bytes(16)  # the profile's id, a checksum that may be left out (7.2.18)
    return bytes(profile)


def _font(book: Pdf) -> Dictionary:
    """A font for text that is not shown: every UTF-16 unit is a glyph without ink, and means itself."""
    name = Name("/Inkless")
    file = Stream(book, _inkless_font())
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=4,
        FontBBox=[0, -200, 500, 800],
        ItalicAngle=0,
        Ascent=800,
        Descent=-200,
        CapHeight=800,
        StemV=80,
        FontFile2=book.make_indirect(file),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        DW=round(1000 * ADVANCE),
        FontDescriptor=book.make_indirect(descriptor),
        CIDToGIDMap=book.make_indirect(Stream(book, b"\x00\x01" * 65_536)),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=name,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([book.make_indirect(descendant)]),
        ToUnicode=book.make_indirect(Stream(book, _to_unicode())),
    )


@cache
def _inkless_font() -> bytes:
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "blank"])
    builder.setupCharacterMap({0x20: "blank"})
    builder.setupGlyf({".notdef": Glyph(), "blank": Glyph()})
    advance = round(1000 * ADVANCE)
    builder.setupHorizontalMetrics({".notdef": (advance, 0), "blank": (advance, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Inkless", "styleName": "Regular", "psName": "Inkless"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    builder.setupPost()
    builder.updateHead(created=0, modified=0)
    file = BytesIO()
    builder.font.recalcTimestamp = False
    builder.save(file)
    return file.getvalue()


@cache
def _to_unicode() -> bytes:
    """The CMap that maps each code to itself; a range may not leave its first byte, a block hold more than 100."""
    ranges = [f"<{high:02x}00> <{high:02x}ff> <{high:02x}00>" for high in range(256)]
    blocks = [ranges[start : start + 100] for start in range(0, 256, 100)]
    body = "\n".join(f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{body}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode("ascii")
