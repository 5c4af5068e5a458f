"""What time, scanners and copiers do to a page: each a strength, applied in the order in which it happens.

Only Pillow's integer filters and plain arithmetic: the same numbers on every processor.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tests.pages.drawing import DPI

Shade = NDArray[np.float64]
DARK_BORDER = 25


@dataclass(frozen=True, kw_only=True)
class Damage:
    """ink, bleed, gradient, stain_depth, gutter: shares of full black. skew, turn: degrees. blur, noise: pixels and
    grey levels at the final resolution. grain: share of pixels turned black or white. border: share of the width.
    threshold: grey level, 0 keeps greys. jpeg: quality, 0 is lossless. paper: RGB.
    """

    paper: tuple[int, int, int] = (255, 255, 255)
    ink: float = 1.0
    bleed: float = 0.0
    skew: float = 0.0
    dpi: int = DPI
    gradient: float = 0.0
    stains: int = 0
    stain_depth: float = 0.0
    gutter: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    grain: float = 0.0
    border: float = 0.0
    threshold: int = 0
    jpeg: int = 0
    turn: int = 0


def damaged(page: Image.Image, back: Image.Image, damage: Damage, seed: int) -> Image.Image:
    """The page as it comes from the scanner: grey, or RGB on coloured paper. `back` is what shines through."""
    random = np.random.default_rng(seed)
    image = shine_through(page, back, damage)
    if damage.skew:
        image = image.rotate(damage.skew, Image.Resampling.BICUBIC, fillcolor=255)
    if damage.dpi != DPI:
        image = image.resize((image.width * damage.dpi // DPI, image.height * damage.dpi // DPI), Image.Resampling.BOX)
    image = as_image(np.asarray(image) * paper_shade(image.size, damage, random))
    if damage.blur:
        image = image.filter(ImageFilter.GaussianBlur(damage.blur))
    image = noisy(bordered(image, damage), damage, random)
    if damage.threshold:
        image = image.point(lambda level: 255 * (level >= damage.threshold))
    if damage.turn:
        image = image.rotate(damage.turn, expand=True)
    return compressed(coloured(image, damage.paper), damage.jpeg)


def shine_through(page: Image.Image, back: Image.Image, damage: Damage) -> Image.Image:
    dark = (255.0 - np.asarray(page)) * damage.ink
    if damage.bleed:
        mirrored = back.resize(page.size).transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(3))
        dark += (255.0 - np.asarray(mirrored)) * damage.bleed
    return as_image(255 - dark)


def paper_shade(size: tuple[int, int], damage: Damage, random: np.random.Generator) -> Shade:
    """Lightness of the paper, 1 = its own: darker to one side, in stains and at the fold of a book."""
    width, height = (max(2, side // 8) for side in size)
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    slant = random.uniform(0, 1)
    shade = 1 - damage.gradient * (slant * across + (1 - slant) * down)
    for _ in range(damage.stains):
        y, x, radius, depth = random.random(), random.random(), random.uniform(0.05, 0.18), random.uniform(0.4, 1)
        distance = ((down - y) ** 2 + (across - x) ** 2) / radius**2
        shade *= 1 - damage.stain_depth * depth / (1 + distance**2)
    if damage.gutter:
        shade *= 1 - damage.gutter / (1 + ((across - 0.5) / 0.02) ** 2)
    return np.asarray(Image.fromarray(shade.astype(np.float32)).resize(size, Image.Resampling.BILINEAR), np.float64)


def bordered(image: Image.Image, damage: Damage) -> Image.Image:
    """The scanner's dark bed around a page smaller than it."""
    if not damage.border:
        return image
    margin = round(image.width * damage.border)
    bed = Image.new("L", (image.width + 2 * margin, image.height + margin), DARK_BORDER)
    bed.paste(image, (margin, margin // 3))
    return bed


def noisy(image: Image.Image, damage: Damage, random: np.random.Generator) -> Image.Image:
    if not (damage.noise or damage.grain):
        return image
    levels = np.asarray(image) + random.normal(0, damage.noise, image.size[::-1])
    where = random.random(levels.shape)
    levels[where < damage.grain / 2] = 0
    levels[where > 1 - damage.grain / 2] = 255
    return as_image(levels)


def coloured(image: Image.Image, paper: tuple[int, int, int]) -> Image.Image:
    if len(set(paper)) == 1:
        return image if paper[0] == 255 else image.point([level * paper[0] // 255 for level in range(256)])
    tinted = [image.point([level * channel // 255 for level in range(256)]) for channel in paper]
    return Image.merge("RGB", tinted)


def compressed(image: Image.Image, quality: int) -> Image.Image:
    if not quality:
        return image
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(content).copy()


def as_image(levels: Shade) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
