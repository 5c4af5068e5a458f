"""A document's PDF from what is stored of its pages: fetched, bound and joined part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from services.ocr.editions.edition import newest_reading
from services.ocr.editions.pdf import About, PdfPage, bind_part, join
from shared.events.vocabulary import ObjectRef
from shared.imaging.enclosure import Enclosure
from shared.store.mongo import Document
from shared.store.objects import Objects

PAGES_A_PART = 25
BLANK = PdfPage(width=2480, height=3508, dpi=300)
"""A page that could not be read: A4, so that the others keep their numbers."""
SUFFIXES = {"image/jpeg": "jpg", "image/tiff": "tif"}


class Binder:
    """Makes PDFs in a subprocess of its own, whose time and memory are limited. Close it in the end.

    seconds: for a part of PAGES_A_PART pages, and for joining all parts.
    """

    def __init__(self, objects: Objects, *, seconds: float, memory_bytes: int) -> None:
        self._objects = objects
        self._enclosure = Enclosure(loads=join, workers=1, seconds=seconds, memory_bytes=memory_bytes)

    async def bind(self, document: Document, pages: Sequence[Document], readings: Mapping[str, Document]) -> ObjectRef:
        """Make and store the PDF. Raises a DocumentFault where a page's image breaks it, ObjectMissing."""
        with TemporaryDirectory(prefix="binding-") as name:
            folder = Path(name)
            parts = [
                await self._part(pages[start : start + PAGES_A_PART], readings, folder / f"{start:06}.pdf")
                for start in range(0, len(pages), PAGES_A_PART)
            ]
            target = folder / "document.pdf"
            await self._enclosure.run(join, parts, about_of(document, readings), target)
            return await self._objects.put_named_file(f"documents/{document['_id']}/pdf", target, "application/pdf")

    async def _part(self, pages: Sequence[Document], readings: Mapping[str, Document], target: Path) -> Path:
        with TemporaryDirectory(dir=target.parent) as folder:
            fetched = [await self._fetch(readings.get(page["reading"]), page, Path(folder)) for page in pages]
            await self._enclosure.run(bind_part, fetched, target)
        return target

    async def _fetch(self, reading: Document | None, page: Document, folder: Path) -> PdfPage:
        if reading is None:
            return BLANK
        image, alto = (ObjectRef.model_validate(reading[name]) for name in ("facsimile", "alto"))
        facsimile = folder / f"{page['number']}.{SUFFIXES[image.media_type]}"
        text = folder / f"{page['number']}.xml"
        await self._objects.fetch(image.key, facsimile)
        await self._objects.fetch(alto.key, text)
        return PdfPage(reading["width"], reading["height"], reading["dpi"], facsimile, text)

    def close(self) -> None:
        self._enclosure.close()


def about_of(document: Document, readings: Mapping[str, Document]) -> About:
    metadata = document["metadata"]
    return About(
        title=metadata["title"],
        creators=tuple(metadata["creators"]),
        language=metadata["language"],
        at=newest_reading(readings)["read_at"],
    )
