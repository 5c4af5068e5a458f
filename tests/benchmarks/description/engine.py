"""The generated documents drawn, read by the engine, and described: the draft from scan to field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.samples.render import encoded
from services.ocr.description.page import DraftPage
from services.ocr.reading.pool import read_page
from shared.imaging.shapes import Limits
from tests.benchmarks.description.generator import Case, documents, truth_of
from tests.benchmarks.description.layout import Sheet, image_of

WAY = "engine"


def read_cases(split: str) -> Iterator[Case]:
    """Every document of the split as the engine reads it; about a second a page."""
    with TemporaryDirectory(prefix="description-") as folder:
        for kind, entry, sheets in documents(split):
            pages = tuple(_read(number, sheet, Path(folder)) for number, sheet in enumerate(sheets, start=1))
            yield Case(entry["id"], kind, WAY, pages, truth_of(kind, entry))


def _read(number: int, sheet: Sheet, folder: Path) -> DraftPage:
    file = folder / "page.png"
    file.write_bytes(encoded(image_of(sheet), "PNG"))
    return DraftPage.of_reading(number, read_page(file, "image/png", 1, Limits()).reading)
