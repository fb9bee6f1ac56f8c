"""Characters that a visitor draws or uploads: checked, and turned into drawings of 28 x 28 pixels."""

from collections import defaultdict
from typing import Any

import numpy as np

from metalearn.characters import strokes
from metalearn.characters.collection import Collection, Limits, read_collection, read_image
from metalearn.characters.image_files import File
from metalearn.errors import MetalearnError

MOST_STROKES = 400  # on a whole sheet

ARCHIVE = "the archive"
LIMITS = Limits(images=500, total_bytes=40_000_000, total_pixels=400_000_000)


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


def read_archive(content: bytes) -> Collection:
    """Read the images in a zip archive by class. They may lie in it in every way in which they may lie in a folder.

    Nothing is unpacked to a disk: the names of folders are only names. Raises MetalearnError for a file that is not an
    archive of images. An archive may hold 500 images; together they may have 40 MB, unpacked, and 400 million pixels.
    """
    found = read_collection(content, ARCHIVE, LIMITS)
    alphabets = {name.rsplit("/", 1)[0] for name in found.classes}
    if len(alphabets) > 1:
        return found
    short = {name: name.rsplit("/", 1)[1] for name in found.classes}
    return Collection(
        {short[name]: drawings for name, drawings in found.classes.items()},
        {short[name]: files for name, files in found.files.items()},
        found.left_out,
    )


def read_upload(content: bytes, name: str = "the picture") -> np.ndarray:
    """Return one uploaded image as ink, uint8 ``[28, 28]``.

    Raises MetalearnError for another kind of file, for a large one, and for an image that shows nothing.
    """
    return read_image(File(name, len(content), lambda: content))
