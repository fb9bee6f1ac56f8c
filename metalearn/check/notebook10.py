"""Checks of the exercise on images of your own (notebook 10)."""

from collections.abc import Iterator

import numpy as np

from metalearn.check.result import Attempt, Point, array, exercise, shaped
from metalearn.check.texts import Text

PAPER, INK = 255, 0
HIGH, WIDE = 84, 56  # of the image, in pixels; what comes out has a third of them
TOP, LEFT, SIDE = 10, 12, 30  # where its square of ink is


def _images() -> dict[str, np.ndarray]:
    """Return the images that are tried, by what is looked at in each."""
    square = np.full((HIGH, WIDE), PAPER, np.uint8)
    square[TOP : TOP + SIDE, LEFT : LEFT + SIDE] = INK
    thin = np.full((280, 280), PAPER, np.uint8)
    thin[:, 143] = INK
    touching = square.copy()
    touching[20:60, :4] = INK  # a stroke that reaches the border
    shades = np.full((84, 84), PAPER, np.uint8)
    shades[30:54, 18:42], shades[30:54, 42:66] = 127, INK  # half and full ink
    return {
        "square": square,
        "wide": square.T,
        "touching": touching,
        "line": thin,
        "night": 255 - thin,
        "pale": (200 + square.astype(int) * 55 // 255).astype(np.uint8),
        "shades": shades,
        "grey": np.where(square > 0, 180, 20).astype(np.uint8),
        "empty": np.full((40, 40), PAPER, np.uint8),
    }


@exercise(
    "in this order: how far is each pixel from the shade of the paper (the border shows it); pad to a"
    " square with no ink, evenly on both sides; average over the area of each new pixel; divide by "
    "the largest",
    "strength = abs(grey - median of the border), as float; put it into the middle of np.zeros((side,"
    " side)); torch.nn.functional.adaptive_avg_pool2d(…, 28); divide by its maximum, or by something "
    "tiny where there is no ink",
)
def ink(attempt: Attempt) -> Iterator[Point]:
    """``ink(grey)``: an image of any size, dark on light or light on dark, as ink in [0, 1], ``[28, 28]``."""
    found: dict[str, np.ndarray] = {}
    for name, grey in _images().items():
        answer = attempt(grey.copy())
        if name == "empty" and not np.isfinite(array(answer)).all():
            yield False, "", "an empty page gives numbers that are not finite: do not divide by a largest ink of zero"
        point = shaped(answer, 28, 28, why="one image, without a dimension for channels or for a batch")
        if not found or not point[0]:
            yield point
        found[name] = array(answer).astype(float)
    yield from _levels(found)
    yield from _polarity(found)
    yield from _place(found["square"])
    yield (
        bool(np.abs(found["wide"].T - found["square"]).max() < 0.2),
        "a wide page is treated as a high one",
        "a wide page comes out differently from a high one: pad whichever side is shorter, evenly",
    )
    yield from _strokes(found)


def _levels(found: dict[str, np.ndarray]) -> Iterator[Point]:
    low, high = min(x.min() for x in found.values()), max(x.max() for x in found.values())
    hint = "it runs from {low:.3g} to {high:.3g}: learners expect ink between 0 and 1"
    if low >= 0 and high > 1.001:
        hint = (
            "it runs from {low:.3g} to {high:.3g}: learners expect ink between 0 and 1. Subtracting from uint8 wraps "
            "round: turn it into float first"
        )
    yield bool(high <= 1.001 and low >= -0.001), "it lies between 0 and 1", Text(hint, low=low, high=high)


def _polarity(found: dict[str, np.ndarray]) -> Iterator[Point]:
    square, line, night = found["square"], found["line"], found["night"]
    yield (
        bool(line[:, :5].mean() < 0.5),
        "ink is high and the paper is empty",
        "the paper is high and the ink is low: learners have only seen ink on an empty ground. Turn it round",
    )
    yield (
        bool(night[:, :5].mean() < 0.5),
        "light ink on a dark ground works too",
        "light ink on a dark ground comes out inverted: do not assume white paper, look at what the border shows",
    )
    edges, above = square[:3][:, [0, -1]], square[:3, 10:18]  # what was added, and paper above the ink
    yield (
        bool(edges.mean() < 0.3 or above.mean() > 0.3),
        "what was added to make it square is empty",
        "what was added at the sides to make it square counts as ink: pad after the paper has become "
        "zero, or with its shade",
    )


def _place(square: np.ndarray) -> Iterator[Point]:
    """Check where the square of ink has gone, and how large it is."""
    rows, columns = (np.flatnonzero((square > 0.5).any(axis)) for axis in (1, 0))
    if not len(rows):
        yield False, "", "the ink is gone: a black square should come out near 1"
    yield (
        abs(len(rows) - len(columns)) <= 1,
        "shapes keep their proportions",
        Text(
            "a square came out {high} high and {wide} wide: pad the picture to a square before it is shrunk",
            high=len(rows),
            wide=len(columns),
        ),
    )
    size = SIDE * 28 / HIGH  # 10 pixels
    yield (
        len(rows) < 1.3 * size,
        "the whole page is there",
        Text(
            "a square of a third of the page came out {high} of 28 pixels large: the page was cropped. "
            "Keep all of it, as it also tells how large a sign was drawn, and where",
            high=len(rows),
        ),
    )
    yield (
        len(rows) > 0.7 * size,
        "it is not smaller than it has to be",
        Text(
            "the square came out {high} of 28 pixels large, and should be {size:.0f}: pad only to the longer side",
            high=len(rows),
            size=size,
        ),
    )
    down, right = rows.mean(), columns.mean()
    expected_down, expected_right = ((TOP + SIDE / 2) / 3 - 0.5, (LEFT + (HIGH - WIDE) / 2 + SIDE / 2) / 3 - 0.5)
    off_down, off_right = down - expected_down, right - expected_right
    swapped = max(abs(down - expected_right), abs(right - expected_down)) < 1.2
    turned = abs(27 - down - expected_down) < 1.2
    mirrored = abs(27 - right - expected_right) < 1.2 and abs(off_right) > 1.2
    yield (
        max(abs(off_down), abs(off_right)) < 1.2,
        "it stays where it was",
        "rows and columns are exchanged: the picture is transposed"
        if swapped
        else "the picture is upside down"
        if turned
        else "the picture is mirrored"
        if mirrored
        else Text(
            "it moved by {right:+.1f} pixels to the right and {down:+.1f} down: pad evenly, as much "
            "on one side as on the other, and do not centre the ink itself",
            right=off_right,
            down=off_down,
        ),
    )


def _strokes(found: dict[str, np.ndarray]) -> Iterator[Point]:
    line, pale, shades = found["line"], found["pale"], found["shades"]
    yield (
        bool(found["grey"][0].max() < 0.1),
        "grey paper is empty too",
        "grey paper counts as faint ink: measure how far a pixel is from the shade of the *paper*, not from white",
    )
    yield (
        bool(found["touching"][0, 6:].max() < 0.1),
        "a stroke may touch the border",
        "the paper is not empty where a stroke touches the border: the shade of the paper is the *median* of the "
        "border, as a mean is pulled by the stroke",
    )
    yield (
        bool(line.max() > 0),
        "thin strokes survive",
        "a thin line vanished: picking every tenth pixel can miss it. Average over the area that a new pixel covers",
    )
    yield (
        bool(line.max() > 0.9),
        "thin strokes come out at full strength",
        Text(
            "a thin line comes out at {ink:.2f}: divide by the largest ink *after* shrinking, which thins it",
            ink=line.max(),
        ),
    )
    yield (
        bool(pale.max() > 0.9),
        "faint ink comes out at full contrast",
        Text("faint ink stays faint, {ink:.2f} at most: divide by the darkest, as pencils differ", ink=pale.max()),
    )
    half, full = shades[11:17, 8:12].mean(), shades[11:17, 16:20].mean()
    yield (
        bool(0.25 < half / max(full, 1e-9) < 0.75),
        "shades are kept",
        Text(
            "half-dark ink came out at {half:.2f}, beside {full:.2f} for black: keep the shades, do not make it black "
            "or white",
            half=half,
            full=full,
        ),
    )
    yield (
        bool(found["square"][5, 9] > 0.8 and (found["square"] > 0.2).sum() < 160),
        "edges stay where they are",
        "the square is blurred: average over each new pixel's own area, and no further",
    )
