"""Checks of the exercise on pictures of your own (notebook 08)."""

from collections.abc import Iterator

import numpy as np

from metalearn.check.result import Attempt, Point, array, exercise, shaped


@exercise
def ink(attempt: Attempt) -> Iterator[Point]:
    """``ink(grey)``: a picture of any size and polarity as ink in [0, 1], ``[28, 28]``, on an empty ground."""
    paper = np.full((84, 56), 255, np.uint8)
    paper[20:48, 14:42] = 0  # a square, in a picture that is not
    thin = np.full((280, 280), 255, np.uint8)
    thin[:, 143] = 0
    faint = (200 + paper.astype(int) * 55 // 255).astype(np.uint8)
    found: list[np.ndarray] = []
    for grey in (paper, 255 - paper, thin, faint):
        came_out = attempt(grey.copy())
        point = shaped(came_out, 28, 28)
        if not found or not point[0]:
            yield point
        found.append(array(came_out).astype(float))
    picture, night, line, pale = found
    yield (
        bool(picture.max() <= 1.001 and picture.min() >= -0.001),
        "it lies between 0 and 1",
        f"it runs from {picture.min():.3g} to {picture.max():.3g}: learners expect ink between 0 and 1",
    )
    yield (
        bool(picture[0].mean() < 0.5),
        "ink is high and the paper is empty",
        "the paper is high and the ink is low: learners have only seen ink on an empty ground. Turn it round",
    )
    yield (
        bool(night[0].mean() < 0.5),
        "light ink on a dark ground works too",
        "light ink on a dark ground comes out inverted: do not assume white paper, look at what the border shows",
    )
    rows, columns = (np.flatnonzero((picture > 0.5).any(axis)) for axis in (1, 0))
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
