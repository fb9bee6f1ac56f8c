"""A folder, or a zip archive, of your own images as a character set."""

import logging
from pathlib import Path

import numpy as np

from metalearn._files import user_path
from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.characters.collection import Collection, Limits, read_collection
from metalearn.errors import MetalearnError

log = logging.getLogger("metalearn")

LIMITS = Limits(images=50_000)
NAMED = 3  # how many of the files that were left out are named


def load_folder(path: str | Path) -> CharacterSet:
    """Read your own images: ``path/class/image.png`` or ``path/alphabet/class/image.png``.

    Other layouts are read too; the page on data has them all. Images may have any size and colours, light on dark or
    dark on light, and classes may have different numbers of them. A drawing may lie anywhere in its image: it is
    centred, and made as large as Omniglot's, 28 x 28 pixels in all. What is blank or cannot be read is left out, and a
    warning names it.

    Parameters
    ----------
    path : path
        The folder, or a zip archive of it. ``~`` is the home folder.

    Returns
    -------
    CharacterSet
        One character per class.

    Raises
    ------
    MetalearnError
        For a folder without classes, or without an image that can be read.
    """
    path = user_path(path)
    found = read_folder(path)
    if found.problems:
        named = "; ".join(map(str, found.problems[:NAMED]))
        more = len(found.problems) - NAMED
        log.warning(
            "%s: %d left out: %s%s ('metalearn data preview %s' shows what was read)",
            path.name,
            len(found.problems),
            named,
            f"; and {more} more" if more > 0 else "",
            path,
        )
    most = max(map(len, found.classes.values()))
    images = np.zeros((len(found.classes), most, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    order = sorted(found.classes, key=lambda name: name.rsplit("/", 1)[0])  # alphabets are neighbours
    for row, name in zip(images, order, strict=True):
        row[: len(found.classes[name])] = found.classes[name]
    return CharacterSet(
        name=f"own {path.stem}" if path.stem in ("omniglot", "glyphs") else path.stem,
        images=images,
        characters=tuple(order),
        drawers=tuple(f"drawing{i + 1:02d}" for i in range(most)),
        source=str(path),
        citation=f"images of the user's own, in {path.name}",
        counts=np.array([len(found.classes[name]) for name in order]),
    )


def read_folder(path: Path) -> Collection:
    """Read what is in a folder or a zip archive, and say what was left out. Raises what :func:`load_folder` raises."""
    if not (path.is_dir() or path.suffix.lower() == ".zip"):
        raise MetalearnError("{path} is not a folder, nor a zip archive", path=path)
    return read_collection(path, str(path), LIMITS)
