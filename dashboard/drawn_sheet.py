"""A sheet that a visitor drew on, as a text that an address can carry: a link brings the drawings along.

A sheet has rows of cells. The first row holds the drawings to be recognised, each other row those of one character.
The browser sends a list of strokes, ``{"cell": number, "points": [[x, y], …]}``, where x and y are from 0 to 1 within
the cell. The text is base64: for each stroke a byte for its cell, one for its number of points, one for each x and y.
"""

import base64
import re
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.tasks.task_batch import TaskBatch

COLUMNS = 4
MOST_CLASSES = 5
CELLS = COLUMNS * (MOST_CLASSES + 1)
QUERY = "?"  # what the row of the drawings to be recognised is called
FINEST = 255  # a cell is so many units wide
MOST_BYTES = 4_500  # 6,000 letters: servers and browsers take addresses of 8,000
# How many units a stroke may change when points are left out; the first tolerance that makes the sheet fit is taken.
# With the last one only the two ends of each stroke remain, and of such strokes as many fit as a sheet may have: 400.
TOLERANCES = (1, 2, 4, 8, 16, 32, 400)

Strokes = list[dict[str, Any]]


def packed(strokes: Any) -> str:
    """Return a sheet as the text for an address; "" for an empty sheet.

    Raises MetalearnError for what is no sheet, and for one that is too full (:mod:`metalearn.characters.strokes`).
    """
    _images(strokes)
    exact = [(s["cell"], np.rint(FINEST * np.array(s["points"], float)).astype(int)) for s in strokes]
    for tolerance in TOLERANCES:
        fewer = [(cell, simplified(points, tolerance)) for cell, points in exact]
        if all(len(points) <= 255 for _cell, points in fewer):
            content = b"".join(bytes([cell, len(points), *points.ravel().tolist()]) for cell, points in fewer)
            if len(content) <= MOST_BYTES:
                break
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def unpacked(text: str) -> Strokes:
    """Return the strokes of which :func:`packed` made a text. Raises MetalearnError for any other text."""
    if len(text) > 4 * MOST_BYTES // 3 or not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise MetalearnError("this link's drawings cannot be read; ask for the link again")
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    strokes, start = [], 0
    while start < len(content):
        cell, count = content[start], content[start + 1] if start + 1 < len(content) else 0
        points = np.frombuffer(content[start + 2 : start + 2 + 2 * count], np.uint8)
        if not count or len(points) < 2 * count:
            raise MetalearnError("this link's drawings cannot be read; ask for the link again")
        strokes.append({"cell": cell, "points": (points.reshape(-1, 2) / FINEST).tolist()})
        start += 2 + 2 * count
    _images(strokes)
    return strokes


def read(values: list[str]) -> str | None:
    """Read a sheet from an address; None where it holds no sheet."""
    if not values:
        return None
    try:
        unpacked(values[-1])
    except MetalearnError:
        return None
    return values[-1]


def simplified(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Leave out points of a stroke ``[n, 2]``, so that none was farther than ``tolerance`` from the line that is left.

    Both ends are kept. If the point farthest from the line between two kept points is too far from it, it is kept too,
    and the halves on both sides of it are looked at in the same way.

    References
    ----------
    Douglas and Peucker 1973, "Algorithms for the reduction of the number of points required to represent a digitized
    line or its caricature".
    """
    kept, halves = {0, len(points) - 1}, [(0, len(points) - 1)]
    while halves:
        first, last = halves.pop()
        if last - first < 2:
            continue
        far = _distances(points[first + 1 : last], points[first], points[last])
        if far.max() > tolerance:
            middle = first + 1 + int(far.argmax())
            kept.add(middle)
            halves += [(first, middle), (middle, last)]
    return points[sorted(kept)]


def _distances(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return how far points are from the straight line from ``start`` to ``end``, ``[n]``."""
    along = end - start
    share = np.clip((points - start) @ along / max(along @ along, 1), 0, 1)
    far: np.ndarray = np.hypot(*(points - start - share[:, None] * along).T)
    return far


@dataclass(frozen=True)
class OwnCharacters:
    """A visitor's own classes, with drawings of each, and the drawings to be recognised (the queries)."""

    names: list[str]
    classes: list[list[np.ndarray]]
    queries: list[np.ndarray]

    @property
    def drawn_twice(self) -> "OwnCharacters":
        """The classes that were drawn more than once: on the last drawing of each, learners can be tested."""
        known = {name: drawings for name, drawings in zip(self.names, self.classes, strict=True) if len(drawings) > 1}
        return OwnCharacters(list(known), list(known.values()), self.queries)


def _images(strokes: Any) -> list[np.ndarray | None]:
    """Return the image in each cell, None where nothing is drawn. Raises MetalearnError for what is no sheet."""
    from metalearn.characters.uploads import images_from_strokes  # a page that shows no sheet does not wait for it

    return images_from_strokes(strokes, CELLS)


def own_characters(text: str, most: int = MOST_CLASSES) -> OwnCharacters:
    """Return the drawings on a sheet, of its first ``most`` rows. Raises MetalearnError for what is no sheet."""
    cells = _images(unpacked(text))
    rows = [[image for image in cells[COLUMNS * i :][:COLUMNS] if image is not None] for i in range(most + 1)]
    filled = {name: drawings for name, drawings in zip(ascii_uppercase, rows[1:], strict=False) if drawings}
    return OwnCharacters(list(filled), list(filled.values()), rows[0])


def task(text: str) -> "TaskBatch":
    """Return a sheet as a task. The last drawing of each class is the query; the others are the support set.

    Raises MetalearnError if fewer than two classes were drawn more than once.
    """
    from dataclasses import replace

    import torch

    from metalearn.tasks.single_task import task_from_images

    classes = own_characters(text).drawn_twice.classes
    if len(classes) < 2:
        raise MetalearnError("draw two of your characters a second time: on these drawings learners are tested")
    batch = task_from_images([drawings[:-1] for drawings in classes], [drawings[-1] for drawings in classes])
    return replace(batch, query_y=torch.arange(len(classes))[None])
