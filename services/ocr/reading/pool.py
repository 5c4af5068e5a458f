"""Reads pages in subprocesses: a page that hangs, crashes or eats memory fails alone."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import structlog

from services.ocr.editions.images import PageImages, images_of
from services.ocr.quality.capture import CaptureMeasures, measure_capture
from services.ocr.reading.embedded import read_embedded
from services.ocr.reading.engine import DEFAULT_MODEL, PageReading, missing_models, require_model
from services.ocr.reading.pages import render, uprighted
from services.ocr.reading.passes import read_image
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault, UnreadableImage
from shared.imaging.shapes import Limits, MediaType

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A reading, the page's images, and what its capture was like."""

    reading: PageReading
    images: PageImages
    capture: CaptureMeasures


class PageUnreadable(Exception):
    """This page cannot be read. `reason`: a stable code of shared/imaging/messages.yaml; `fault` explains it."""

    def __init__(self, number: int, fault: DocumentFault) -> None:
        super().__init__(f"page {number}: {fault}")
        self.number = number
        self.fault = fault
        self.reason = fault.reason


class ReadingPool:
    """workers: processes reading one page each at a time; the model is loaded once in each.

    seconds_per_page, memory_bytes: what one page may take (see Enclosure). Raises ModelMissing before any process
    starts: a worker that failed to start would only be started again.
    """

    def __init__(
        self,
        *,
        workers: int,
        seconds_per_page: float = 60,
        memory_bytes: int = 600_000_000,
        limits: Limits | None = None,
        model: str = DEFAULT_MODEL,
    ) -> None:
        require_model(model)
        for absent, package in missing_models().items():
            log.warning("model_missing", model=absent, package=package)
        self._limits = limits or Limits()
        self._model = model
        self._enclosure = Enclosure(
            loads=read_page, workers=workers, seconds=seconds_per_page, memory_bytes=memory_bytes
        )

    async def read(self, path: Path, media_type: MediaType, number: int) -> ReadPage:
        """Page `number` (from 1). Raises PageUnreadable; cancelling stops the work."""
        try:
            return await self._enclosure.run(read_page, path, media_type, number, self._limits, self._model)
        except DocumentFault as fault:
            raise PageUnreadable(number, fault) from fault

    def close(self) -> None:
        self._enclosure.close()


def read_page(path: Path, media_type: MediaType, number: int, limits: Limits, model: str = DEFAULT_MODEL) -> ReadPage:
    """Render, read, images for others, upright. Raises a DocumentFault."""
    image = render(path, media_type, number, limits)
    try:
        embedded = read_embedded(path, number, image, model) if media_type == "application/pdf" else None
        reading = embedded or read_image(image, limits, model)
        upright = uprighted(image, reading.turn)
        capture = measure_capture(upright.grey, round(image.shape.dpi * image.scale))
    except (RuntimeError, cv2.error) as error:
        raise UnreadableImage(page=number) from error
    as_it_came = path if media_type == "image/jpeg" and not reading.turn else None
    return ReadPage(reading, images_of(upright, as_it_came), capture)
