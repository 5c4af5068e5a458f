"""Looks at a file without decoding its pixels: what type it is, whether it is whole, its pages and their sizes.

Everything here may meet hostile bytes: run it in an `Enclosure`.
"""

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, get_args

import puremagic
import pypdfium2 as pdfium
from PIL import Image, ImageFile, TiffImagePlugin

from shared.imaging.faults import (
    BrokenPdf,
    DocumentFault,
    EmptyFile,
    EncryptedPdf,
    TooManyPages,
    TooManyPixels,
    TruncatedFile,
    UnreadableImage,
    UnsupportedType,
)
from shared.imaging.shapes import DocumentShape, Limits, MediaType, PageShape, pdf_page_shape, plausible_dpi

Image.MAX_IMAGE_PIXELS = None  # require_pixels checks each page against the limits given, before any decoding
HEAD_BYTES = 4096
PDF_TAIL_BYTES = 1024
"""Where the end-of-file mark of a PDF must stand (PDF Reference 1.7, implementation note 18)."""
JPEG_TAIL_BYTES = 65_536
"""Cameras append their own data after the end-of-image mark."""
SIDEWAYS_ORIENTATIONS = frozenset({5, 6, 7, 8})
"""Values of the EXIF tag Orientation that swap width and height."""
EXIF_ORIENTATION = 0x0112
JPEG_2000 = "image/jp2"
FORMATS: dict[MediaType, str] = {"image/tiff": "TIFF", "image/jpeg": "JPEG", "image/png": "PNG"}


def sniff(path: Path) -> MediaType:
    """The media type by content alone. Raises EmptyFile, UnsupportedType."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise EmptyFile
    try:
        candidates = [match.mime_type for match in puremagic.magic_string(head)]
    except puremagic.PureError:
        candidates = []
    if JPEG_2000 in candidates:  # which are told to be JPEG as well
        raise UnsupportedType(found=JPEG_2000)
    known = get_args(MediaType)
    for media_type in known:
        if media_type in candidates:
            return media_type  # type: ignore[no-any-return]
    raise UnsupportedType(found=next(filter(None, candidates), "?"))


def inspect(path: Path, media_type: MediaType, limits: Limits) -> DocumentShape:
    """Pages and sizes of a file of a sniffed type. Raises a DocumentFault, also where a page breaks the limits."""
    if path.stat().st_size == 0:
        raise EmptyFile
    pages = inspect_pdf(path, limits) if media_type == "application/pdf" else inspect_image(path, media_type, limits)
    return DocumentShape(media_type=media_type, pages=tuple(pages))


def sniff_and_inspect(path: Path, limits: Limits) -> DocumentShape:
    """The whole check at the door."""
    return inspect(path, sniff(path), limits)


@contextmanager
def open_pdf(path: Path) -> Iterator[Any]:
    """A pdfium document. Raises EncryptedPdf, BrokenPdf."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise EncryptedPdf if "password" in str(error).lower() else BrokenPdf from error
    with closing(document):
        yield document


@contextmanager
def open_image(path: Path, media_type: MediaType, page: int = 1) -> Iterator[ImageFile.ImageFile]:
    """A Pillow image of this format only, pixels not yet decoded; what Pillow raises inside becomes a DocumentFault."""
    try:
        with warnings.catch_warnings():
            # Limits are ours to check, and broken metadata beside good pixels is no fault.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=[FORMATS[media_type]]) as image:
                yield image
    except (DocumentFault, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise whatever their parsing trips over
        raise TruncatedFile if "truncated" in str(error).lower() else UnreadableImage(page=page) from error


def inspect_pdf(path: Path, limits: Limits) -> list[PageShape]:
    require_end_mark(path, b"%%EOF", PDF_TAIL_BYTES)
    with open_pdf(path) as document:
        if not len(document):
            raise BrokenPdf
        if len(document) > limits.pages:
            raise TooManyPages(allowed=limits.pages)
        return [inspect_pdf_page(document, number, limits) for number in range(1, len(document) + 1)]


def inspect_pdf_page(document: Any, number: int, limits: Limits) -> PageShape:
    """Parses the page, so that bombs in its content go off here, and asks its images for their sizes undecoded."""
    try:
        shape = pdf_page_shape(number, document.get_page_size(number - 1), limits)
        with closing(document[number - 1]) as page:
            for image in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]):
                require_pixels(number, image.get_px_size(), limits)
    except pdfium.PdfiumError as error:
        raise UnreadableImage(page=number) from error
    return shape


def inspect_image(path: Path, media_type: MediaType, limits: Limits) -> list[PageShape]:
    if media_type == "image/jpeg":
        require_end_mark(path, b"\xff\xd9", JPEG_TAIL_BYTES)
    with open_image(path, media_type) as image:
        pages = list(inspect_frames(image, path.stat().st_size, limits))
    if media_type == "image/png":
        with open_image(path, media_type) as image:
            image.verify()  # walks all chunks and their checksums without decoding; Pillow wants it fresh
    return pages


def inspect_frames(image: ImageFile.ImageFile, size_bytes: int, limits: Limits) -> Iterator[PageShape]:
    number = 1
    while True:
        if number > limits.pages:
            raise TooManyPages(allowed=limits.pages)
        require_pixels(number, image.size, limits)
        require_all_strips(image, size_bytes)
        yield frame_shape(image, number)
        if image.format != "TIFF":  # an animated PNG shows its first frame
            return
        number += 1
        try:
            image.seek(number - 1)
        except EOFError:
            return


def frame_shape(image: Image.Image, number: int) -> PageShape:
    """The frame as seen upright."""
    width, height = image.size
    if orientation(image) in SIDEWAYS_ORIENTATIONS:
        width, height = height, width
    return PageShape(number=number, width=width, height=height, dpi=frame_dpi(image))


def orientation(image: Image.Image) -> int:
    """EXIF's Orientation, 1 (upright) to 8. A PNG's counts only before its pixels, as Pillow would decode them."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(EXIF_ORIENTATION, 1))


def frame_dpi(image: Image.Image) -> int:
    try:
        declared = float(image.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, ZeroDivisionError):
        declared = 0
    return plausible_dpi(declared, *image.size)


def require_pixels(page: int, size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.image_pixels:
        raise TooManyPixels(page=page, width=width, height=height, allowed=limits.image_pixels)


def require_all_strips(image: Image.Image, size_bytes: int) -> None:
    """A TIFF says where its strips or tiles lie: all must lie inside the file."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return
    tags = image.tag_v2
    for offsets, counts in (
        (TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.STRIPBYTECOUNTS),
        (TiffImagePlugin.TILEOFFSETS, TiffImagePlugin.TILEBYTECOUNTS),
    ):
        ends = (offset + count for offset, count in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False))
        if any(end > size_bytes for end in ends):
            raise TruncatedFile


def require_end_mark(path: Path, mark: bytes, tail_bytes: int) -> None:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - tail_bytes))
        if mark not in file.read():
            raise TruncatedFile
