"""Writes PDFs that hold text, as word processors do."""

import ctypes
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

A4 = (595, 842)
LEFT, TOP, LEADING, POINTS = 60, 780, 18, 11.0
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")


def text_pdf(path: Path, shown: Sequence[str], said: Sequence[str] | None = None) -> Path:
    """One A4 page that shows some lines; where `said` is given, that is what its text is and the other only drawn."""
    document = pdfium.PdfDocument.new()
    page = document.new_page(*A4)
    content = FONT.read_bytes()
    buffer = (ctypes.c_uint8 * len(content)).from_buffer_copy(content)
    font = raw.FPDFText_LoadFont(document, buffer, len(content), raw.FPDF_FONT_TRUETYPE, 1)
    if said is None:
        write(document, page, font, shown, raw.FPDF_TEXTRENDERMODE_FILL)
    else:
        draw(document, page, shown)
        write(document, page, font, said, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
    raw.FPDFPage_GenerateContent(page)
    document.save(path)
    return path


def write(document: pdfium.PdfDocument, page: pdfium.PdfPage, font: object, lines: Sequence[str], mode: int) -> None:
    for number, line in enumerate(lines):
        text = raw.FPDFPageObj_CreateTextObj(document, font, POINTS)
        encoded = (line + "\0").encode("utf-16-le")
        raw.FPDFText_SetText(text, (ctypes.c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded))
        raw.FPDFTextObj_SetTextRenderMode(text, mode)
        raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, LEFT, TOP - number * LEADING)
        raw.FPDFPage_InsertObject(page, text)


def draw(document: pdfium.PdfDocument, page: pdfium.PdfPage, lines: Sequence[str]) -> None:
    """The lines as a picture, such as a scan is."""
    from PIL import Image, ImageDraw

    from deploy.local.samples.drawing import load_font

    scale = 300 / 72
    picture = Image.new("L", (round(A4[0] * scale), round(A4[1] * scale)), 255)
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        place = (LEFT * scale, (A4[1] - TOP + number * LEADING) * scale)
        pen.text(place, line, fill=20, font=load_font("DejaVuSerif", POINTS), anchor="ls")
    image = pdfium.PdfImage.new(document)
    image.set_bitmap(pdfium.PdfBitmap.from_pil(picture))
    image.set_matrix(pdfium.PdfMatrix().scale(*A4))
    page.insert_obj(image)
