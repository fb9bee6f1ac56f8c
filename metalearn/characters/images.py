"""Image files: read them within limits, and turn them into drawings of 28 x 28 pixels with ink high."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.errors import MetalearnError

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}

# What reading a zip archive raises that is damaged, encrypted, or packed in an unknown way.
ARCHIVE_ERRORS = (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError)

MAX_FILES = 50_000

MAX_FILE_BYTES = 10_000_000

MAX_PIXELS = 16_000_000


def read_image_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name (with forward slashes) and content of each image in a folder or zip archive, sorted by name.

    Raises MetalearnError for what cannot be read, for too many images, and for one that is too large.
    """
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
            sizes = [(file.relative_to(path).as_posix(), file.stat().st_size) for file in files]
            _check_bounds(path, sizes)
            for file, (name, _) in zip(files, sizes, strict=True):
                yield name, file.read_bytes()
        else:
            with zipfile.ZipFile(path) as archive:
                entries = [e for e in archive.infolist() if Path(e.filename).suffix.lower() in IMAGE_SUFFIXES]
                entries.sort(key=lambda entry: entry.filename)
                _check_bounds(path, [(entry.filename, entry.file_size) for entry in entries])
                for entry in entries:
                    yield entry.filename, archive.read(entry)
    except ARCHIVE_ERRORS as error:
        raise MetalearnError(
            "{path} cannot be read ({error}); fetch it again or name another", path=path, error=str(error)
        ) from error


def _check_bounds(path: Path, sizes: list[tuple[str, int]]) -> None:
    if len(sizes) > MAX_FILES:
        raise MetalearnError(
            "{path} holds {count:,} images; at most {most:,} are read", path=path, count=len(sizes), most=MAX_FILES
        )
    for name, size in sizes:
        if size > MAX_FILE_BYTES:
            raise MetalearnError(
                "{name} in {path} has {size:,} bytes; an image may have {most:,}",
                name=name,
                path=path,
                size=size,
                most=MAX_FILE_BYTES,
            )


def decode_image(content: bytes, name: str) -> np.ndarray:
    """Return an image file as grey levels, uint8 ``[height, width]``; transparent parts become white."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise MetalearnError(
                    "{name} has {width} x {height} pixels; at most 16 million are read",
                    name=name,
                    width=image.width,
                    height=image.height,
                )
            if image.mode in ("1", "L"):
                return np.asarray(image.convert("L"))
            rgba = image.convert("RGBA")
            return np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("L"))
    except MetalearnError:
        raise
    except Exception as error:  # Pillow's decoders raise many types for a broken file
        raise MetalearnError(
            "{name} is not an image that can be read ({error})", name=name, error=str(error)
        ) from error


def normalise_image(grey: np.ndarray) -> np.ndarray:
    """Turn grey levels ``[height, width]`` into ink, uint8 ``[28, 28]``, at full contrast.

    The image may have any size, and dark ink on a light ground or the reverse: the ground is what most of the border
    shows. The image is padded to a square.
    """
    level = grey.astype(np.float32)
    border = np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]])
    ink = np.abs(level - np.median(border))
    ink[ink < 0.1 * ink.max()] = 0
    height, width = ink.shape
    side = max(height, width)
    square = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = ink
    small = shrink_images(square[None] / max(float(ink.max()), 1.0))[0].astype(np.float32)
    return np.round(small * (255 / max(float(small.max()), 1.0))).astype(np.uint8)


def shrink_images(ink: np.ndarray) -> np.ndarray:
    """Average square images, float32 ``[n, side, side]`` in [0, 1], over a 28 x 28 grid: uint8 ``[n, 28, 28]``."""
    weights = _area_weights(ink.shape[-1])
    return np.round(255 * (weights @ ink @ weights.T)).astype(np.uint8)


def _area_weights(side: int) -> np.ndarray:
    """Return the share of each new pixel that each old one covers, ``[28, side]``: a box filter with exact edges."""
    edges = np.linspace(0, side, IMAGE_SIZE + 1)
    left, right = edges[:-1, None], edges[1:, None]
    pixel = np.arange(side)
    overlap = np.clip(np.minimum(right, pixel + 1) - np.maximum(left, pixel), 0, None)
    return (overlap * IMAGE_SIZE / side).astype(np.float32)
