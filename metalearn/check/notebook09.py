"""Checks of the exercise on images of your own (notebook 09)."""

from collections.abc import Iterator

import numpy as np

from metalearn.check.result import Attempt, Point, array, exercise, shaped


@exercise
def ink(attempt: Attempt) -> Iterator[Point]:
    """``ink(grey)``: an image of any size, dark on light or light on dark, as ink in [0, 1], ``[28, 28]``."""
    paper = np.full((84, 56), 255, np.uint8)
    paper[20:48, 14:42] = 0  # a square, in an image that is none
    thin = np.full((280, 280), 255, np.uint8)
    thin[:, 143] = 0
    faint = (200 + paper.astype(int) * 55 // 255).astype(np.uint8)
    found: list[np.ndarray] = []
    for grey in (paper, 255 - paper, thin, faint):
        answer = attempt(grey.copy())
        point = shaped(answer, 28, 28)
        if not found or not point[0]:
            yield point
        found.append(array(answer).astype(float))
    square, night, line, pale = found
    yield (
        bool(square.max() <= 1.001 and square.min() >= -0.001),
        "it lies between 0 and 1",
        f"it runs from {square.min():.3g} to {square.max():.3g}: learners expect ink between 0 and 1",
    )
    yield (
        bool(square[0].mean() < 0.5),
        "ink is high and the paper is empty",
        "the paper is high and the ink is low: learners have only seen ink on an empty ground. Turn it round",
    )
    yield (
        bool(night[0].mean() < 0.5),
        "light ink on a dark ground works too",
        "light ink on a dark ground comes out inverted: do not assume white paper, look at what the border shows",
    )
    rows, columns = (np.flatnonzero((square > 0.5).any(axis)) for axis in (1, 0))
    yield (
        len(rows) > 0 and abs(len(rows) - len(columns)) <= 1,
        "shapes keep their proportions",
        f"a square came out {len(rows)} high and {len(columns)} wide: pad the picture to a square before it is shrunk",
    )
    yield (
        bool(line.max() > 0),
        "thin strokes survive",
        "a thin line vanished: picking every tenth pixel can miss it. Average over the area that a new pixel covers",
    )
    yield (
        bool(pale.max() > 0.9),
        "faint ink comes out at full contrast",
        f"faint ink stays faint, {pale.max():.2f} at most: divide by the darkest, as pencils differ",
    )
