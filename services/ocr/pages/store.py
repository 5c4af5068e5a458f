"""What is kept of a reading in the object store, under a name of its own: stored before anything refers to it."""

from __future__ import annotations

import orjson

from services.ocr.editions.images import PageImages
from services.ocr.reading.engine import PageReading
from services.ocr.reading.writers import alto, hocr
from shared.events.vocabulary import ObjectRef
from shared.store.mongo import Document
from shared.store.objects import Objects

FILES = ("words", "hocr", "alto", "image", "thumbnail", "facsimile", "tiles")
SUFFIXES = {"image/jpeg": "facsimile.jpg", "image/tiff": "facsimile.tif"}


def base_of(document: str, number: int, reading: str) -> str:
    """Where a reading's files lie; `reading` is the last part of its id."""
    return f"documents/{document}/pages/{number:04d}/{reading}"


async def keep_layouts(objects: Objects, base: str, reading: PageReading, number: int) -> Document:
    """Store word boxes, hOCR and ALTO; the fields of the reading's row that refer to them."""
    words = [[word.text, word.x, word.y, word.width, word.height, word.confidence] for word in reading.words]
    stored = {
        "words": await objects.put(f"{base}.words.json", orjson.dumps(words), "application/json"),
        "hocr": await objects.put(f"{base}.hocr", hocr(reading, number), "application/xhtml+xml"),
        "alto": await objects.put(f"{base}.alto.xml", alto(reading, number), "application/xml"),
    }
    return {name: reference.model_dump() for name, reference in stored.items()}


async def keep_images(objects: Objects, base: str, images: PageImages) -> Document:
    """Store the page's images; the fields of the reading's row that refer to them."""
    facsimile = images.facsimile
    name = f"{base}.{SUFFIXES[facsimile.media_type]}"
    stored = {
        "image": await objects.put(f"{base}.jpg", images.web, "image/jpeg"),
        "thumbnail": await objects.put(f"{base}.thumbnail.jpg", images.thumbnail, "image/jpeg"),
        "facsimile": await objects.put(name, facsimile.body, facsimile.media_type),
        "tiles": await objects.put(f"{base}.tiles.tif", images.tiles, "image/tiff"),
    }
    return {name: reference.model_dump() for name, reference in stored.items()}


def files_of(reading: Document) -> list[ObjectRef]:
    """All that is kept of a reading in the object store, from its row."""
    return [ObjectRef.model_validate(reading[name]) for name in FILES if reading.get(name)]
