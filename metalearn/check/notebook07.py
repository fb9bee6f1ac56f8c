"""Checks of the exercises on attention (notebook 07)."""

from collections.abc import Iterator

import torch
from torch import Tensor

from metalearn.check.result import Attempt, Point, equals, exercise, is_not, normal, shaped


@exercise
def attend(attempt: Attempt) -> Iterator[Point]:
    """``attend(queries, keys, values)``: scaled dot-product attention, ``[tasks, D]``."""
    queries, keys, values = 2 * normal(3, 4, seed=21), normal(5, 4, seed=22), normal(5, 6, seed=23)
    scores = queries @ keys.T / 2
    found = attempt(queries.clone(), keys.clone(), values.clone())
    yield shaped(found, 3, 6, why="one row per task, as long as a value")
    yield is_not(
        found,
        scores.softmax(0) @ values,
        "the weights of a task add up to one",
        "the softmax runs over the tasks: tasks would compete for a key. It belongs over the keys, the last dimension",
    )
    yield is_not(
        found,
        scores @ values,
        "the scores are weights",
        "there is no softmax: raw scores can be negative and unbounded",
    )
    yield is_not(
        found,
        (2 * scores).softmax(1) @ values,
        "the scores are scaled",
        "the scores are not divided by the root of the length of a key: long keys would make every choice a hard one",
    )
    yield is_not(
        found,
        (scores / 2).softmax(1) @ values,
        "they are scaled by the root of the length",
        "the scores are divided by the length of a key: it is its square root that keeps their variance at one",
    )
    yield is_not(
        found,
        values[scores.argmax(1)],
        "all values take part",
        "only the best key's value is returned: the choice is hard, and no gradient would reach the queries",
    )
    yield equals(found, scores.softmax(1) @ values, "softmax(q kᵀ / √length) v")


@exercise
def straight_through(attempt: Attempt) -> Iterator[Point]:
    """``straight_through(scores)``: gates of 0 or 1 that learn as if they were a sigmoid."""
    scores = torch.tensor([[-3.0, -0.4, 0.2], [1.5, 0.6, -1.0]], requires_grad=True)
    on, soft = (scores > 0).float(), torch.sigmoid(scores)
    found = attempt(scores)
    yield shaped(found, 2, 3)
    yield is_not(
        found,
        soft,
        "the gates are hard",
        "the gates are soft: nothing is switched off, only turned down. Return 0 or 1",
    )
    yield is_not(found, 1 - on, "a positive score is on", "the gates are the wrong way round: a positive score is on")
    yield is_not(
        found,
        torch.ones(2, 3),
        "a negative score is off",
        "every gate is on: a sigmoid is above zero always. Its threshold is one half, that of a score is zero",
    )
    yield equals(found, on, "1 where the score is positive, else 0")
    yield (
        isinstance(found, Tensor) and found.requires_grad,
        "a gradient comes back",
        "the graph is detached: a comparison has no gradient. Add soft - soft.detach(), which is zero and has one",
    )
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    yield is_not(
        gradient,
        torch.ones(2, 3),
        "the gradient is not that of the score itself",
        "the gradient passes as if the gate were its score: then a gate far beyond doubt moves as much as an open one",
    )
    yield equals(gradient, soft * (1 - soft), "the sigmoid, in the gradient")
