"""How well Tesseract reads, with and without preparation, and where it says the words stand."""

import unicodedata
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from PIL import Image

from deploy.local.samples.drawing import draw_page
from deploy.local.samples.render import Sample, generate_pages
from services.ocr.reading.engine import ModelMissing, Word, loaded, recognise, require_model
from services.ocr.reading.pages import Pixels, render
from services.ocr.reading.passes import plain_text
from services.ocr.reading.pool import ReadPage, read_page
from services.ocr.reading.preparation import PreparedPage, prepare, rotate, rotation
from services.ocr.reading.writers import ALTO, XHTML, alto, hocr
from shared.imaging.faults import NoSuchPage, TruncatedFile
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits
from tests.pages.sets import page as page_of
from tests.resources.accuracy import character_error_rate

LIMITS = Limits()


def read(sample: Sample, number: int = 1) -> ReadPage:
    shape = sniff_and_inspect(sample.path, LIMITS)
    return read_page(sample.path, shape.media_type, number, LIMITS)


def text_of(page: PreparedPage) -> str:
    return plain_text(recognise(loaded("vie"), page))


def as_it_is(grey: Pixels, dpi: int) -> PreparedPage:
    return PreparedPage(grey, dpi, np.eye(3), ())


def test_a_clean_page_reads_almost_without_error_and_hardly_touched(samples: dict[str, Sample]) -> None:
    reading = read(samples["clean"]).reading
    assert character_error_rate(samples["clean"].pages[0], reading.text) <= 0.01
    assert reading.steps == ("antialias",)
    assert reading.second_pass is None
    assert reading.confidence > 90
    assert reading.text == unicodedata.normalize("NFC", reading.text)


def test_a_degraded_page_reads_well_because_it_is_prepared(samples: dict[str, Sample]) -> None:
    sample = samples["degraded"]
    with_preparation = character_error_rate(sample.pages[0], read(sample).reading.text)
    image = render(sample.path, "image/jpeg", 1, LIMITS)
    without = character_error_rate(sample.pages[0], text_of(as_it_is(image.grey, image.shape.dpi)))
    assert with_preparation <= 0.05
    assert without > 5 * max(with_preparation, 0.01)


def test_columns_are_read_one_after_the_other(samples: dict[str, Sample]) -> None:
    reading = read(samples["two-column"]).reading
    assert character_error_rate(samples["two-column"].pages[0], reading.text) <= 0.01


def test_any_page_of_a_book_can_be_read(samples: dict[str, Sample]) -> None:
    book = samples["book"]
    assert len(sniff_and_inspect(book.path, LIMITS).pages) == len(book.pages) == 10
    for number in (1, 10):
        assert character_error_rate(book.pages[number - 1], read(book, number).reading.text) <= 0.01
    with pytest.raises(NoSuchPage):
        read_page(book.path, "application/pdf", 11, LIMITS)


def test_the_broken_document_is_broken(samples: dict[str, Sample]) -> None:
    with pytest.raises(TruncatedFile):
        read(samples["broken"])


def blurred(grey: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 3), np.uint8)


def dull(grey: Pixels) -> Pixels:
    grain = np.random.default_rng(1).normal(0, 4, grey.shape)
    return np.clip(grey * 0.7 + 20 + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", [np.asarray, blurred, dull])
@pytest.mark.parametrize("sparse", [False, True])
def test_preparation_does_no_harm_to_what_reads_well(change: type, *, sparse: bool) -> None:
    (page,) = generate_pages(1, seed=5)
    title = "Lịch sử xã Vĩnh Thuận\n\nNhóm biên soạn xã Vĩnh Thuận, năm 2022"
    image, text = (draw_page(title), title) if sparse else (page.image, page.text)
    grey = change(np.asarray(image))
    without = character_error_rate(text, text_of(as_it_is(grey, 300)))
    assert without <= 0.02
    assert character_error_rate(text, text_of(prepare(grey, 300, LIMITS.rendered_pixels))) <= without + 0.002


def test_noise_is_taken_out() -> None:
    (page,) = generate_pages(1, seed=5)
    noise = np.random.default_rng(1).normal(0, 45, np.asarray(page.image).shape)
    grey = np.clip(np.asarray(page.image) + noise, 0, 255).astype(np.uint8)
    prepared = prepare(grey, 300, LIMITS.rendered_pixels)
    assert "median" in prepared.steps
    assert character_error_rate(page.text, text_of(prepared)) <= 0.01


def test_thin_strokes_survive_the_engines_own_sampling() -> None:
    thin = page_of("tuned", "scan", 7)
    grey = np.asarray(thin.image.convert("L"))
    assert character_error_rate(thin.texts[0], text_of(as_it_is(grey, 300))) > 0.1
    assert character_error_rate(thin.texts[0], text_of(prepare(grey, 300, LIMITS.rendered_pixels))) <= 0.05


@pytest.mark.parametrize("dpi", [100, 300])
def test_boxes_lie_on_the_original_page(tmp_path: Path, dpi: int) -> None:
    """Of a skewed (and enlarged) page: each word's box holds ink, and the word itself when read alone."""
    text = "Bến Gỗ\n\nSông chảy qua làng, thuyền đậu dưới bến."
    upright = np.asarray(draw_page(text, points=18))
    skewed = Image.fromarray(rotate(upright, rotation(upright, 3)))
    path = tmp_path / "skewed.png"
    skewed.resize((2480 * dpi // 300, 3508 * dpi // 300)).save(path, dpi=(dpi, dpi))
    reading = read_page(path, "image/png", 1, LIMITS).reading
    assert any(step.startswith("deskew") for step in reading.steps)
    assert (reading.width, reading.height) == (2480 * dpi // 300, 3508 * dpi // 300)
    assert [word.text for word in reading.words] == text.split()
    ink = np.asarray(Image.open(path)) < 128
    covered = np.zeros_like(ink)
    for word in reading.words:
        box = np.s_[word.y : word.y + word.height, word.x : word.x + word.width]
        assert ink[box].any()
        covered[box] = True
    assert ink[covered].sum() >= 0.97 * ink.sum()
    assert covered.mean() < 0.06


@pytest.mark.parametrize("size", [(1240, 1754), (2, 3000), (3000, 2), (1, 1)])
def test_a_blank_page_says_nothing_and_claims_nothing(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "blank.png"
    Image.new("L", size, 250).save(path, dpi=(150, 150))
    reading = read_page(path, "image/png", 1, LIMITS).reading
    assert (reading.text, reading.words, reading.confidence) == ("", (), 0)
    assert ET.fromstring(alto(reading, 1)).find(f".//{{{ALTO}}}PrintSpace") is not None


@pytest.mark.parametrize(("colour", "channels"), [((250, 200, 120), 3), ((230, 230, 226), 1)])
def test_the_web_picture_keeps_colour_only_where_there_is_some(
    tmp_path: Path, colour: tuple[int, int, int], channels: int
) -> None:
    path = tmp_path / "page.png"
    Image.new("RGB", (2480, 3508), colour).save(path, dpi=(300, 300))
    web = read_page(path, "image/png", 1, LIMITS).images.web
    jpeg = cv2.imdecode(np.frombuffer(web, np.uint8), cv2.IMREAD_UNCHANGED)
    assert jpeg is not None
    assert max(jpeg.shape) == 1600
    assert (jpeg.shape[2] if jpeg.ndim == 3 else 1) == channels


@pytest.mark.parametrize(
    ("mode", "options"),
    [("1", {}), ("P", {}), ("RGBA", {}), ("LA", {}), ("I;16", {}), ("CMYK", {"suffix": ".tif"})],
)
def test_every_kind_of_pixels_can_be_read(tmp_path: Path, mode: str, options: dict[str, str]) -> None:
    page = draw_page("Bến Gỗ\n\nSông chảy qua làng.", points=18).resize((1240, 1754))
    sixteen_bits = Image.fromarray(np.asarray(page).astype(np.uint16) * 257)
    path = tmp_path / f"page{options.get('suffix', '.png')}"
    (sixteen_bits if mode == "I;16" else page.convert("RGB").convert(mode)).save(path, dpi=(150, 150))
    media_type = sniff_and_inspect(path, LIMITS).media_type
    assert "Sông chảy qua làng" in read_page(path, media_type, 1, LIMITS).reading.text


def test_a_sideways_photo_is_read_upright(tmp_path: Path) -> None:
    page = draw_page("Bến Gỗ\n\nSông chảy qua làng.", points=18).transpose(Image.Transpose.ROTATE_90)
    orientation = Image.Exif()
    orientation[0x0112] = 6
    path = tmp_path / "photo.jpg"
    page.save(path, exif=orientation, dpi=(300, 300))
    reading = read_page(path, "image/jpeg", 1, LIMITS).reading
    assert "Sông chảy qua làng" in reading.text
    assert (reading.width, reading.height) == (2480, 3508)


def test_hocr_and_alto_hold_every_word_in_order(samples: dict[str, Sample]) -> None:
    reading = read(samples["two-column"]).reading
    words = [word.text for word in reading.words]
    hocr_words = ET.fromstring(hocr(reading, 3)).iterfind(f".//{{{XHTML}}}span[@class='ocrx_word']")
    alto_words = list(ET.fromstring(alto(reading, 3)).iterfind(f".//{{{ALTO}}}String"))
    assert [element.text for element in hocr_words] == words
    assert [element.get("CONTENT") for element in alto_words] == words
    assert word_box(alto_words[5]) == box_of(reading.words[5])


def word_box(element: ET.Element) -> tuple[int, ...]:
    return tuple(int(element.attrib[name]) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))


def box_of(word: Word) -> tuple[int, ...]:
    return word.x, word.y, word.width, word.height


def test_a_missing_model_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(ModelMissing, match="tesseract-ocr-vie"):
        require_model()


def test_a_page_that_uses_the_lowest_levels_alone_is_read(tmp_path: Path) -> None:
    (page,) = generate_pages(1, seed=5)
    Image.fromarray((np.asarray(page.image) // 15).astype(np.uint8)).save(tmp_path / "dark.tif", dpi=(300, 300))
    found = read_page(tmp_path / "dark.tif", "image/tiff", 1, LIMITS).reading
    assert character_error_rate(page.text, found.text) <= 0.02
