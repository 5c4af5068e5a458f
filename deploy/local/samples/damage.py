"""Ages a drawn page into something like a photograph of old paper: yellow, stained, skewed, blurred, noisy, 200 dpi."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

DPI = 200
SKEW_DEGREES = 2.0
PAPER = (214, 192, 148)
INK_FADE = 0.7
BLEED_THROUGH = 0.12
BLUR_PIXELS = 0.9
NOISE_LEVELS = 8.0
STAINS = 7

Shade = NDArray[np.float32]


def age(page: Image.Image, back: Image.Image, seed: int) -> Image.Image:
    """RGB at 200 dpi. `back` is what shines through from the other side."""
    random = np.random.default_rng(seed)
    ink = darkness(page) * INK_FADE + darkness(back)[:, ::-1] * BLEED_THROUGH
    height, width = ink.shape
    paper = np.asarray(PAPER, np.float32) * paper_shade(height, width, random)[..., None]
    photo = paper * (1 - np.clip(ink, 0, 1))[..., None]
    photo = cv2.GaussianBlur(skewed(photo), (0, 0), BLUR_PIXELS)
    photo = photo + random.normal(0, NOISE_LEVELS, photo.shape)
    return Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8))


def darkness(page: Image.Image) -> Shade:
    """0 paper to 1 ink, at 200 dpi."""
    size = (round(page.width * DPI / 300), round(page.height * DPI / 300))
    lightness = np.asarray(page.resize(size, Image.Resampling.LANCZOS), np.float32)
    return np.asarray(1 - lightness / 255, np.float32)


def paper_shade(height: int, width: int, random: np.random.Generator) -> Shade:
    """Lightness of the paper, 1 = its own: darker to one side and in stains."""
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    shade = 1 - 0.4 * across - 0.22 * down
    for _ in range(STAINS):
        y, x, size, depth = random.random(), random.random(), random.uniform(0.04, 0.14), random.uniform(0.2, 0.6)
        shade *= 1 - depth * np.exp(-((down - y) ** 2 + (across - x) ** 2) / size**2)
    return np.asarray(shade, np.float32)


def skewed(photo: Shade) -> Shade:
    height, width = photo.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), SKEW_DEGREES, 1)
    return np.asarray(cv2.warpAffine(photo, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)
