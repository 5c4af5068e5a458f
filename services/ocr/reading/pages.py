"""One page of a document as pixels. Meets hostile bytes: runs inside the pool's workers only."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image

from shared.imaging.faults import NoSuchPage, UnreadableImage
from shared.imaging.inspection import frame_shape, open_image, open_pdf, orientation, require_pixels
from shared.imaging.shapes import LONGEST_SIDE, Limits, MediaType, PageShape, pdf_page_shape

Pixels = NDArray[np.uint8]
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """pixels: height x width (grey) or height x width x 3 (RGB), upright, at most `Limits.rendered_pixels`.

    shape: the page's own size, which the pixels have unless they had to be reduced.
    """

    pixels: Pixels
    shape: PageShape

    @property
    def scale(self) -> float:
        """Pixels here per pixel of the page."""
        return float(self.pixels.shape[1] / self.shape.width)

    def grey(self) -> Pixels:
        if self.pixels.ndim == 2:
            return self.pixels
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def render(path: Path, media_type: MediaType, number: int, limits: Limits) -> PageImage:
    """Page `number` (from 1) of the file. Raises a DocumentFault."""
    if media_type == "application/pdf":
        return render_pdf(path, number, limits)
    return render_image(path, media_type, number, limits)


def render_pdf(path: Path, number: int, limits: Limits) -> PageImage:
    with open_pdf(path) as document:
        if not 1 <= number <= len(document):
            raise NoSuchPage(page=number)
        try:
            shape = pdf_page_shape(number, document.get_page_size(number - 1), limits)
            with closing(document[number - 1]) as page, closing(draw(page, shape)) as bitmap:
                pixels = np.array(bitmap.to_numpy())
        except pdfium.PdfiumError as error:
            raise UnreadableImage(page=number) from error
    return PageImage(pixels, shape)


def draw(page: pdfium.PdfPage, shape: PageShape) -> pdfium.PdfBitmap:
    """Exactly shape.width x shape.height: a scan at the same resolution then comes out pixel for pixel."""
    bitmap = pdfium.PdfBitmap.new_native(shape.width, shape.height, pdfium.raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, shape.width, shape.height)
    flags = pdfium.raw.FPDF_ANNOT | pdfium.raw.FPDF_REVERSE_BYTE_ORDER
    pdfium.raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, shape.width, shape.height, 0, flags)
    return bitmap


def render_image(path: Path, media_type: MediaType, number: int, limits: Limits) -> PageImage:
    with open_image(path, media_type, number) as image:
        try:
            image.seek(number - 1)
        except EOFError as error:
            raise NoSuchPage(page=number) from error
        require_pixels(number, image.size, limits)
        shape, turn = frame_shape(image, number), TURNS.get(orientation(image))
        return PageImage(fit(decoded(image if turn is None else image.transpose(turn)), limits), shape)


def decoded(image: Image.Image) -> Pixels:
    """Grey or RGB, on white paper where it was transparent."""
    if image.mode in {"1", "L"}:
        return np.array(image.convert("L"))
    if image.mode.startswith("I;16"):
        return (np.asarray(image) >> 8).astype(np.uint8)
    if "A" in image.getbands() or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    return np.array(image.convert("RGB"))


def fit(pixels: Pixels, limits: Limits) -> Pixels:
    """Reduced to the limits if it breaks them."""
    height, width = pixels.shape[:2]
    scale = min((limits.rendered_pixels / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))
    if scale >= 1:
        return pixels
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
