"""Checks of the exercise on comparing learners (notebook 09)."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from metalearn.check.result import Attempt, Mistakes, Point, StoppedError, array, exercise, follows, normal

TASKS = 200
MEAN_MISTAKES = {
    "reversed": "the sign is reversed: it is a minus b",
    "a": "this is the mean of a alone: subtract b",
    "b": "this is the mean of b alone: it is a minus b",
    "sum": "the differences of all tasks are added up: divide by the number of tasks, which makes it their mean",
    "median": "this is the median of the differences: take their mean",
    "ratio": "this is a ratio, the mean of a divided by the mean of b: subtract instead",
    "relative": "the difference is divided by b: leave the division out",
    "percent": "the difference is in percent: leave it as a fraction, 0.05 and not 5",
    "size": "the differences lost their sign: where b is better, a - b is negative",
    "low": "these are the two ends of the interval: give its middle, the mean, and half its width",
}
PAIR_FIRST = "hard tasks are hard for both learners. Take the difference task by task, then its spread"
HALF_MISTAKES: Mistakes = {
    "spread": {
        "apart": f"the spread of a and that of b were taken apart, as if they came from different tasks: {PAIR_FIRST}",
        "added": f"the spreads of a and of b were added up: {PAIR_FIRST}",
        "difference of spreads": "this is the difference of two spreads: take the spread of the differences",
        "a": "this is the spread of a alone: take that of the differences",
        "b": "this is the spread of b alone: take that of the differences",
        "variance": "this is made from the variance: an interval needs its root, the standard deviation",
        "around zero": "the spread was measured around zero: take it around the mean difference (std)",
        "absolute": "this is the mean absolute deviation: take the standard deviation",
    },
    "divide": {
        "n": "it was divided by the number of tasks: the error of a mean shrinks with its square root",
        "1": "this is how much single tasks differ: divide by the square root of the number of tasks, as their mean "
        "is that much surer",
        "√2n": "the tasks were counted twice: there are as many differences as tasks",
    },
    "factor": {
        1: "this is one standard error, which holds the truth two times in three: 1.96 of them make a 95 % interval",
        2 * 1.96: "this is the whole width: give the half after the ±",
        2.576: "this is a 99 % interval: 1.96 standard errors make 95 %",
        1.645: "this is a 90 % interval: 1.96 standard errors make 95 %",
        196: "the interval is in percent: leave it as a fraction, 0.05 and not 5",
    },
}


@exercise(
    "take the difference task by task. Everything else is about these numbers: their mean, and 1.96 "
    "times the standard error of that mean",
    "difference = np.asarray(a) - np.asarray(b); its mean, and 1.96 * difference.std(ddof=1) / len(difference) ** 0.5",
)
def paired_difference(attempt: Attempt) -> Iterator[Point]:
    """``paired_difference(a, b)``: the mean of a - b over tasks, and half its 95 % interval."""
    hardness = 0.2 * normal(TASKS, seed=31).numpy().astype(float)
    a, b = 0.7 + hardness + 0.05 * normal(TASKS, seed=32).numpy(), 0.65 + hardness
    mean, half = _two_numbers(attempt(a.copy(), b.copy()))
    yield follows(mean, partial(_mean, a, b), "the mean of a - b over the tasks", of=MEAN_MISTAKES)
    # A divisor of n and a quantile of Student's t are as good: both differ from this by less than one percent.
    right = _half(a, b)
    found = right if abs(half / right - 1) < 0.01 else half
    yield follows(found, partial(_half, a, b), "half the 95 % interval", **HALF_MISTAKES)


def _two_numbers(found: Any) -> tuple[float, float]:
    if isinstance(found, (tuple, list, np.ndarray)) and len(found) == 2:
        mean, half = map(array, found)
        if mean.size == half.size == 1 and np.isfinite([mean.item(), half.item()]).all():
            return mean.item(), half.item()
    raise StoppedError("it should return two numbers: the mean difference, and half its 95 % interval")


def _mean(a: np.ndarray, b: np.ndarray, of: str = "difference") -> float:
    """Return the mean difference: right, or with one of the usual mistakes."""
    difference = a - b
    return {
        "difference": difference.mean(),
        "reversed": -difference.mean(),
        "a": a.mean(),
        "b": b.mean(),
        "sum": difference.sum(),
        "median": np.median(difference),
        "ratio": a.mean() / b.mean(),
        "relative": difference.mean() / b.mean(),
        "percent": 100 * difference.mean(),
        "size": np.abs(difference).mean(),
        "low": difference.mean() - _half(a, b),
    }[of]


def _half(a: np.ndarray, b: np.ndarray, spread: str = "paired", divide: str = "√n", factor: float = 1.96) -> float:
    """Return half the 95 % interval: right, or with one of the usual mistakes."""
    difference, n = a - b, len(a)
    deviation = {
        "paired": difference.std(ddof=1),
        "apart": np.hypot(a.std(ddof=1), b.std(ddof=1)),
        "added": a.std(ddof=1) + b.std(ddof=1),
        "difference of spreads": abs(a.std(ddof=1) - b.std(ddof=1)),
        "a": a.std(ddof=1),
        "b": b.std(ddof=1),
        "variance": difference.var(ddof=1),
        "around zero": np.sqrt((difference**2).mean()),
        "absolute": np.abs(difference - difference.mean()).mean(),
    }[spread]
    return float(factor * deviation / {"√n": n**0.5, "n": n, "1": 1, "√2n": (2 * n) ** 0.5}[divide])
