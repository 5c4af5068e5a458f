"""What is said of good, odd and broken files at the door."""

import io
from pathlib import Path

import img2pdf
import pytest
from PIL import Image

from shared.imaging.faults import (
    BrokenPdf,
    DocumentFault,
    EmptyFile,
    EncryptedPdf,
    PageTooLarge,
    TooManyPages,
    TooManyPixels,
    TruncatedFile,
    UnreadableImage,
    UnsupportedType,
    catalogue,
)
from shared.imaging.inspection import sniff, sniff_and_inspect
from shared.imaging.shapes import Limits, PageShape, plausible_dpi
from tests.resources import hostile

LIMITS = Limits(pages=5, image_pixels=1_000_000, rendered_pixels=10_000_000)


def encoded(image_format: str, size: tuple[int, int] = (300, 400), **options: object) -> bytes:
    content = io.BytesIO()
    Image.effect_noise(size, 60).save(content, image_format, **options)
    return content.getvalue()


def frames(count: int) -> bytes:
    return encoded("TIFF", save_all=True, append_images=[Image.new("L", (20, 30))] * (count - 1))


def pdf_of(count: int) -> bytes:
    return bytes(img2pdf.convert([encoded("PNG", dpi=(100, 100))] * count))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload"


@pytest.mark.parametrize(
    ("content", "media_type", "pages"),
    [
        (encoded("PNG", dpi=(100, 100)), "image/png", 1),
        (encoded("JPEG"), "image/jpeg", 1),
        (frames(3), "image/tiff", 3),
        (pdf_of(2), "application/pdf", 2),
    ],
)
def test_a_good_file_is_described(file: Path, content: bytes, media_type: str, pages: int) -> None:
    file.write_bytes(content)
    shape = sniff_and_inspect(file, LIMITS)
    assert (shape.media_type, len(shape.pages)) == (media_type, pages)
    assert [page.number for page in shape.pages] == list(range(1, pages + 1))


def test_sizes_are_of_the_upright_page(file: Path) -> None:
    sideways = Image.Exif()
    sideways[0x0112] = 6
    file.write_bytes(encoded("JPEG", exif=sideways, dpi=(100, 100)))
    assert sniff_and_inspect(file, LIMITS).pages == (PageShape(number=1, width=400, height=300, dpi=100),)


def test_a_pdf_page_is_drawn_for_reading(file: Path) -> None:
    file.write_bytes(pdf_of(1))
    assert sniff_and_inspect(file, LIMITS).pages == (PageShape(number=1, width=900, height=1200, dpi=300),)


def test_large_paper_is_drawn_coarser(file: Path) -> None:
    file.write_bytes(hostile.pdf(hostile.deflated(b" ", 9), media_box="0 0 1684 2384"))
    (page,) = sniff_and_inspect(file, LIMITS).pages
    assert page.dpi == 113
    assert page.width * page.height <= LIMITS.rendered_pixels * 1.001


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", EmptyFile),
        (b"just some words", UnsupportedType),
        (b"GIF89a" + b"\0" * 60, UnsupportedType),
        (b"MZ" + encoded("PNG"), UnsupportedType),
        (encoded("PNG")[:5000], TruncatedFile),
        (encoded("JPEG")[:5000], TruncatedFile),
        (encoded("TIFF")[:5000], (TruncatedFile, UnreadableImage)),
        (hostile.tiff(300, 400)[:-20], TruncatedFile),
        (pdf_of(1)[:5000], TruncatedFile),
        (b"%PDF-1.7\n" + b"nonsense " * 50 + b"%%EOF", BrokenPdf),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, UnreadableImage),
        (pdf_of(6), TooManyPages),
        (frames(6), TooManyPages),
        (encoded("JPEG", (1001, 1000)), TooManyPixels),
        (hostile.png(20_000, 20_000), TooManyPixels),
        (hostile.tiff(20_000, 20_000), TooManyPixels),
        (hostile.pdf(hostile.deflated(b"/I Do", 1), image=(20_000, 20_000)), TooManyPixels),
        (hostile.pdf(hostile.deflated(b" ", 9), media_box="0 0 14400 14400"), PageTooLarge),
        (hostile.pdf(hostile.deflated(b" ", 9), media_box="0 0 1 190000"), PageTooLarge),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(
    file: Path, content: bytes, fault: type[DocumentFault] | tuple[type[DocumentFault], ...]
) -> None:
    file.write_bytes(content)
    with pytest.raises(fault) as caught:
        sniff_and_inspect(file, LIMITS)
    for language in ("vi", "en"):
        assert "{" not in caught.value.explain(language)


def test_a_ring_of_tiff_frames_ends(file: Path) -> None:
    file.write_bytes(hostile.tiff(30, 40, next_frame=8))
    assert len(sniff_and_inspect(file, LIMITS).pages) == 1


def test_a_pdf_with_a_password_is_refused(file: Path) -> None:
    encrypt = "<< /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >>".format("00" * 32)
    content = hostile.pdf(hostile.deflated(b" ", 9))
    trailer = f"trailer << /Encrypt {encrypt} /ID [<00> <00>]".encode()
    file.write_bytes(content.replace(b"trailer <<", trailer))
    with pytest.raises(EncryptedPdf):
        sniff_and_inspect(file, LIMITS)


def test_the_name_says_nothing(tmp_path: Path) -> None:
    misnamed = tmp_path / "scan.pdf"
    misnamed.write_bytes(encoded("PNG"))
    assert sniff(misnamed) == "image/png"


@pytest.mark.parametrize(
    ("declared", "size", "dpi"),
    [(300, (2480, 3508), 300), (72, (3000, 4000), 342), (0, (1169, 800), 100), (1, (5000, 5000), 428)],
)
def test_an_unbelievable_resolution_is_replaced(declared: int, size: tuple[int, int], dpi: int) -> None:
    assert plausible_dpi(declared, *size) == dpi


def test_every_reason_is_explained_in_both_languages() -> None:
    assert {fault.reason for fault in DocumentFault.__subclasses__()} == set(catalogue())
    assert all(set(texts) == {"vi", "en"} for texts in catalogue().values())
