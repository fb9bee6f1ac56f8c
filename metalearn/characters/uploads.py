"""Characters that a visitor draws or uploads: checked, and turned into drawings of 28 x 28 pixels."""

import io
import zipfile
from collections import defaultdict
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from metalearn.characters import strokes
from metalearn.characters.images import ARCHIVE_ERRORS, IMAGE_SUFFIXES, decode_image, normalise_image
from metalearn.errors import MetalearnError

MOST_STROKES = 400  # on a whole sheet

MOST_FILES, MOST_BYTES = 500, 40_000_000  # in an archive, unpacked

MOST_FILE_BYTES = 2_000_000

LONGEST_NAME = 30


def images_from_strokes(sent: Any, cells: int) -> list[np.ndarray | None]:
    """Return what was drawn in each of a sheet's ``cells``, uint8 ``[28, 28]``; None where nothing was drawn.

    ``sent`` is what a browser sent: a list of ``{"cell": number, "points": [[x, y], …]}``, in the unit square of the
    cell. Each drawing is centred and scaled to the size of Omniglot's. Raises MetalearnError for anything else.
    """
    if not isinstance(sent, list) or len(sent) > MOST_STROKES:
        raise MetalearnError("a sheet is a list of at most {most} strokes", most=MOST_STROKES)
    by_cell: dict[int, list[Any]] = defaultdict(list)
    for stroke in sent:
        cell = stroke.get("cell") if isinstance(stroke, dict) else None
        if not isinstance(cell, int) or isinstance(cell, bool) or not 0 <= cell < cells:
            raise MetalearnError("a stroke names the cell that it is in, and its points")
        by_cell[cell].append(stroke.get("points"))
    return [_drawn(by_cell[cell]) if cell in by_cell else None for cell in range(cells)]


def _drawn(points: list[Any]) -> np.ndarray:
    return strokes.rasterise(strokes.fit_to_frame(points))


def read_archive(content: bytes) -> dict[str, list[np.ndarray]]:
    """Return the images in a zip archive as ink, uint8 ``[28, 28]``, by class: the folder that an image is in.

    Nothing is unpacked to a disk: the names of folders are only names. Raises MetalearnError for what is not an archive
    of images, and for more than 500 images, 2 MB for one of them, or 40 MB for all, unpacked.
    """
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [e for e in archive.infolist() if PurePosixPath(e.filename).suffix.lower() in IMAGE_SUFFIXES]
            _check_sizes([entry.file_size for entry in entries])
            for entry in sorted(entries, key=lambda entry: entry.filename):
                parts = PurePosixPath(entry.filename).parts
                if len(parts) > 1 and parts[0] != "__MACOSX":
                    found[_plain(parts[-2])].append(read_upload(archive.read(entry)))
    except ARCHIVE_ERRORS as error:
        raise MetalearnError("that is not a zip archive that can be read ({error})", error=str(error)) from error
    if not found:
        raise MetalearnError("the archive holds no pictures in folders; put those of a class into a folder of its own")
    return dict(found)


def _check_sizes(sizes: list[int]) -> None:
    if len(sizes) > MOST_FILES or sum(sizes) > MOST_BYTES or max(sizes, default=0) > MOST_FILE_BYTES:
        raise MetalearnError(
            "the archive is too large: at most {most} pictures, {each} MB each, {together} MB together",
            most=MOST_FILES,
            each=MOST_FILE_BYTES // 10**6,
            together=MOST_BYTES // 10**6,
        )


def read_upload(content: bytes) -> np.ndarray:
    """Return one uploaded image as ink, uint8 ``[28, 28]``. Raises MetalearnError for another file, or a large one."""
    return normalise_image(decode_image(content, "the picture"))


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME] or "unnamed"
