"""Image files: read them within limits, as people see them, and shrink drawings to 28 x 28 pixels.

A small file can hold a very large image. So its size is read first; what is too large is refused, and what is large is
shrunk strip by strip as soon as it is decoded. No step makes a second copy of a large image.
"""

import io
from contextlib import suppress

import numpy as np
from PIL import (  # noqa: F401
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from metalearn._files import in_words
from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.errors import MetalearnError

MAX_FILE_BYTES = 25_000_000
MAX_PIXELS = 25_200_000  # a photograph of "25 megapixels" may have a few more
MAX_SLOW_PIXELS = 12_600_000  # of a WebP, which takes 16 bytes a pixel to decode, or a progressive JPEG
MAX_TILE_PIXELS = 4_200_000
TILE_WIDTH, TILE_HEIGHT = 322, 323  # the numbers of a TIFF's tags
MAX_SIDE = 20_000
WORKING_SIDE = 16 * IMAGE_SIZE  # the longer side of what is read; larger images are shrunk to it, or somewhat less
STRIP_PIXELS = 1_000_000

# What Pillow may take a file for. Its other formats include some that start programs.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
TOO_LARGE = "{name} is too large: at most 25 million pixels are read, and 20,000 along a side"
TOO_SLOW = "{name} is too large: at most 12 million pixels are read of a WebP or a progressive JPEG; save it as PNG"
ONE_COLOUR = 20  # levels; the visible parts of an image that differ by less than this are of one colour


def decode_image(content: bytes, name: str) -> np.ndarray:
    """Return an image file as people see it, uint8 ``[height, width, channels]``, with one channel (grey) or three.

    The image is turned as a camera's note in it says. Images with a longer side of more than 448 pixels are shrunk to
    224 to 448. Transparent parts become white; if all that is visible has one colour, it becomes dark on white.

    Raises MetalearnError for what is not a PNG, JPEG, BMP, GIF, WebP or TIFF image, for more than 25 MB, for more than
    25 million pixels (12 million of a WebP or a progressive JPEG), and for a side of more than 20,000.
    """
    if len(content) > MAX_FILE_BYTES:
        raise MetalearnError("{name} is too large: at most 25 MB are read", name=name)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check(image, name)
            small = _shrunk(image)
            with suppress(Exception):  # a camera's note that cannot be read says nothing
                small = ImageOps.exif_transpose(small)
            return _pixels(small)
    except MetalearnError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MetalearnError(TOO_LARGE, name=name) from error
    except UnidentifiedImageError as error:
        raise MetalearnError("{name} is not an image that can be read", name=name) from error
    except Exception as error:  # Pillow's decoders raise many types for a broken file
        raise MetalearnError(
            "{name} is not an image that can be read ({error})", name=name, error=in_words(error)
        ) from error


def count_pixels(content: bytes) -> int:
    """Return how many pixels an image file says that it has; 0 if it would not be read at all."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check(image, "")
            return image.width * image.height
    except Exception:  # whatever is wrong with it, decode_image will say it
        return 0


def _check(image: Image.Image, name: str) -> None:
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise MetalearnError(TOO_LARGE, name=name)
    tags = getattr(image, "tag_v2", {})  # of a TIFF, which may consist of tiles, each decoded whole
    if tags.get(TILE_WIDTH, 0) * tags.get(TILE_HEIGHT, 0) > MAX_TILE_PIXELS:
        raise MetalearnError(TOO_LARGE, name=name)
    if image.width * image.height > MAX_SLOW_PIXELS and (image.format == "WEBP" or "progressive" in image.info):
        raise MetalearnError(TOO_SLOW, name=name)


def _shrunk(image: Image.Image) -> Image.Image:
    """Return an image with its levels in plain numbers, and its longer side at most WORKING_SIDE."""
    image.draft(None, (WORKING_SIDE, WORKING_SIDE))  # a JPEG can be decoded at a half, a quarter or an eighth
    image.load()
    factor = -(-max(image.size) // WORKING_SIDE)
    if factor == 1:
        small = _plain(image)
    else:
        rows = factor * max(1, STRIP_PIXELS // (factor * image.width))
        strips = [
            _plain(image.crop((0, top, image.width, min(top + rows, image.height)))).reduce(factor)
            for top in range(0, image.height, rows)
        ]
        small = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
        for strip, top in zip(strips, np.cumsum([0, *(strip.height for strip in strips)]), strict=False):
            small.paste(strip, (0, int(top)))
    small.info = dict(image.info)
    return small


def _plain(image: Image.Image) -> Image.Image:
    """Return an image of any mode in one of four: F for levels of more than 8 bits, else RGBA, L or RGB."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(np.asarray(image).astype(np.float32))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _pixels(image: Image.Image) -> np.ndarray:
    if image.mode == "F":
        return _eight_bits(np.asarray(image))[:, :, None]
    if image.mode == "RGBA":
        return _on_white(image)
    return np.asarray(image).reshape(image.height, image.width, -1)


def _eight_bits(levels: np.ndarray) -> np.ndarray:
    """Scale levels of 8, 10, 12, 16 or 32 bits, or between 0 and 1, to 0 to 255: the fewest bits that hold them all."""
    levels = np.nan_to_num(levels, posinf=0, neginf=0)
    levels = levels - min(0, levels.min())
    largest = float(levels.max())
    most = next((most for most in (1, 255, 1023, 4095, 65535) if largest <= most), largest)
    return np.round(levels * (255 / most)).astype(np.uint8)


def _on_white(image: Image.Image) -> np.ndarray:
    """Put an image with transparent parts on white paper. If its ink has one colour, the ink is made dark."""
    opacity = np.asarray(image.getchannel("A"))
    if opacity.min() < 255 and opacity.any():
        level = np.asarray(image.convert("RGB").convert("L")).astype(np.float32)
        mean = np.average(level, weights=opacity)
        if np.average((level - mean) ** 2, weights=opacity) < ONE_COLOUR**2:
            return (255 - opacity)[:, :, None]
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB"))


def shrink_images(ink: np.ndarray) -> np.ndarray:
    """Average square images, float32 ``[n, side, side]`` in [0, 1], over a 28 x 28 grid: uint8 ``[n, 28, 28]``."""
    weights = area_weights(ink.shape[-1])
    return np.round(255 * (weights @ ink @ weights.T)).astype(np.uint8)


def area_weights(pixels: int, start: float = 0, side: float | None = None) -> np.ndarray:
    """Return the share of each new pixel that each old one covers, ``[28, pixels]``: a box filter with exact edges.

    The new pixels divide what begins at ``start`` and is ``side`` long, in old pixels: by default, all of them. It may
    reach beyond the image, where there is nothing.
    """
    side = pixels if side is None else side
    edges = np.linspace(start, start + side, IMAGE_SIZE + 1)
    left, right = edges[:-1, None], edges[1:, None]
    pixel = np.arange(pixels)
    overlap = np.clip(np.minimum(right, pixel + 1) - np.maximum(left, pixel), 0, None)
    return (overlap * IMAGE_SIZE / side).astype(np.float32)
