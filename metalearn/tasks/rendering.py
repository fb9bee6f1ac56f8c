"""Drawings drawn again, with attributes that one can ask about: how thick the pen is, how large the drawing, where, …

A drawing is kept as a field: how far each point is from the edge of the ink. So it can be drawn sharply with any pen,
at any size and turn: there is ink wherever the distance is less than half of the pen's width.
"""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet

LEVELS = 5
USUAL = {"pen": 1, "size": 3, "turn": 2, "paper": 0, "across": 2, "frame": 0, "up": 2}
"""The attributes, and the level that each has where it does not vary."""

# What the levels are. Lengths are in half widths of an image, but pens are in pixels.
HALF_PEN = (0.45, 0.75, 1.05, 1.4, 1.8)
HALF_SIZE = (0.31, 0.38, 0.46, 0.55, 0.64)  # of a drawing together with the line under it
ANGLE = (-1.2, -0.6, 0.0, 0.6, 1.2)
OFFSET = (-0.32, -0.16, 0.0, 0.16, 0.32)

FIELD_SIZE = 42
STROKE = 0.5  # about half of the width of a stroke as it was drawn, in pixels
# A drawing takes the upper part of its place, and a line lies at the lower end; in halves of the place's size.
PART, LINE = 0.84, 0.7
PIXELS = IMAGE_SIZE / 2  # pixels in half the width of an image


class Fields:
    """The fields of a character set's drawings, each computed when it is first asked for, and kept (in 8 bits)."""

    STEPS = 6  # so many steps in one pixel

    def __init__(self, characters: CharacterSet) -> None:
        self.images = characters.images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
        self.kept = np.zeros((len(self.images), FIELD_SIZE, FIELD_SIZE), np.int8)
        self.known = np.zeros(len(self.images), bool)

    def of(self, drawings: np.ndarray) -> Tensor:
        """Return the fields ``[n, 42, 42]`` of drawings by their numbers ``[n]``, in pixels; negative is inside."""
        new = np.unique(drawings[~self.known[drawings]])
        for some in np.array_split(new, len(new) // 100 + 1):
            fields = distance_field(torch.from_numpy(self.images[some])[:, None].float() / 255)
            self.kept[some] = (self.STEPS * fields).round().clamp(-127, 127).to(torch.int8).numpy()
        self.known[new] = True
        return torch.from_numpy(self.kept[drawings]).float() / self.STEPS


def distance_field(images: Tensor) -> Tensor:
    """Return how far each point of images ``[n, 1, 28, 28]`` is from the edge of the ink, ``[n, 42, 42]``.

    Distances are in pixels of the image, and negative inside the ink.
    """
    fine = F.interpolate(images, (FIELD_SIZE, FIELD_SIZE), mode="bicubic", align_corners=False)[:, 0]
    ink = (fine > 0.5 * fine.amax((1, 2), keepdim=True).clamp_min(0.2)).numpy()
    # A point is half a pixel nearer to the edge than to the next point beyond it.
    field = np.where(ink, 0.5 - _distance_to(~ink), _distance_to(ink) - 0.5)
    return torch.from_numpy(field).float() * (IMAGE_SIZE / FIELD_SIZE)


def _distance_to(marked: np.ndarray) -> np.ndarray:
    """Return the distance of each point ``[n, 42, 42]`` from the nearest marked one of the same image."""
    from scipy.ndimage import distance_transform_edt

    apart = 1e6  # so far that no other image is nearest
    return np.asarray(distance_transform_edt(~marked, sampling=(apart, 1, 1)))


def render(fields: Tensor, levels: dict[str, np.ndarray]) -> Tensor:
    """Draw fields ``[n, 42, 42]`` as images ``[n, 1, 28, 28]`` with the given levels ``[n]`` of each attribute.

    Every drawing is underlined, so that one can see which way up it is.
    """
    at = {name: torch.from_numpy(level) for name, level in levels.items()}
    size = torch.tensor(HALF_SIZE)[at["size"]]
    place = torch.tensor(OFFSET)[torch.stack([at["across"], LEVELS - 1 - at["up"]], dim=1)]  # rows count downwards
    local = _in_the_drawing(place, torch.tensor(ANGLE)[at["turn"]], size)
    from_line = _from_underline(local, size)
    # The ink keeps a pixel away from the line, so that no pen hides it.
    ink = _ink(fields, local, size, torch.tensor(HALF_PEN)[at["pen"]]) * (from_line - 1).clamp(0, 1)
    drawn = [ink, (1 - from_line).clamp(0, 1), _papers()[at["paper"]], _frames()[at["frame"]]]
    return torch.stack(drawn).amax(0)[:, None]


def _in_the_drawing(place: Tensor, angle: Tensor, size: Tensor) -> Tensor:
    """Return where in its drawing's place each pixel is, ``[n, 28, 28, 2]``: 0 is the middle, 1 the end of a side."""
    grid = F.affine_grid(torch.eye(2, 3)[None], [1, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], dim=1).unflatten(1, (2, 2))
    local = (grid - place[:, None, None]).flatten(1, 2) @ turn / size[:, None, None]
    return local.unflatten(1, (IMAGE_SIZE, IMAGE_SIZE))


def _ink(fields: Tensor, local: Tensor, size: Tensor, pen: Tensor) -> Tensor:
    """Return the ink of drawings at their pixels ``local``, ``[n, 28, 28]``."""
    middle, half = _extent(fields)
    upper = (local + torch.tensor([0, 1 - PART])) / PART
    where = middle[:, None, None] + half[:, None, None, None] * upper
    distance = F.grid_sample(fields[:, None], where, padding_mode="border", align_corners=False)[:, 0]
    beyond = (where.abs() - 1).clamp_min(0).norm(dim=3) * PIXELS  # outside the field, it is farther still
    from_stroke = (distance + beyond + STROKE) * (PART * size / half)[:, None, None]
    return (pen[:, None, None] + 0.5 - from_stroke).clamp(0, 1)


def _from_underline(local: Tensor, size: Tensor) -> Tensor:
    """Return how far each pixel is from the line under its drawing, in pixels, ``[n, 28, 28]``."""
    along, below = local.unbind(3)
    away = torch.stack([(along.abs() - LINE).clamp_min(0), below - 1], dim=3).norm(dim=3)
    return away * size[:, None, None] * PIXELS


def _extent(fields: Tensor) -> tuple[Tensor, Tensor]:
    """Return the middle ``[n, 2]`` of the box around each drawing, and half of its longer side ``[n]``."""
    inside = fields < 0
    position = (torch.arange(FIELD_SIZE) + 0.5) * 2 / FIELD_SIZE - 1
    taken = torch.stack([inside.any(1), inside.any(2)], dim=1)  # columns, then rows
    first = torch.where(taken, position, 1.0).amin(2)
    last = torch.where(taken, position, -1.0).amax(2)
    return (first + last) / 2, ((last - first) / 2).amax(1).clamp_min(0.2)


@cache
def _papers() -> Tensor:
    """Return the five papers ``[5, 28, 28]``: plain, ruled across, ruled down, squared, dotted."""
    row, column = ((torch.arange(IMAGE_SIZE) % 5 == 2)[shape] for shape in ((slice(None), None), (None, slice(None))))
    plain = torch.zeros(IMAGE_SIZE, IMAGE_SIZE, dtype=torch.bool)
    return 0.35 * torch.stack([plain, plain | row, plain | column, row | column, row & column]).float()


@cache
def _frames() -> Tensor:
    """Return the five frames ``[5, 28, 28]``: none, left, top, right, bottom."""
    frames = torch.zeros(LEVELS, IMAGE_SIZE, IMAGE_SIZE)
    frames[1, :, :2] = frames[2, :2] = frames[3, :, -2:] = frames[4, -2:] = 0.8
    return frames
