"""A book that is quick to read, with one page that no reading process ever gets through."""

from __future__ import annotations

import io
from pathlib import Path

import img2pdf
import pikepdf

from deploy.local.samples.drawing import PAGE_SIZE, draw_page
from deploy.local.samples.render import PDF, Sample, all_sentences, encoded
from shared.events.vocabulary import DocumentMetadata
from tests.resources.hostile_pdf import shading_storm

STRIP_HEIGHT = 640
"""Of a page at 300 dpi: a heading and three lines, 1-bit. Full pages would only take more of the same time."""


def book(folder: Path, library: str, pages: int, seed: int) -> tuple[Sample, int]:
    """A PDF of so many strips, and the number of the poison page in its middle.

    The poison page passes every check at the door, for it is small and well made; to draw it takes hours.
    """
    poison = pages // 2
    with pikepdf.open(io.BytesIO(_strips(pages - 1, seed))) as document:
        with pikepdf.open(io.BytesIO(shading_storm())) as hostile:
            document.pages.insert(poison - 1, hostile.pages[0])
        path = folder / f"sach-{seed}.pdf"
        document.save(path)
    return Sample("book", "book", library, path, PDF, DocumentMetadata(title=f"Sách {pages} tờ"), ("",) * pages), poison


def single_page(folder: Path, library: str, name: str) -> Sample:
    """A document of one strip."""
    path = folder / f"{name}.png"
    path.write_bytes(_strip(f"Tờ lẻ {name}", "Tờ này của người khác, không phải đợi sách."))
    return Sample(name, "clean", library, path, "image/png", DocumentMetadata(title=f"Tờ lẻ {name}"), ("",))


def _strips(count: int, seed: int) -> bytes:
    sentences = all_sentences()
    strips = [_strip(f"Tờ số {number}", sentences[(seed + number) % len(sentences)]) for number in range(1, count + 1)]
    content: bytes = img2pdf.convert(strips, nodate=True, engine=img2pdf.Engine.internal)
    return content


def _strip(heading: str, text: str) -> bytes:
    page = draw_page(f"{heading}\n\n{text}", points=14).crop((0, 0, PAGE_SIZE[0], STRIP_HEIGHT))
    return encoded(page.convert("1"), "PNG")
