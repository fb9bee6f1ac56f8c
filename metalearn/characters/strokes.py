"""From pen strokes to images that look like Omniglot's.

Omniglot's drawings are black-and-white images of 105 x 105 pixels, by a pen some four pixels wide, averaged over a
28 x 28 grid: a pixel is as bright as the share of it that the pen covers. For a thin pen that share is very nearly
``pen_width / 2 + 1/2 - distance``, kept between 0 and 1, where ``distance`` is from the pixel's centre to the pen's
path. So the large image need not be drawn: the distances of a few pixels to each short piece of the path are enough.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.errors import MetalearnError

PEN_WIDTH = 1.35  # in pixels of the 28 x 28 image; gives as much ink as Omniglot has on average
MAX_PEN_WIDTH = 3.0
MAX_STROKES = 64
MAX_POINTS = 4096
FILL = 0.6  # of the frame: the longer side of Omniglot's characters, on average
SMALLEST = 0.05  # a drawing smaller than this (a dot, a slip of the hand) is not blown up to a full character

REACH = 2  # pixels around a piece's own that its ink can touch: half a piece, half a pen and half a pixel
PIECES_AT_ONCE = 4096  # keeps the working arrays within a processor's cache

Points = Sequence[Sequence[float]] | np.ndarray


def check_strokes(strokes: Iterable[Points]) -> list[np.ndarray]:
    """Return strokes as float arrays ``[points, 2]`` of (x, y), with y pointing down, or say what is wrong with them.

    Raises MetalearnError unless there are 1 to 64 strokes with 4,096 points at most, all in the unit square. A stroke
    of a single point is a dot.
    """
    try:
        arrays = [np.array(stroke, dtype=float) for stroke in strokes]
    except (TypeError, ValueError, OverflowError) as error:
        raise MetalearnError("strokes are lists of points (x, y), two numbers each") from error
    if not 1 <= len(arrays) <= MAX_STROKES:
        raise MetalearnError("the drawing has {count} strokes; draw 1 to {most}", count=len(arrays), most=MAX_STROKES)
    if any(stroke.ndim != 2 or stroke.shape[1] != 2 or len(stroke) == 0 for stroke in arrays):
        raise MetalearnError("strokes are lists of points (x, y), two numbers each, and none is empty")
    points = np.concatenate(arrays)
    if len(points) > MAX_POINTS:
        raise MetalearnError(
            "the drawing has {count:,} points; at most {most:,} are read", count=len(points), most=MAX_POINTS
        )
    if not np.all((points >= 0) & (points <= 1)):  # which also finds what is not a number
        raise MetalearnError("a stroke leaves the drawing area; x and y go from 0 to 1")
    return arrays


def fit_to_frame(strokes: Iterable[Points]) -> list[np.ndarray]:
    """Centre a drawing, and scale it to the size that Omniglot's characters have in their frame.

    It then no longer matters where on the paper a character was drawn, and how large. Takes, returns and raises what
    :func:`check_strokes` does.
    """
    arrays = check_strokes(strokes)
    points = np.concatenate(arrays)
    low, high = points.min(0), points.max(0)
    scale = FILL / max(float((high - low).max()), SMALLEST)
    return [0.5 + scale * (stroke - (low + high) / 2) for stroke in arrays]


def rasterise(strokes: Iterable[Points], pen_width: float = PEN_WIDTH) -> np.ndarray:
    """Draw strokes with a round pen: uint8 ``[28, 28]``, ink 255 on an empty ground 0.

    ``strokes`` are in the unit square (see :func:`check_strokes`); ``pen_width`` is in pixels of the image, above 0 and
    at most 3. Raises MetalearnError for strokes that cannot be drawn, or a pen of another width.
    """
    arrays = check_strokes(strokes)
    starts = np.concatenate([stroke[:-1] if len(stroke) > 1 else stroke for stroke in arrays])
    ends = np.concatenate([stroke[1:] if len(stroke) > 1 else stroke for stroke in arrays])
    return draw_segments(starts, ends, np.zeros(len(starts), np.int64), np.array([pen_width]))[0]


def draw_segments(starts: np.ndarray, ends: np.ndarray, drawing: np.ndarray, pen_widths: np.ndarray) -> np.ndarray:
    """Make many drawings at once, each of some straight segments: uint8 ``[drawings, 28, 28]``.

    Segment ``i`` goes from ``starts[i]`` to ``ends[i]`` (``[segments, 2]``, in the unit square) and belongs to drawing
    ``drawing[i]``, whose pen is ``pen_widths[drawing[i]]`` pixels wide. Raises MetalearnError for a pen wider than 3
    pixels or of no width.
    """
    if not np.all((pen_widths > 0) & (pen_widths <= MAX_PEN_WIDTH)):
        raise MetalearnError("a pen is above 0 and at most {most:g} pixels wide", most=MAX_PEN_WIDTH)
    side = IMAGE_SIZE + 2 * REACH  # a margin, so that no stamp crosses the edge
    pens = pen_widths.astype(np.float32)
    canvas = np.zeros(len(pen_widths) * side * side, np.float32)
    starts, steps, drawing = _short_pieces(IMAGE_SIZE * starts, IMAGE_SIZE * (ends - starts), drawing)
    for first in range(0, len(starts), PIECES_AT_ONCE):
        chunk = slice(first, first + PIECES_AT_ONCE)
        rows, columns, ink = _stamps(starts[chunk], steps[chunk], pens[drawing[chunk]])
        pixels = (drawing[chunk, None, None] * side + rows[:, :, None]) * side + columns[:, None, :]
        np.maximum.at(canvas, pixels.ravel(), ink.ravel())
    images = canvas.reshape(-1, side, side)[:, REACH:-REACH, REACH:-REACH]
    return np.round(255 * images).astype(np.uint8)


def _short_pieces(starts: np.ndarray, steps: np.ndarray, drawing: np.ndarray) -> tuple[np.ndarray, ...]:
    """Cut segments, in pixels, into pieces no longer than a pixel: (starts, steps, drawing) of the pieces."""
    count = np.maximum(1, np.ceil(np.hypot(*steps.T))).astype(np.int64)
    segment = np.repeat(np.arange(len(starts)), count)
    position = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)
    steps = (steps / count[:, None])[segment]
    return (starts[segment] + position[:, None] * steps).astype(np.float32), steps.astype(np.float32), drawing[segment]


def _stamps(starts: np.ndarray, steps: np.ndarray, widths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows and columns (on the canvas) of 5 x 5 pixels around each piece, and its ink ``[pieces, 5, 5]``."""
    own = np.clip(np.floor(starts + steps / 2), 0, IMAGE_SIZE - 1)
    window = np.arange(2 * REACH + 1, dtype=np.float32)
    columns, rows = own[:, :1] + window, own[:, 1:] + window
    x, y = (columns - starts[:, :1] + (0.5 - REACH))[:, None, :], (rows - starts[:, 1:] + (0.5 - REACH))[:, :, None]
    dx, dy = steps.T[:, :, None, None]
    along = np.clip((x * dx + y * dy) / np.maximum(dx * dx + dy * dy, 1e-9), 0, 1)
    distance = np.sqrt(np.square(x - along * dx) + np.square(y - along * dy))
    return rows.astype(np.int64), columns.astype(np.int64), np.clip((widths / 2 + 0.5)[:, None, None] - distance, 0, 1)
