"""Checks of the exercise on comparing learners (notebook 08)."""

from collections.abc import Iterator

import numpy as np

from metalearn.check.result import Attempt, Mistake, Point, StoppedError, array, exercise, follows, normal

TASKS = 200


@exercise(
    "take the difference task by task. Everything else is about these numbers: their mean, and 1.96 "
    "times the standard error of that mean",
    "difference = np.asarray(a) - np.asarray(b); its mean, and 1.96 * difference.std(ddof=1) / len(difference) ** 0.5",
)
def paired_difference(attempt: Attempt) -> Iterator[Point]:
    """``paired_difference(a, b)``: the mean of a - b over tasks, and half its 95 % interval."""
    hardness = 0.2 * normal(TASKS, seed=31).numpy().astype(float)
    a, b = 0.7 + hardness + 0.05 * normal(TASKS, seed=32).numpy(), 0.65 + hardness
    found = attempt(a.copy(), b.copy())
    two = "it should return two numbers: the mean difference, and half its 95 % interval"
    if not isinstance(found, (tuple, list, np.ndarray)) or len(found) != 2:
        raise StoppedError(two)
    mean, half = map(array, found)
    if mean.size != 1 or half.size != 1 or not np.isfinite([mean.item(), half.item()]).all():
        raise StoppedError(two)
    difference = a - b
    centres = {
        "difference": difference.mean(),
        "reversed": -difference.mean(),
        "a": a.mean(),
        "b": b.mean(),
        "sum": difference.sum(),
        "median": float(np.median(difference)),
        "ratio": a.mean() / b.mean(),
        "relative": difference.mean() / b.mean(),
        "percent": 100 * difference.mean(),
        "size": np.abs(difference).mean(),
        "low": difference.mean() - 1.96 * difference.std(ddof=1) / TASKS**0.5,
    }
    yield follows(
        mean.item(),
        lambda of="difference": centres[of],
        "the mean of a - b over the tasks",
        Mistake("of", "reversed", "the sign is reversed: it is a minus b"),
        Mistake("of", "a", "this is the mean of a alone: subtract b"),
        Mistake("of", "b", "this is the mean of b alone: it is a minus b"),
        Mistake("of", "sum", "this is the sum over tasks: take the mean"),
        Mistake("of", "median", "this is the median of the differences: take their mean"),
        Mistake("of", "ratio", "this is a ratio: take the difference"),
        Mistake("of", "relative", "the difference was divided by b: take it as it is"),
        Mistake("of", "percent", "these are points of a hundred: leave the difference as it is"),
        Mistake("of", "size", "the differences lost their sign: where b is better, a - b is negative"),
        Mistake("of", "low", "these are the two ends of the interval: give the mean, and half the width"),
    )

    def formula(spread: str = "paired", divide: str = "√n", factor: float = 1.96) -> float:
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
        return factor * float(deviation) / {"√n": TASKS**0.5, "n": TASKS, "1": 1, "√2n": (2 * TASKS) ** 0.5}[divide]

    # A divisor of n and a quantile of Student's t are as good: both differ from this by less than one percent.
    right = abs(half.item() / formula() - 1) < 0.01
    yield follows(
        formula() if right else half.item(),
        formula,
        "half the 95 % interval",
        Mistake(
            "spread",
            "apart",
            "the spread of a and of b were taken apart, as if they came from different tasks: hard tasks are "
            "hard for both. Take the difference task by task, then its spread",
        ),
        Mistake(
            "spread",
            "added",
            "the spreads of a and of b were added up: hard tasks are hard for both. Take the difference task "
            "by task, then its spread",
        ),
        Mistake(
            "spread",
            "difference of spreads",
            "this is the difference of two spreads: take the spread of the differences",
        ),
        Mistake("spread", "a", "this is the spread of a alone: take that of the differences"),
        Mistake("spread", "b", "this is the spread of b alone: take that of the differences"),
        Mistake(
            "spread", "variance", "this is made from the variance: an interval needs its root, the standard deviation"
        ),
        Mistake(
            "spread", "around zero", "the spread was measured around zero: take it around the mean difference (std)"
        ),
        Mistake("spread", "absolute", "this is the mean absolute deviation: take the standard deviation"),
        Mistake(
            "divide", "n", "it was divided by the number of tasks: the error of a mean shrinks with its square root"
        ),
        Mistake(
            "divide",
            "1",
            "this is how much single tasks differ: that of their mean is smaller by the square root of how "
            "many there are",
        ),
        Mistake("divide", "√2n", "the tasks were counted twice: there are as many differences as tasks"),
        Mistake(
            "factor",
            1,
            "this is one standard error, which holds the truth two times in three: 1.96 of them make a 95 % interval",
        ),
        Mistake("factor", 2 * 1.96, "this is the whole width: give the half after the ±"),
        Mistake("factor", 2.576, "this is a 99 % interval: 1.96 standard errors make 95 %"),
        Mistake("factor", 1.645, "this is a 90 % interval: 1.96 standard errors make 95 %"),
        Mistake("factor", 196, "these are points of a hundred: leave the difference as it is"),
    )
