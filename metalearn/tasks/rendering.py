"""Drawings drawn again, with attributes that one can ask about: how thick the pen is, how large the drawing, where, …

A drawing is kept as a field: how far each point is from the edge of the ink. Any pen, size and turn then comes out
sharp, because ink is simply where the distance is less than half of the pen's width.
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
HALF_PEN = (0.45, 0.85, 1.35, 1.95, 2.7)
HALF_SIZE = (0.26, 0.36, 0.48, 0.62, 0.8)
ANGLE = (-1.2, -0.6, 0.0, 0.6, 1.2)
OFFSET = (-0.32, -0.16, 0.0, 0.16, 0.32)

FIELD_SIZE = 42
STROKE = 0.9  # half of the width of a stroke as it was drawn, in pixels
UNDERLINE = 1.35  # how far below its middle a drawing is underlined, in halves of its size
PIXELS = IMAGE_SIZE / 2  # pixels in half the width of an image


class Fields:
    """The fields of a character set's drawings, each computed when it is first asked for, and kept (in 8 bits)."""

    STEPS = 12  # so many steps in one pixel

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
    ink = fine > 0.5 * fine.amax((1, 2), keepdim=True).clamp_min(0.2)
    return (_distance_to(ink) - _distance_to(~ink)) * (IMAGE_SIZE / FIELD_SIZE)


def _distance_to(marked: Tensor) -> Tensor:
    """Return the distance of each point ``[n, S, S]`` from the nearest marked one: along columns, then along rows."""
    apart = (torch.arange(FIELD_SIZE)[:, None] - torch.arange(FIELD_SIZE)).square().float()
    squared = torch.where(marked, 0.0, 4.0 * FIELD_SIZE**2)
    squared = torch.stack([(squared + apart[i][:, None]).amin(1) for i in range(FIELD_SIZE)], dim=1)
    return torch.stack([(squared + apart[j]).amin(2) for j in range(FIELD_SIZE)], dim=2).sqrt()


def render(fields: Tensor, levels: dict[str, np.ndarray]) -> Tensor:
    """Draw fields ``[n, 42, 42]`` as images ``[n, 1, 28, 28]`` with the given levels ``[n]`` of each attribute.

    Every drawing is underlined, so that one can see which way up it is.
    """
    at = {name: torch.from_numpy(level) for name, level in levels.items()}
    pen, size, angle = (torch.tensor(table)[at[name]] for name, table in _TABLES.items())
    place = torch.stack([torch.tensor(OFFSET)[at["across"]], -torch.tensor(OFFSET)[at["up"]]], dim=1)
    # Where in the drawing each pixel is: 0 is its middle, and 1 the end of its longer side.
    grid = F.affine_grid(torch.eye(2, 3)[None], [1, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], dim=1).unflatten(1, (2, 2))
    local = (grid - place[:, None, None]).flatten(1, 2) @ turn / size[:, None, None]
    local = local.unflatten(1, (IMAGE_SIZE, IMAGE_SIZE))

    middle, half = _extent(fields)
    where = middle[:, None, None] + half[:, None, None, None] * local
    distance = F.grid_sample(fields[:, None], where, padding_mode="border", align_corners=False)[:, 0]
    beyond = (where.abs() - 1).clamp_min(0).norm(dim=3) * PIXELS  # outside the field, it is farther still
    from_stroke = (distance + beyond + STROKE) * (size / half)[:, None, None]
    ink = (pen[:, None, None] + 0.5 - from_stroke).clamp(0, 1)

    along, below = local.unbind(3)
    from_line = torch.stack([(along.abs() - 1).clamp_min(0), below - UNDERLINE], dim=3).norm(dim=3)
    underline = (1 - from_line * size[:, None, None] * PIXELS).clamp(0, 1)
    drawn = torch.stack([ink, underline, _papers()[at["paper"]], _frames()[at["frame"]]])
    return drawn.amax(0)[:, None]


_TABLES = {"pen": HALF_PEN, "size": HALF_SIZE, "turn": ANGLE}


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
