"""``metalearn data preview PATH``: what was read of a folder beside what came, and what was left out and why."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.characters.collection import Collection
from metalearn.characters.image_files import open_files
from metalearn.characters.image_folder import read_folder
from metalearn.characters.images import decode_image
from metalearn.cli.commands import SHADES

SHOWN = 8  # classes, one image of each
SIDE = 28


def preview_folder(path: Path) -> dict[str, Any]:
    """Read a folder, or a zip archive of one, and describe it. Raises what :func:`load_folder` raises."""
    found = read_folder(path)
    left_out: dict[str, list[str]] = defaultdict(list)
    for name, why in found.left_out.items():
        left_out[why.text.replace("{name} ", "")].append(name)
    return {
        "source": str(path),
        "images": sum(map(len, found.classes.values())),
        "classes": {name: len(drawings) for name, drawings in found.classes.items()},
        "put_together": found.merged,
        "left_out": [{"why": why, "count": len(names), "files": names} for why, names in left_out.items()],
        "picture": _side_by_side(path, found),
    }


def _side_by_side(path: Path, found: Collection) -> str:
    shown = {found.files[name][0]: (name, found.classes[name][0]) for name in list(found.classes)[:SHOWN]}
    blocks = []
    with open_files(path, str(path)) as files:
        for file in files:
            if file.name in shown:
                name, drawing = shown[file.name]
                came, read = _in_shades(_as_it_came(decode_image(file.read(), file.name))), _in_shades(drawing)
                lines = [f"{left}  {right}".rstrip() for left, right in zip(came, read, strict=True)]
                blocks.append("\n".join([f"{file.name} (left) as {name} (right)", *lines]))
    return "\n".join(blocks)


def _as_it_came(image: np.ndarray) -> np.ndarray:
    """Return an image as uint8 ``[28, 28]`` in its own shape and light, dark parts high."""
    from PIL import Image

    grey = Image.fromarray(255 - np.round(image.mean(-1)).astype(np.uint8))
    grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    square = Image.new("L", (SIDE, SIDE))
    square.paste(grey, ((SIDE - grey.width) // 2, (SIDE - grey.height) // 2))
    return np.asarray(square)


def _in_shades(drawing: np.ndarray) -> list[str]:
    """Draw a 28 x 28 image as text; a letter is a shade for two pixels, one above the other."""
    level = drawing.astype(int).reshape(SIDE // 2, 2, SIDE).mean(1)
    return ["".join(row) for row in np.array(list(SHADES))[np.round(level * (len(SHADES) - 1) / 255).astype(int)]]
