"""Hostile files through the door's own inspection and through the page renderer, in enclosures as in service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from services.ingest.documents.refusal import Refused
from services.ingest.packages.archive import PackageLimits
from services.ingest.packages.package import open_package
from services.ocr.reading.pages import render
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits, MediaType, PageShape
from shared.web.problems import Messages
from tests.resources.workers import most_held

SECONDS = 12.0
MEMORY_BYTES = 400_000_000
LIBRARIES_BYTES = 250_000_000
"""What a worker may hold beside what it may take: the interpreter and the imaging libraries, before any file."""
PACKAGE = PackageLimits(entries=500, bytes=20_000_000, file_bytes=4_000_000, xml_bytes=1_000_000)
TAKEN = "taken"
LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Outcome:
    """What became of one file; each of the three says `taken` or a reason's code.

    seconds: of the slowest of the three. most_bytes: resident, of a worker.
    """

    kind: str
    door: str
    package: str
    page: str
    seconds: float
    most_bytes: int


class Trial:
    """Puts files before the door and the renderer. Anything but a fault or a refusal is raised: the service's fault."""

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._messages = Messages("services.ingest", "shared.imaging")
        self._door = Enclosure(loads=open_package, workers=1, seconds=seconds, memory_bytes=MEMORY_BYTES)
        self._pages = Enclosure(loads=drawn, workers=1, seconds=seconds, memory_bytes=MEMORY_BYTES)
        self._count = 0
        self._most_bytes = 0

    async def put(self, kind: str, content: bytes) -> Outcome:
        self._count += 1
        path = self._folder / f"{self._count:05d}"
        path.write_bytes(content)
        self._most_bytes = 0
        async with self._watched():
            door, door_seconds = await self._ask(self._door, sniff_and_inspect, path, Limits())
            unpacked = path.with_suffix(".unpacked")
            package, package_seconds = await self._ask(self._door, open_package, path, unpacked, PACKAGE)
            page, page_seconds = await self._ask(self._pages, drawn, path, media_type(kind))
        path.unlink()
        seconds = max(door_seconds, package_seconds, page_seconds)
        return Outcome(kind, door, package, page, round(seconds, 2), self._most_bytes)

    def close(self) -> None:
        self._door.close()
        self._pages.close()

    async def _ask(self, enclosure: Enclosure, function: Callable[..., object], *args: Any) -> tuple[str, float]:
        started = time.monotonic()
        try:
            await enclosure.run(function, *args)
            reason = TAKEN
        except DocumentFault as fault:
            reason = self._told(fault.reason, fault.explain("vi"))
        except Refused as refused:
            reason = self._told(refused.reason, refused.explain(self._messages))
        return reason, time.monotonic() - started

    def _told(self, reason: str, text: str) -> str:
        """The reason, once it is sure that a librarian can be told it in Vietnamese."""
        assert not text.isascii(), (reason, text)
        return reason

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        yield
        watching.cancel()

    async def _watch(self) -> None:
        while True:
            self._most_bytes = max(self._most_bytes, most_held())
            await asyncio.sleep(LOOK_SECONDS)


def drawn(path: Path, media_type: MediaType) -> PageShape:
    """Page 1 as pixels, which stay where they are."""
    return render(path, media_type, 1, Limits()).shape


def media_type(kind: str) -> MediaType:
    """What the name of a kind says; an archive is put before the renderer as a PDF."""
    family = {"png": "png", "apng": "png", "jpeg": "jpeg", "tiff": "tiff", "bigtiff": "tiff"}.get(
        kind.partition("-")[0]
    )
    return cast("MediaType", f"image/{family}" if family else "application/pdf")
