"""Image files of every kind are read as people see them, within limits on what becomes of them, or refused."""

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metalearn.characters.images import WORKING_SIDE, count_pixels, decode_image
from metalearn.characters.ink import normalise_image
from metalearn.errors import MetalearnError


def saved(image: Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def letter(side: int = 90) -> Image.Image:
    """An L, dark on white, which looks different from every side."""
    grey = np.full((side, side), 255, np.uint8)
    grey[side // 5 : -side // 5, side // 4 : side // 4 + side // 9] = 0
    grey[-side // 5 - side // 9 : -side // 5, side // 4 : side * 2 // 3] = 0
    return Image.fromarray(grey)


def read(content: bytes) -> np.ndarray:
    return normalise_image(decode_image(content, "it"))


def tiff(tile: int, content: bytes) -> bytes:
    """A TIFF of 16 x 16 pixels in one tile, which may be far larger."""
    tags = {256: 16, 257: 16, 258: 8, 259: 32773, 262: 1, 277: 1, 322: tile, 323: tile, 324: 134, 325: len(content)}
    entries = b"".join(
        tag.to_bytes(2, "little") + b"\4\0\1\0\0\0" + value.to_bytes(4, "little") for tag, value in tags.items()
    )
    return b"II*\0\10\0\0\0" + len(tags).to_bytes(2, "little") + entries + b"\0\0\0\0" + content


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (saved(Image.new("L", (1, 65535))), "20,000 along a side"),
        (saved(Image.new("L", (2, 30000))), "20,000 along a side"),
        (saved(Image.new("1", (6000, 5000))), "25 million"),
        (saved(Image.new("1", (15_000, 15_000))), "25 million"),
        (saved(Image.new("RGB", (4000, 3500)), "JPEG", progressive=True), "12 million"),
        (tiff(30_000, b"\x81\0" * 1000), "25 million"),
        (b"\x89PNG" + bytes(25_000_000), "at most 25 MB"),
    ],
    ids=["thin", "less thin", "large", "a bomb", "slow", "a tile", "long"],
)
def test_what_would_become_too_much_is_refused(content: bytes, said: str) -> None:
    assert count_pixels(content) == 0
    with pytest.raises(MetalearnError, match=said):
        decode_image(content, "it")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("size", [(1000, 3000), (449, 20), (1, 16_000), (3000, 2)])
def test_a_large_image_is_shrunk_as_it_is_read(kind: str, size: tuple[int, int]) -> None:
    grey = decode_image(saved(Image.new("L", size, 200), kind), "it")
    assert WORKING_SIDE // 2 <= max(grey.shape[:2]) <= WORKING_SIDE
    assert np.abs(grey.astype(int) - 200).max() <= 2


def test_a_large_image_looks_like_a_small_one() -> None:
    small = read(saved(letter(84))).astype(int)
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        for mode in ("L", "RGB"):
            large = read(saved(letter(84).resize((1680, 1680), Image.Resampling.NEAREST).convert(mode), kind))
            assert np.abs(large - small).max() <= 12, (kind, mode)


def test_a_thin_image_is_not_padded_before_it_is_shrunk() -> None:
    tracemalloc.start()
    normalise_image(np.full((1, 20_000), 255, np.uint8))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_image_is_read_or_refused_in_one_line(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]))
    content = bytearray(saved(letter(40), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        drawing = read(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except MetalearnError as refused:
        drawing, said = np.zeros((28, 28)), str(refused)
    else:
        said = ""
    assert drawing.shape == (28, 28)
    assert "\n" not in said
    assert " at 0x" not in said


# --- as people see them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("side", [90, 900])
def test_an_image_is_turned_as_the_camera_says(orientation: int, kind: str, side: int) -> None:
    """Each of the eight ways in which a camera may have been held, undone: what was upright is upright again."""
    undone = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, 1)
    exif = Image.Exif()
    exif[0x0112] = undone
    from PIL import ImageOps

    as_stored = letter(side)
    as_stored.getexif()[0x0112] = undone
    stored = ImageOps.exif_transpose(as_stored)
    exif[0x0112] = orientation
    upright, turned = read(saved(letter(side), "PNG")), read(saved(stored, kind, exif=exif))
    assert np.abs(upright.astype(int) - turned).mean() < 3


def opaque(grey: Image.Image) -> Image.Image:
    return grey.convert("RGBA")


def see_through(grey: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """Ink of one colour on nothing."""
    image = Image.new("RGBA", grey.size, (*colour, 0))
    image.putalpha(Image.eval(grey, lambda level: 255 - level))
    return image


def deep(grey: Image.Image, most: int) -> Image.Image:
    return Image.fromarray((np.asarray(grey).astype(np.uint16) * (most // 255)).astype(np.uint16))


def coloured(grey: Image.Image, ink: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    return Image.composite(Image.new("RGB", grey.size, ground), Image.new("RGB", grey.size, ink), grey)


def indexed(grey: Image.Image, transparent: bool) -> tuple[Image.Image, dict[str, int]]:
    image = Image.fromarray((np.asarray(grey) < 128).astype(np.uint8))
    palette = Image.new("P", grey.size)
    palette.putdata(list(image.get_flattened_data() if hasattr(image, "get_flattened_data") else image.getdata()))
    palette.putpalette([255, 255, 255, 255 if transparent else 0, 255 if transparent else 0, 255])
    return palette, {"transparency": 0} if transparent else {}


CASES: dict[str, bytes] = {
    "light on dark": saved(Image.eval(letter(), lambda level: 255 - level)),
    "one bit": saved(letter().convert("1")),
    "16 bits": saved(deep(letter(), 65535)),
    "12 of 16 bits": saved(deep(letter(), 4095)),
    "16 bits, TIFF": saved(deep(letter(), 65535), "TIFF"),
    "floating point": saved(Image.fromarray(np.asarray(letter()).astype(np.float32) / 255), "TIFF"),
    "RGBA": saved(opaque(letter())),
    "black on nothing": saved(see_through(letter(), (0, 0, 0))),
    "white on nothing": saved(see_through(letter(), (255, 255, 255))),
    "yellow on nothing": saved(see_through(letter(), (255, 255, 0))),
    "palette": saved(indexed(letter(), False)[0]),
    "white on nothing, palette": saved(indexed(letter(), True)[0], **indexed(letter(), True)[1]),
    "CMYK, JPEG": saved(letter().convert("RGB").convert("CMYK"), "JPEG", quality=95),
    "CMYK, TIFF": saved(letter().convert("RGB").convert("CMYK"), "TIFF"),
    "red on green of the same grey": saved(coloured(letter(), (200, 0, 0), (0, 102, 0))),
    "yellow on white": saved(coloured(letter(), (255, 255, 0), (255, 255, 255))),
    "blue on black": saved(coloured(letter(), (0, 0, 255), (0, 0, 0))),
    "grey with transparency": saved(see_through(letter(), (0, 0, 0)).convert("LA")),
    "GIF": saved(letter(), "GIF"),
    "WebP": saved(opaque(letter()), "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", list(CASES))
def test_the_same_drawing_looks_the_same_in_every_kind_of_file(name: str) -> None:
    expected = read(saved(letter())).astype(int)
    assert np.abs(read(CASES[name]) - expected).max() <= 16


@pytest.mark.parametrize(
    "image",
    [
        Image.new("L", (50, 50), 255),
        Image.new("L", (50, 50), 0),
        Image.new("RGB", (50, 50), (10, 200, 30)),
        Image.new("RGBA", (50, 50), (255, 255, 255, 0)),
        Image.new("RGBA", (50, 50), (9, 9, 9, 90)),
        Image.fromarray(np.full((50, 50), 40_000, np.uint16)),
        Image.fromarray(np.pad(np.full((1, 1), 255, np.uint8), 40)),
        Image.fromarray((250 + np.arange(2500).reshape(50, 50) % 5).astype(np.uint8)),
    ],
    ids=["white", "black", "green", "nothing", "a veil", "16 bits", "a speck", "hardly anything"],
)
def test_a_blank_image_is_blank(image: Image.Image) -> None:
    assert not read(saved(image)).any()


def test_the_least_that_omniglots_drawers_drew_is_not_blank(omniglot: Any) -> None:
    drawings = omniglot.images.reshape(-1, 28, 28)
    least = drawings[np.argsort(drawings.sum((1, 2)))[:20]]
    assert all(normalise_image(255 - drawing).any() for drawing in least)


# --- photographs -----------------------------------------------------------------------------------------------------


def photograph(
    ink: np.ndarray, light: float = 0, shadow: float = 0, noise: float = 2, rules: int = 0, tilt: float = 0
) -> bytes:
    """A page of 300 x 300 pixels, photographed: in light from one side, in a hand's shadow, or ruled."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:300, :300] / 300
    level = np.full((300, 300, 3), 225.0)
    if rules:
        level[(y + tilt * (x - 0.5)) * rules % 1 < 0.06] = (170, 190, 230)
    level[ink] = 40
    level *= (1 - light * x)[:, :, None]
    level *= (1 - shadow / (1 + np.exp(-40 * (x - y / 2 - 0.3))))[:, :, None]
    level += rng.normal(0, noise, level.shape)
    return saved(Image.fromarray(level.clip(0, 255).astype(np.uint8)), "JPEG", quality=90)


PAGES: dict[str, dict[str, float]] = {
    "even": {},
    "noise": {"noise": 10},
    "light": {"light": 0.6},
    "shadow": {"shadow": 0.5},
    "ruled": {"rules": 12},
    "ruled, askew": {"rules": 12, "tilt": 0.04},
    "ruled, in uneven light": {"rules": 12, "light": 0.5, "tilt": -0.02},
}


@pytest.mark.parametrize("inverted", [False, True], ids=["on white", "on black"])
@pytest.mark.parametrize("page", list(PAGES))
def test_ink_is_found_on_a_photographed_page(page: str, inverted: bool) -> None:
    ink = np.asarray(letter(300)) < 128
    grey = decode_image(photograph(ink, **PAGES[page]), "it")  # type: ignore[arg-type]
    found = normalise_image(255 - grey if inverted else grey)
    expected = normalise_image(np.where(ink, 0, 255))
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.93


@pytest.mark.parametrize("page", [page for page in PAGES if page != "shadow"])
def test_an_empty_page_is_blank_in_any_light(page: str) -> None:
    empty = photograph(np.zeros((300, 300), bool), **PAGES[page])  # type: ignore[arg-type]
    assert not read(empty).any()


@pytest.mark.parametrize("bars", [1, 3], ids=["a bar", "three bars"])
def test_a_bar_from_side_to_side_is_ink_and_no_rule(bars: int) -> None:
    grey = np.full((90, 90), 255, np.uint8)
    for top in np.linspace(20, 65, bars).astype(int):
        grey[top : top + 8] = 0
    assert normalise_image(grey).any(axis=1).sum() >= 2 * bars
