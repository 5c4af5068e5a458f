"""The bound document: what PDF/A asks of its structure, and that its invisible text is the page's."""

import multiprocessing
import resource
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw

from services.ocr.editions.pdf import About, PdfPage, bind_part, join
from services.ocr.reading.writers import alto
from tests.unit.ocr.readings import reading_of

ABOUT = About(
    title="Đình làng Hạ Lôi & hội <rước nước>",
    creators=("Nguyễn Đình Khôi", "Hội Văn nghệ"),
    language="vi",
    at=datetime(2026, 3, 5, 8, 30, tzinfo=UTC),
)
LINES = ("Đình làng Hạ Lôi dựng năm một nghìn", "Chữ Nôm 𡨸喃 nằm ngoài mặt phẳng cơ bản")


def page_on_disk(folder: Path, name: str, kind: str = "L", lines: tuple[str, ...] = LINES) -> PdfPage:
    picture = Image.new("RGB" if kind == "RGB" else "L", (1240, 1754), (255, 240, 200) if kind == "RGB" else 250)
    ImageDraw.Draw(picture).rectangle((100, 100, 600, 130), fill=0)
    image = folder / f"{name}.{'tif' if kind == '1' else 'jpg'}"
    if kind == "1":
        picture.convert("1").save(image, compression="group4", strip_size=10_000_000)
    else:
        picture.save(image, quality=60)
    text = folder / f"{name}.xml"
    text.write_bytes(alto(reading_of(*(("paragraph", line) for line in lines)), 1))
    return PdfPage(2480, 3508, 300, image, text)


def bound(folder: Path, *parts: list[PdfPage], name: str = "document.pdf") -> Path:
    made = []
    for number, part in enumerate(parts):
        made.append(folder / f"part-{number}.pdf")
        bind_part(part, made[-1])
    join(made, ABOUT, folder / name)
    return folder / name


@pytest.fixture
def document(tmp_path: Path) -> Path:
    pages = [page_on_disk(tmp_path, kind, kind) for kind in ("L", "RGB", "1")]
    return bound(tmp_path, [pages[0], PdfPage(2480, 3508, 300), pages[1]], [pages[2]])


def text_of(path: Path, number: int) -> str:
    with pdfium.PdfDocument(path) as opened:
        return " ".join(str(opened[number - 1].get_textpage().get_text_range()).split())


def test_the_text_is_found_under_every_page_in_order(document: Path) -> None:
    assert [text_of(document, number) for number in range(1, 5)] == [
        " ".join(LINES),
        "",
        " ".join(LINES),
        " ".join(LINES),
    ]


def test_words_lie_where_they_stand_on_the_page(document: Path) -> None:
    with pdfium.PdfDocument(document) as opened:
        text = opened[0].get_textpage()
        left, bottom, right, top = text.get_charbox(0)
        width, height = opened[0].get_size()
    assert (width, height) == pytest.approx((595.2, 841.9), abs=0.1)
    per_pixel = 72 / 300
    assert left == pytest.approx(200 * per_pixel, abs=0.5)
    assert right - left == pytest.approx(50 * per_pixel, abs=3)  # Đình, four letters on 200 pixels
    assert height - top >= 100 * per_pixel - 1
    assert height - bottom <= 160 * per_pixel + 4


def test_nothing_of_the_text_is_shown(document: Path) -> None:
    with pdfium.PdfDocument(document) as opened:
        drawn = opened[0].render(scale=1).to_numpy()
        blank = opened[1].render(scale=1).to_numpy()
    assert drawn[100:].min() > 200  # below the bar that the image has
    assert blank.min() == 255


def test_what_pdf_a_2b_asks_for_is_there(document: Path) -> None:
    with pikepdf.open(document) as book:
        assert book.pdf_version == "1.7"
        assert book.is_linearized
        assert not book.is_encrypted
        (intent,) = book.Root.OutputIntents
        assert intent.S == pikepdf.Name.GTS_PDFA1
        assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"
        with book.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
            assert metadata["dc:title"] == ABOUT.title == str(book.docinfo["/Title"])
            assert metadata["dc:creator"] == list(ABOUT.creators)
        assert book.trailer.ID is not None
        fonts = {page.obj.Resources.Font.F0.objgen for page in book.pages}
        assert len(fonts) == 1
        descendant = book.pages[0].obj.Resources.Font.F0.DescendantFonts[0]
        assert descendant.FontDescriptor.FontFile2.read_bytes()
        assert [image.ColorSpace for page in book.pages for image in page.get_images().values()] == [
            "/DeviceGray",
            "/DeviceRGB",
            "/DeviceGray",
        ]


def test_images_go_in_as_they_are(tmp_path: Path, document: Path) -> None:
    with pikepdf.open(document) as book:
        images = [image for page in book.pages for image in page.get_images().values()]
        assert images[0].read_raw_bytes() == (tmp_path / "L.jpg").read_bytes()
        assert images[2].Filter[0] == "/CCITTFaxDecode"


def test_the_same_pages_give_the_same_bytes(tmp_path: Path) -> None:
    pages = [page_on_disk(tmp_path, "a"), page_on_disk(tmp_path, "b", "1")]
    once, again = bound(tmp_path, pages), bound(tmp_path, [pages[0]], [pages[1]], name="again.pdf")
    first = once.read_bytes()
    assert bound(tmp_path, pages).read_bytes() == first
    assert text_of(again, 2) == text_of(once, 2)


@pytest.mark.parametrize(("width", "height"), [(1, 3000), (32_000, 400)])
def test_the_oddest_page_keeps_the_limits_of_the_format(tmp_path: Path, width: int, height: int) -> None:
    path = bound(tmp_path, [PdfPage(width, height, 72)])
    with pikepdf.open(path) as book:
        assert all(3 <= side <= 14_400 for side in map(float, book.pages[0].mediabox[2:]))


def peak_of_binding(folder: Path, pages: int) -> int:
    """Kilobytes that a fresh process takes at most for binding so many pages."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(bind_and_measure, (folder, pages))


def bind_and_measure(folder: Path, pages: int) -> int:
    page = page_on_disk(folder, f"of-{pages}", lines=LINES * 15)
    image = folder / f"large-{pages}.jpg"
    Image.effect_noise((1240, 1754), 60).save(image, quality=70)
    heavy = PdfPage(page.width, page.height, page.dpi, image, page.alto)
    bound(folder, *([heavy] * 25 for _ in range(pages // 25)), name=f"book-{pages}.pdf")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_memory_does_not_grow_with_the_book(tmp_path: Path) -> None:
    """Ten times the pages, each with an image of half a megabyte: the peak stays, within the size of a few images."""
    small, large = peak_of_binding(tmp_path, 50), peak_of_binding(tmp_path, 500)
    assert (tmp_path / "book-500.pdf").stat().st_size > 200_000_000
    assert large - small < 30_000
