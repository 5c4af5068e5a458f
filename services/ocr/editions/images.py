"""The images of a page: for lists, for browsers, for the PDF, for image servers. Runs inside the pool's workers."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pyvips
import yaml
from PIL import Image
from pydantic import BaseModel, ConfigDict

from services.ocr.reading.pages import PageImage, Pixels
from shared.imaging.inspection import open_image, orientation

ACHROMATIC_OR_RGB = frozenset({"L", "RGB"})


class Sized(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    side: int
    quality: int


class Facsimiles(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dpi: int
    quality: int
    kept_bytes_per_pixel: float


class Tiles(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dpi: int
    quality: int
    side: int


class ImageRules(BaseModel):
    """`images.yaml`: how large and how fine each image is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thumbnail: Sized
    web: Sized
    facsimile: Facsimiles
    tiles: Tiles
    coloured: int


@dataclass(frozen=True, slots=True)
class Facsimile:
    """The page as the PDF shows it."""

    body: bytes
    media_type: Literal["image/jpeg", "image/tiff"]
    """TIFF: one strip, CCITT group 4."""


@dataclass(frozen=True, slots=True)
class PageImages:
    """thumbnail, web: JPEG. tiles: pyramidal TIFF of JPEG tiles. All upright, of the whole page."""

    thumbnail: bytes
    web: bytes
    facsimile: Facsimile
    tiles: bytes


@cache
def rules() -> ImageRules:
    text = files("services.ocr.editions").joinpath("images.yaml").read_text(encoding="utf-8")
    return ImageRules.model_validate(yaml.safe_load(text))


def images_of(image: PageImage, jpeg: Path | None = None) -> PageImages:
    """All images of a page. jpeg: the file it came from, where that is one. Raises a DocumentFault for its header."""
    rule = rules()
    picture = image.picture if image.picture.ndim == 3 and is_coloured(image.picture) else image.grey
    dpi = image.shape.dpi * image.scale
    web = within(picture, rule.web.side)
    return PageImages(
        thumbnail=as_jpeg(within(web, rule.thumbnail.side), rule.thumbnail.quality),
        web=as_jpeg(web, rule.web.quality),
        facsimile=kept_facsimile(jpeg) or facsimile_of(picture, dpi),
        tiles=tiled(at_most(picture, dpi, rule.tiles.dpi)),
    )


def is_coloured(pixels: Pixels) -> bool:
    spread = np.ptp(pixels[::8, ::8], axis=2)
    return bool(np.percentile(spread, 99) > rules().coloured)


def kept_facsimile(jpeg: Path | None) -> Facsimile | None:
    """The file itself, where it is small enough and any reader shows it upright and in these colours."""
    if jpeg is None:
        return None
    with open_image(jpeg, "image/jpeg") as image:
        upright = orientation(image) == 1 and image.mode in ACHROMATIC_OR_RGB and "icc_profile" not in image.info
        most = image.width * image.height * rules().facsimile.kept_bytes_per_pixel
    if upright and jpeg.stat().st_size <= most:
        return Facsimile(jpeg.read_bytes(), "image/jpeg")
    return None


def facsimile_of(picture: Pixels, dpi: float) -> Facsimile:
    if picture.ndim == 2 and is_black_on_white(picture):
        return Facsimile(as_group4(picture), "image/tiff")
    rule = rules().facsimile
    return Facsimile(as_jpeg(at_most(picture, dpi, rule.dpi), rule.quality), "image/jpeg")


def is_black_on_white(grey: Pixels) -> bool:
    levels = cv2.calcHist([grey], [0], None, [256], [0, 256])
    return not levels[1:255].any()


def as_group4(grey: Pixels) -> bytes:
    """Lossless; one strip, so that a PDF can take the data over as they are."""
    file = BytesIO()
    strip = {"strip_size": grey.size}
    Image.fromarray(grey).convert("1", dither=Image.Dither.NONE).save(file, "TIFF", compression="group4", **strip)
    return file.getvalue()


def as_jpeg(pixels: Pixels, quality: int) -> bytes:
    """RGB or grey."""
    if pixels.ndim == 3:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), np.uint8)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def tiled(pixels: Pixels) -> bytes:
    """A tiled TIFF with a halved copy in each further page, down to one tile: image servers cut what is asked for."""
    rule = rules().tiles
    image = pyvips.Image.new_from_array(pixels)
    body: bytes = image.tiffsave_buffer(
        tile=True,
        pyramid=True,
        compression="jpeg",
        Q=rule.quality,
        tile_width=rule.side,
        tile_height=rule.side,
        strip=True,
    )
    return body


def within(pixels: Pixels, side: int) -> Pixels:
    return shrunk(pixels, side / max(pixels.shape[:2]))


def at_most(pixels: Pixels, dpi: float, most: int) -> Pixels:
    return shrunk(pixels, most / dpi)


def shrunk(pixels: Pixels, scale: float) -> Pixels:
    if scale >= 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
