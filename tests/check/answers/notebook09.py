"""Answers to the exercises of notebook 09, as students give them."""

import numpy as np
import torch

from tests.check.answers.registry import right, wrong


def _error(x):
    return np.std(x, ddof=1) / len(x) ** 0.5


def _interval(half, mean=lambda a, b: (a - b).mean()):
    return lambda a, b: (mean(a, b), half(a, b))


def _half(a, b):
    return 1.96 * _error(a - b)


wrong("paired_difference", "it is a minus b")(_interval(_half, lambda a, b: (b - a).mean()))
wrong("paired_difference", "the mean of a alone")(_interval(_half, lambda a, b: a.mean()))
wrong("paired_difference", "the mean of b alone")(_interval(_half, lambda a, b: b.mean()))
wrong("paired_difference", "the differences of all tasks are added up")(_interval(_half, lambda a, b: (a - b).sum()))
wrong("paired_difference", "the median of the differences")(_interval(_half, lambda a, b: np.median(a - b)))
wrong("paired_difference", "this is a ratio")(_interval(_half, lambda a, b: a.mean() / b.mean()))
wrong("paired_difference", "divided by b")(_interval(_half, lambda a, b: (a - b).mean() / b.mean()))
wrong("paired_difference", "the difference is in percent")(_interval(_half, lambda a, b: 100 * (a - b).mean()))
wrong("paired_difference", "lost their sign")(_interval(_half, lambda a, b: np.abs(a - b).mean()))
wrong("paired_difference", "the two ends")(lambda a, b: ((a - b).mean() - _half(a, b), (a - b).mean() + _half(a, b)))
wrong("paired_difference", "hard tasks are hard for both")(
    _interval(lambda a, b: 1.96 * np.hypot(_error(a), _error(b)))
)
wrong("paired_difference", "spreads of a and of b were added up")(
    _interval(lambda a, b: 1.96 * (_error(a) + _error(b)))
)
wrong("paired_difference", "the difference of two spreads")(_interval(lambda a, b: 1.96 * abs(_error(a) - _error(b))))
wrong("paired_difference", "the spread of a alone")(_interval(lambda a, b: 1.96 * _error(a)))
wrong("paired_difference", "the spread of b alone")(_interval(lambda a, b: 1.96 * _error(b)))
wrong("paired_difference", "made from the variance")(
    _interval(lambda a, b: 1.96 * np.var(a - b, ddof=1) / len(a) ** 0.5)
)
wrong("paired_difference", "made from the variance")(_interval(lambda a, b: 1.96 * np.var(a - b, ddof=1) / len(a)))
wrong("paired_difference", "measured around zero")(
    _interval(lambda a, b: 1.96 * (((a - b) ** 2).mean() / len(a)) ** 0.5)
)
wrong("paired_difference", "mean absolute deviation")(
    _interval(lambda a, b: 1.96 * np.abs((d := a - b) - d.mean()).mean() / len(a) ** 0.5)
)
wrong("paired_difference", "shrinks with its square root")(_interval(lambda a, b: 1.96 * (a - b).std(ddof=1) / len(a)))
wrong("paired_difference", "how much single tasks differ")(_interval(lambda a, b: 1.96 * (a - b).std(ddof=1)))
wrong("paired_difference", "how much single tasks differ")(_interval(lambda a, b: (a - b).std(ddof=1)))
wrong("paired_difference", "counted twice")(_interval(lambda a, b: 1.96 * (a - b).std(ddof=1) / (2 * len(a)) ** 0.5))
wrong("paired_difference", "one standard error")(_interval(lambda a, b: _error(a - b)))
wrong("paired_difference", "the whole width")(_interval(lambda a, b: 2 * _half(a, b)))
wrong("paired_difference", "a 99 % interval")(_interval(lambda a, b: 2.576 * _error(a - b)))
wrong("paired_difference", "a 90 % interval")(_interval(lambda a, b: 1.645 * _error(a - b)))
wrong("paired_difference", "two numbers")(lambda a, b: (a - b).mean())
wrong("paired_difference", "two numbers")(lambda a, b: (a - b, _half(a, b)))
right("paired_difference")(_interval(lambda a, b: 1.96 * (a - b).std() / len(a) ** 0.5))
right("paired_difference")(_interval(lambda a, b: 1.972 * _error(a - b), lambda a, b: a.mean() - b.mean()))
right("paired_difference")(lambda a, b: [torch.tensor(float((a - b).mean())), np.float32(_half(a, b))])
right("paired_difference")(
    _interval(lambda a, b: 1.96 * ((a.var(ddof=1) + b.var(ddof=1) - 2 * np.cov(a, b)[0, 1]) / len(a)) ** 0.5)
)
