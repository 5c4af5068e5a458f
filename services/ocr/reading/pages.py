"""One page of a document as pixels. Meets hostile bytes: runs inside the pool's workers only."""

import math
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image, ImageFile

from shared.imaging.faults import NoSuchPage, UnreadableImage
from shared.imaging.inspection import frame_shape, open_image, open_pdf, orientation, require_pixels
from shared.imaging.shapes import LONGEST_SIDE, READING_DPI, Limits, MediaType, PageShape, pdf_page_shape

Pixels = NDArray[np.uint8]
DECODED_PIXEL_BYTES = 4
DARK = 64
"""No paper is darker than this all over."""
WHITE = 255
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
    """A page upright, ready to be read.

    grey: height x width, reduced where the page is larger than reading needs.
    picture: the same in RGB, or grey where it was given grey.
    shape: the page's own size.
    """

    grey: Pixels
    picture: Pixels
    shape: PageShape

    @property
    def scale(self) -> float:
        """Pixels of `grey` per pixel of the page."""
        return float(self.grey.shape[1] / self.shape.width)


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
            with closing(document[number - 1]) as page, closing(draw(page, shape, limits)) as bitmap:
                drawn: Pixels = bitmap.to_numpy()
                if drawn.min() == WHITE:
                    require_decodable(page)
                grey = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY), np.uint8)
                return PageImage(lightened(grey), lightened(drawn).copy(), shape)  # the bitmap's memory goes with it
        except pdfium.PdfiumError as error:
            raise UnreadableImage(page=number) from error


def draw(page: pdfium.PdfPage, shape: PageShape, limits: Limits) -> pdfium.PdfBitmap:
    """Exactly shape.width x shape.height: a scan at the same resolution then comes out pixel for pixel."""
    bitmap = pdfium.PdfBitmap.new_native(shape.width, shape.height, pdfium.raw.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, shape.width, shape.height)
    require_memory(page, shape.number, limits)
    flags = pdfium.raw.FPDF_ANNOT | pdfium.raw.FPDF_REVERSE_BYTE_ORDER
    pdfium.raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, shape.width, shape.height, 0, flags)
    return bitmap


def require_decodable(page: pdfium.PdfPage) -> None:
    """Raises PdfiumError where the page has an image that pdfium cannot decode: it leaves it out and says nothing."""
    for image in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]):
        image.get_bitmap().close()


def require_memory(page: pdfium.PdfPage, number: int, limits: Limits) -> None:
    """Raises MemoryError, TooManyPixels. Pdfium leaves out an image it has no memory for, and says nothing."""
    sizes = [image.get_px_size() for image in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE])]
    for size in sizes:
        require_pixels(number, size, limits)
    np.empty(DECODED_PIXEL_BYTES * max((width * height for width, height in sizes), default=0), np.uint8)


def render_image(path: Path, media_type: MediaType, number: int, limits: Limits) -> PageImage:
    with open_image(path, media_type, number) as image:
        try:
            image.seek(number - 1)
        except EOFError as error:
            raise NoSuchPage(page=number) from error
        require_pixels(number, image.size, limits)
        shape, turn = frame_shape(image, number), TURNS.get(orientation(image))
        picture = decoded(image, reduction(shape, limits))
        grey, upright = turned(picture.convert("L"), turn), turned(picture, turn)
        return PageImage(lightened(grey), lightened(upright), shape)


def reduction(shape: PageShape, limits: Limits) -> int:
    """By how much to reduce each side: to no less than READING_DPI, and to what the limits ask for."""
    width, height = shape.width, shape.height
    needed = max(math.sqrt(width * height / limits.rendered_pixels), max(width, height) / LONGEST_SIDE)
    return max(math.ceil(needed), shape.dpi // READING_DPI, 1)


def decoded(image: ImageFile.ImageFile, factor: int) -> Image.Image:
    """Grey or RGB, each side divided by the factor: memory is the point, so no larger copy than needed is made."""
    width, height = image.size
    image.draft(None, (width // factor, height // factor))  # a JPEG decodes smaller at once; other formats do nothing
    picture = flat(image)
    left = round(factor * picture.width / width)
    return picture.reduce(left) if left > 1 else picture


def lightened(pixels: Pixels) -> Pixels:
    """The levels spread over the whole range where even the lightest is dark: a 4-bit file may use the lowest alone."""
    lightest = int(pixels.max())
    return np.asarray(cv2.convertScaleAbs(pixels, alpha=255 / lightest), np.uint8) if 0 < lightest < DARK else pixels


def flat(image: Image.Image) -> Image.Image:
    """Grey or RGB, on white paper where it was transparent."""
    if image.mode in {"L", "RGB"} and "transparency" not in image.info:
        image.load()
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        paper = Image.new("RGB", image.size, "white")
        image = image.convert("RGBA")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image.convert("RGB")


def turned(picture: Image.Image, turn: Image.Transpose | None) -> Pixels:
    return np.asarray(picture if turn is None else picture.transpose(turn))


def uprighted(image: PageImage, degrees: int) -> PageImage:
    """The page turned clockwise by a multiple of 90 degrees."""
    if not degrees:
        return image
    shape = image.shape
    if degrees in {90, 270}:
        shape = replace(shape, width=shape.height, height=shape.width)
    grey, picture = (np.ascontiguousarray(np.rot90(each, -degrees // 90)) for each in (image.grey, image.picture))
    return PageImage(grey, picture, shape)
