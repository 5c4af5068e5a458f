"""The images made of a page: each of its size, colour only where there is some, the PDF's as small as can be."""

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.ocr.editions.images import PageImages, images_of, rules
from services.ocr.reading.pages import Pixels, render
from shared.imaging.inspection import sniff
from shared.imaging.shapes import Limits

LIMITS = Limits()
A4_AT_300 = (2480, 3508)


def images_from(path: Path) -> PageImages:
    media_type = sniff(path)
    return images_of(render(path, media_type, 1, LIMITS), path if media_type == "image/jpeg" else None)


def opened(body: bytes) -> Image.Image:
    return Image.open(BytesIO(body))


def grainy(size: tuple[int, int] = A4_AT_300) -> Pixels:
    lines = np.where(np.arange(size[1]) % 60 < 8, 60, 235)[:, None]
    grain = np.random.default_rng(1).normal(0, 6, size[::-1])
    return np.clip(lines + grain, 0, 255).astype(np.uint8)


def saved(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, dpi=(300, 300), **options)
    return path


def test_each_image_has_its_size_and_the_pages_shape(tmp_path: Path) -> None:
    images = images_from(saved(Image.fromarray(grainy()), tmp_path / "page.png"))
    assert max(opened(images.thumbnail).size) == rules().thumbnail.side
    assert max(opened(images.web).size) == rules().web.side
    assert opened(images.facsimile.body).size == tuple(round(side * rules().facsimile.dpi / 300) for side in A4_AT_300)
    for body in (images.thumbnail, images.web, images.facsimile.body, images.tiles):
        width, height = opened(body).size
        assert width / height == pytest.approx(A4_AT_300[0] / A4_AT_300[1], rel=0.01)


def test_tiles_are_halved_down_to_one_tile_and_compressed_as_jpeg(tmp_path: Path) -> None:
    tiles = opened(images_from(saved(Image.fromarray(grainy()), tmp_path / "page.png")).tiles)
    side = rules().tiles.side
    sizes = []
    for level in range(tiles.n_frames):
        tiles.seek(level)
        sizes.append(tiles.size)
        assert (tiles.tag_v2[322], tiles.tag_v2[323], tiles.info["compression"]) == (side, side, "jpeg")
    assert sizes[0] == A4_AT_300
    assert all(large[0] // 2 == small[0] for large, small in pairwise(sizes))
    assert max(sizes[-1]) <= side < max(sizes[-2])


@pytest.mark.parametrize(("colour", "mode"), [((250, 200, 120), "RGB"), ((230, 230, 226), "L")])
def test_colour_is_kept_where_there_is_some(tmp_path: Path, colour: tuple[int, int, int], mode: str) -> None:
    images = images_from(saved(Image.new("RGB", A4_AT_300, colour), tmp_path / "page.png"))
    assert {opened(body).mode for body in (images.thumbnail, images.web, images.facsimile.body)} == {mode}


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_page_in_black_and_white_keeps_every_pixel_and_is_small(tmp_path: Path, suffix: str) -> None:
    page = Image.fromarray(np.where(grainy() > 120, 255, 0).astype(np.uint8)).convert("1")
    facsimile = images_from(saved(page, tmp_path / f"page.{suffix}")).facsimile
    assert facsimile.media_type == "image/tiff"
    kept = opened(facsimile.body)
    assert kept.info["compression"] == "group4"
    assert len(kept.tag_v2[273]) == 1
    assert np.array_equal(np.asarray(kept), np.asarray(page))


def test_a_small_jpeg_goes_into_the_pdf_as_it_came(tmp_path: Path) -> None:
    path = saved(Image.fromarray(grainy()), tmp_path / "page.jpg", quality=20)
    assert images_from(path).facsimile.body == path.read_bytes()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"quality": 99}, "too large"),
        ({"quality": 20, "exif": {0x0112: 6}}, "lies on its side"),
        ({"quality": 20, "icc_profile": b"x" * 200}, "its colours mean something else"),
        ({"quality": 20, "mode": "CMYK"}, "no colours of a screen"),
    ],
)
def test_any_other_jpeg_is_made_anew(tmp_path: Path, options: dict[str, object], why: str) -> None:
    picture = Image.fromarray(grainy()).convert(str(options.pop("mode", "L")))
    if "exif" in options:
        exif = Image.Exif()
        exif.update(options["exif"])
        options["exif"] = exif
    path = saved(picture, tmp_path / "page.jpg", **options)
    facsimile = images_from(path).facsimile
    assert facsimile.body != path.read_bytes(), why
    assert len(facsimile.body) < 900_000
    assert opened(facsimile.body).mode in {"L", "RGB"}


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (3000, 2)])
def test_the_smallest_pages_have_images_too(tmp_path: Path, size: tuple[int, int]) -> None:
    images = images_from(saved(Image.new("L", size, 250), tmp_path / "page.png"))
    assert all(opened(body).size >= (1, 1) for body in (images.thumbnail, images.web, images.tiles))
