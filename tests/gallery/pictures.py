"""Drawings of the built-in glyphs as people bring them: scans, photographs, files of every kind."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageOps

SIDE = 120  # of a picture, unless its size is the point

Grey = Image.Image  # of mode L, dark ink on white


def scan(drawing: np.ndarray, size: tuple[int, int] = (SIDE, SIDE)) -> Grey:
    """Return a drawing, uint8 ``[28, 28]`` with ink high, as a scan ``(width, height)``: dark ink on white."""
    side = min(size)
    grown = Image.fromarray(255 - drawing).resize((side, side), Image.Resampling.BICUBIC)
    page = Image.new("L", size, 255)
    page.paste(grown, ((size[0] - side) // 2, (size[1] - side) // 2))
    return page


def on_a_page(drawing: np.ndarray, share: float = 0.4, place: tuple[float, float] = (0.2, 0.6)) -> Grey:
    """Return a drawing as a small part of a page, away from its middle."""
    page, side = Image.new("L", (2 * SIDE, 2 * SIDE), 255), round(2 * SIDE * share)
    small = Image.fromarray(255 - drawing).resize((side, side), Image.Resampling.BICUBIC)
    page.paste(small, (round((2 * SIDE - side) * place[0]), round((2 * SIDE - side) * place[1])))
    return page


def coloured(grey: Grey, ink: str, ground: str) -> Image.Image:
    return Image.composite(Image.new("RGB", grey.size, ground), Image.new("RGB", grey.size, ink), grey)


def on_nothing(grey: Grey, ink: tuple[int, int, int]) -> Image.Image:
    """Return ink of one colour on a transparent ground."""
    image = Image.new("RGBA", grey.size, (*ink, 0))
    image.putalpha(ImageOps.invert(grey))
    return image


def sixteen_bits(grey: Grey, most: int = 65_535) -> Image.Image:
    return Image.fromarray((np.asarray(grey).astype(np.uint32) * most // 255).astype(np.uint16))


def photograph(grey: Grey, light: float = 0, rules: int = 0, squares: bool = False, noise: float = 3) -> Image.Image:
    """Return a page as a camera sees it: light from the left, ``rules`` blue lines on the paper (and across), noise."""
    height, width = grey.height, grey.width
    y, x = np.mgrid[:height, :width] / max(height, width)
    level = np.full((height, width, 3), 225.0)
    if rules:
        lines = (y * rules % 1 < 0.06) | (squares & (x * rules % 1 < 0.06))
        level[lines] = (170, 190, 230)
    ink = 1 - np.asarray(grey)[:, :, None] / 255.0
    level = (level + ink * (40 - level)) * (1 - light * x)[:, :, None]
    level += np.random.default_rng(0).normal(0, noise, level.shape)
    return Image.fromarray(level.clip(0, 255).astype(np.uint8))


# How a camera that was held in each of eight ways stored what it saw: its note, and what undoes the turn.
HELD = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def turned(image: Image.Image, note: int) -> bytes:
    """Return a JPEG as a camera writes it that was held in one of eight ways: its pixels turned, and a note of it."""
    stored = image.copy()
    stored.getexif()[0x0112] = HELD[note]
    stored = ImageOps.exif_transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = note
    return saved(stored, "JPEG", exif=exif, quality=90)


def saved(image: Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()
