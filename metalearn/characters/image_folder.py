"""A folder of your own images as a character set."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.characters.images import decode_image, normalise_image, read_image_files
from metalearn.errors import MetalearnError


def load_folder(path: str | Path) -> CharacterSet:
    """Read your own images: ``path/class/image.png`` or ``path/alphabet/class/image.png``.

    Images may have any size and colours, light on dark or dark on light, and classes may have different numbers of
    them. Images are put on a square, shrunk to 28 x 28 and stretched to full contrast.

    Parameters
    ----------
    path : path
        The folder.

    Returns
    -------
    CharacterSet
        One character per class.

    Raises
    ------
    MetalearnError
        For a folder without classes, or with a file that is not an image.
    """
    path = Path(path)
    if not path.is_dir():
        raise MetalearnError("{path} is not a folder", path=path)
    drawings: dict[str, list[np.ndarray]] = defaultdict(list)
    for name, content in read_image_files(path):
        parts = name.split("/")[:-1]
        if len(parts) in (1, 2):
            character = "/".join(parts if len(parts) == 2 else (path.name, *parts))
            drawings[character].append(normalise_image(decode_image(content, name)))
    if not drawings:
        raise MetalearnError("{path} holds no class folders with images (path/class/image.png)", path=path)
    most = max(map(len, drawings.values()))
    images = np.zeros((len(drawings), most, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    for row, class_drawings in zip(images, drawings.values(), strict=True):
        row[: len(class_drawings)] = class_drawings
    return CharacterSet(
        name=f"own {path.name}" if path.name in ("omniglot", "glyphs") else path.name,
        images=images,
        characters=tuple(drawings),
        drawers=tuple(f"drawing{i + 1:02d}" for i in range(most)),
        source=str(path),
        citation=f"images of the user's own, in {path.name}",
        counts=np.array([len(class_drawings) for class_drawings in drawings.values()]),
    )
