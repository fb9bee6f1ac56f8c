"""Checks of the exercise on comparing learners (notebook 08)."""

from collections.abc import Iterator

import numpy as np

from metalearn.check.result import Attempt, Point, StoppedError, array, exercise, normal


@exercise
def paired_difference(attempt: Attempt) -> Iterator[Point]:
    """``paired_difference(a, b)``: the mean of a - b over tasks, and half its 95 % interval."""
    hardness = 0.2 * normal(200, seed=31).numpy()
    a, b = 0.7 + hardness + 0.05 * normal(200, seed=32).numpy(), 0.65 + hardness
    found = attempt(a.copy(), b.copy())
    if not isinstance(found, tuple) or len(found) != 2:
        raise StoppedError("it should return two numbers: the mean difference, and half its 95 % interval")
    mean, half = map(array, found)
    if mean.size != 1 or half.size != 1:
        raise StoppedError("it should return two numbers: the mean difference, and half its 95 % interval")
    mean, half = mean.item(), half.item()
    error = (a - b).std(ddof=1) / 200**0.5
    apart = np.hypot(a.std(ddof=1), b.std(ddof=1)) / 200**0.5

    def near(value: float) -> bool:
        return bool(abs(half / value - 1) < 0.02)

    yield not np.isclose(mean, (b - a).mean()), "it is a - b", "the sign is reversed: it is a minus b"
    yield bool(np.isclose(mean, (a - b).mean())), "the mean is right", "the mean is not that of a - b over the tasks"
    yield (
        not (near(1.96 * apart) or near(apart)),
        "tasks are compared with themselves",
        "the spread of a and of b were taken apart, as if they came from different tasks: hard tasks are hard for "
        "both. Take the difference task by task, then its spread",
    )
    yield (
        not (near(error * 200**0.5) or near(1.96 * error * 200**0.5)),
        "it is the error of a mean",
        "this is how much single tasks differ: that of their mean is smaller by the square root of how many there are",
    )
    yield (
        not near(error),
        "it is a 95 % interval",
        "this is one standard error, which holds the truth two times in three",
    )
    yield not near(2 * 1.96 * error), "it is half the interval", "this is the whole width: give the half after the ±"
    yield near(1.96 * error), "the interval is right", f"half the interval is {1.96 * error:.5f}, not {half:.5f}"
