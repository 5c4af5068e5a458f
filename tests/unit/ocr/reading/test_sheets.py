"""Pages that lie on their side or head, two pages on one image, and pages that are not in letters."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from deploy.local.samples.render import generate_pages
from services.ocr.reading.engine import PageReading, has_model
from services.ocr.reading.pool import read_page
from services.ocr.reading.sheets import gutter
from shared.imaging.shapes import Limits
from tests.resources.accuracy import character_error_rate

HAN_FONT = Path("/usr/share/fonts/truetype/arphic/ukai.ttc")


def read(image: Image.Image, folder: Path) -> PageReading:
    path = folder / "page.png"
    image.save(path, dpi=(300, 300))
    return read_page(path, "image/png", 1, Limits()).reading


@pytest.mark.parametrize(("turn", "undone"), [(90, 90), (180, 180), (270, 270)])
def test_a_turned_page_is_read_upright(tmp_path: Path, turn: int, undone: int) -> None:
    (page,) = generate_pages(1, seed=5)
    reading = read(page.image.rotate(turn, expand=True), tmp_path)
    assert reading.turn == undone
    assert character_error_rate(page.text, reading.text) < 0.01
    assert (reading.width, reading.height) == page.image.size
    assert reading.words[0].y < 0.2 * reading.height


def test_two_pages_are_read_the_left_one_first(tmp_path: Path) -> None:
    left, right = generate_pages(2, seed=6)
    both = Image.fromarray(np.hstack([np.asarray(left.image), np.asarray(right.image)]))
    reading = read(both, tmp_path)
    assert "split" in reading.steps
    assert character_error_rate(f"{left.text} {right.text}", reading.text) < 0.01
    assert max(word.x for word in reading.words) > left.image.width


def test_one_page_has_no_gutter() -> None:
    (page,) = generate_pages(1, seed=5)
    assert gutter(np.asarray(page.image), 300) is None
    assert gutter(np.asarray(page.image.resize((3508, 2480))), 300) is None


@pytest.mark.skipif(not (HAN_FONT.is_file() and has_model("osd")), reason="needs fonts-arphic-ukai, tesseract-ocr-osd")
def test_a_page_in_han_is_routed_aside(tmp_path: Path) -> None:
    page = Image.new("L", (2480, 3508), 250)
    pen, font = ImageDraw.Draw(page), ImageFont.truetype(HAN_FONT, 110)
    characters = "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏閏餘成歲律呂調陽"
    for number in range(14 * 24):
        column, row = divmod(number, 24)
        character = characters[number % len(characters)]
        pen.text((2200 - 140 * column, 300 + 122 * row), character, fill=30, font=font)
    reading = read(page, tmp_path)
    assert (reading.script, reading.text, reading.words) == ("han", "", ())
