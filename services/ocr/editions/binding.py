"""A document's PDF part by part: by a press for whoever has the pages on disk, by a binder from what is stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
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

Part = Sequence[PdfPage]


class Press:
    """Makes PDFs in a subprocess of its own, whose time and memory are limited. Close it in the end.

    seconds: for a part of PAGES_A_PART pages, and for joining all parts.
    """

    def __init__(self, *, seconds: float, memory_bytes: int) -> None:
        self._enclosure = Enclosure(loads=join, workers=1, seconds=seconds, memory_bytes=memory_bytes)

    async def bind(self, parts: AsyncIterator[Part], about: About, target: Path) -> None:
        """Write the PDF. A part's files are needed until the next is asked for.

        Raises a DocumentFault where an image breaks it.
        """
        with TemporaryDirectory(dir=target.parent, prefix="binding-") as folder:
            bound: list[Path] = []
            async for part in parts:
                bound.append(Path(folder) / f"{len(bound):06}.pdf")
                await self._enclosure.run(bind_part, part, bound[-1])
            await self._enclosure.run(join, bound, about, target)

    def close(self) -> None:
        self._enclosure.close()


class Binder:
    """Binds what lies in the object store, and stores the PDF."""

    def __init__(self, objects: Objects, press: Press) -> None:
        self._objects = objects
        self._press = press

    async def bind(self, document: Document, pages: Sequence[Document], readings: Mapping[str, Document]) -> ObjectRef:
        """Make and store the PDF. Raises a DocumentFault where a page's image breaks it, ObjectMissing."""
        with TemporaryDirectory(prefix="document-") as folder:
            target = Path(folder) / "document.pdf"
            async with aclosing(self._fetched(pages, readings)) as parts:
                await self._press.bind(parts, about_of(document, readings), target)
            return await self._objects.put_named_file(f"documents/{document['_id']}/pdf", target, "application/pdf")

    async def _fetched(self, pages: Sequence[Document], readings: Mapping[str, Document]) -> AsyncGenerator[Part, None]:
        for start in range(0, len(pages), PAGES_A_PART):
            with TemporaryDirectory(prefix="pages-") as folder:
                part = pages[start : start + PAGES_A_PART]
                yield [await self._fetch(readings.get(page["reading"]), page, Path(folder)) for page in part]

    async def _fetch(self, reading: Document | None, page: Document, folder: Path) -> PdfPage:
        if reading is None:
            return BLANK
        image, alto = (ObjectRef.model_validate(reading[name]) for name in ("facsimile", "alto"))
        facsimile = folder / f"{page['number']}.{SUFFIXES[image.media_type]}"
        text = folder / f"{page['number']}.xml"
        await self._objects.fetch(image.key, facsimile)
        await self._objects.fetch(alto.key, text)
        return PdfPage(reading["width"], reading["height"], reading["dpi"], facsimile, text)


def about_of(document: Document, readings: Mapping[str, Document]) -> About:
    metadata = document["metadata"]
    return About(
        title=metadata["title"],
        creators=tuple(metadata["creators"]),
        language=metadata["language"],
        at=newest_reading(readings)["read_at"],
    )
