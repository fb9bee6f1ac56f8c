"""Checks of the exercises on attention (notebook 07)."""

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.check.result import Attempt, Mistakes, Point, exercise, follows, normal, shaped

ATTENTION_MISTAKES: Mistakes = {
    "weights": {
        "over tasks": "the softmax runs over the tasks: tasks would compete for a key. It belongs over the keys, the "
        "last dimension",
        "over everything": "the softmax runs over tasks and keys together: the weights of each task should add up to "
        "one",
        "none": "there is no softmax: raw scores can be negative and unbounded",
        "sigmoid": "a sigmoid is not a softmax: the weights of a task would not add up to one",
        "hard": "only the best key's value is returned: the choice is hard, and no gradient would reach the queries",
        "log": "these are logarithms of weights: softmax, not log_softmax",
        "exp": "the exponentials are not divided by their sum: the weights of a task add up to one",
        "shares": "the scores were divided by their sum, which may be near zero: take their exponentials first, as "
        "softmax does",
        "relu": "negative scores were cut off, and the rest do not add up to one: take a softmax",
        "even": "all values count alike: the queries and keys are not used",
    },
    "scale": {
        "none": "the scores are not divided by the root of the length of a key: long keys would make every choice a "
        "hard one",
        "length": "the scores are divided by the length of a key: divide by its square root, which keeps their "
        "variance at one",
        "root of bank": "the scores are divided by the root of the number of keys: it is the *length* of a key that "
        "makes them large",
        "bank": "the scores are divided by the number of keys: divide by the root of a key's *length*",
        "root of tasks": "the scores are divided by the root of the number of tasks: it is the length of a key that "
        "makes them large",
        "root of value": "the scores are divided by the root of the length of a value: take the length of a key",
        "afterwards": "the scaling comes after the softmax: there it only shrinks the answer. Divide the scores "
        "before it",
        "multiplied": "the scores are multiplied by the root: divide",
    },
    "compare": {
        "cosine": "queries and keys were brought to length one: these are cosines, not dot products",
        "distance": "the keys were compared by distance: take dot products",
    },
    "sign": {-1: "the sign is reversed: the key that is *most* alike gets the largest weight"},
}


@exercise(
    "compare every query with every key, [T, A]; divide by the root of the length of a key; make "
    "weights of each row; average the values with them",
    "scores = queries @ keys.T / keys.shape[1] ** 0.5, then scores.softmax(1) @ values",
)
def attend(attempt: Attempt) -> Iterator[Point]:
    """``attend(queries, keys, values)``: scaled dot-product attention, ``[tasks, D]``."""
    queries, keys, values = 2 * normal(3, 4, seed=21), normal(5, 4, seed=22), normal(5, 6, seed=23)
    found = attempt(queries.clone(), keys.clone(), values.clone())
    yield shaped(found, 3, 6, why="one row per task, as long as a value: the weights are multiplied by the values")
    formula = partial(_attention, queries, keys, values)
    yield follows(found, formula, "softmax(q kᵀ / √length) v", **ATTENTION_MISTAKES)


def _attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    scale: str = "root of length",
    weights: str = "softmax",
    compare: str = "product",
    sign: float = 1,
) -> Tensor:
    """Return what attention gives: right, or with one of the usual mistakes."""
    tasks, bank, length = len(queries), len(keys), keys.shape[1]
    divisor = {
        "root of length": length**0.5,
        "none": 1,
        "length": length,
        "root of bank": bank**0.5,
        "bank": bank,
        "root of tasks": tasks**0.5,
        "root of value": values.shape[1] ** 0.5,
        "afterwards": 1,
        "multiplied": length**-0.5,
    }[scale]
    compared = {
        "product": queries @ keys.T,
        "cosine": F.normalize(queries) @ F.normalize(keys).T,
        "distance": -torch.cdist(queries, keys),
    }[compare]
    answer = weights_of(sign * compared / divisor, weights) @ values
    return answer / length**0.5 if scale == "afterwards" else answer


def weights_of(scores: Tensor, kind: str) -> Tensor:
    """Return the weights that scores give: "softmax", or another kind that is taken for it."""
    return {
        "softmax": scores.softmax(1),
        "reversed": (-scores).softmax(1),
        "over tasks": scores.softmax(0),
        "over everything": scores.flatten().softmax(0).view_as(scores),
        "none": scores,
        "sigmoid": scores.sigmoid(),
        "hard": F.one_hot(scores.argmax(1), scores.shape[1]).to(scores),
        "log": scores.log_softmax(1),
        "exp": scores.exp(),
        "shares": scores / scores.sum(1, keepdim=True),
        "relu": scores.relu(),
        "even": torch.full_like(scores, 1 / scores.shape[1]),
    }[kind]


GATE_MISTAKES = {
    "soft": "the gates are soft: nothing is switched off, only turned down. Return the hard choice, 0 or 1, and add "
    "soft - soft.detach() to it",
    "reversed": "the gates are the wrong way round: a positive score is on",
    "all": "every gate is on: a sigmoid is always above zero. Compare the score with zero, or the sigmoid with a half",
    "none": "every gate is off: a positive score is on",
    "half": "the threshold is at a score of one half: one half is the sigmoid's threshold, and a score's is zero",
    "signs": "the gates are -1 and 1: off is 0",
    "both": "the soft gate was added and not taken away again: subtract soft.detach()",
    "product": "an open gate is not 1: hard and soft were multiplied. Add soft - soft.detach() instead",
    "scores": "these are the scores themselves: return 0 or 1",
    "open scores": "an open gate lets its score through: return 1 there",
    "rest": "the soft gate was subtracted and not added again: it is + soft - soft.detach()",
    "largest": "only one gate of a row is on: each score decides for itself",
}
SLOPE_MISTAKES = {
    "score": "the gradient passes as if the gate were its score: then a gate that is far from the threshold moves as "
    "much as one at it. Let it pass through the sigmoid",
    "reversed": "the gradient has the wrong sign: it is + soft - soft.detach(), not the other way round",
    "open": "only open gates have a gradient: a closed one could never open again",
    "clipped": "the gradient passes unchanged between -1 and 1 and stops outside: that is another straight-through "
    "estimate. Here it is the sigmoid's",
    "tanh": "this is the gradient of a tanh: take the sigmoid's",
    "twice": "the sigmoid's gradient is there twice",
    "soft": "this is the sigmoid, not its gradient σ(1 - σ)",
    "none": "the gradient is zero everywhere: detach only *one* of the two soft terms",
    "relu": "only open gates have a gradient, that of their score: a closed one could never open again",
}


@exercise(
    "forward, the hard choice; backward, the sigmoid. Add to the hard choice something that is zero "
    "and has the sigmoid's gradient",
    "soft = torch.sigmoid(scores); hard = (scores > 0).to(soft); hard + soft - soft.detach()",
)
def straight_through(attempt: Attempt) -> Iterator[Point]:
    """``straight_through(scores)``: gates of 0 or 1 that learn as if they were a sigmoid."""
    scores = torch.tensor([[-3.0, -0.4, 0.2], [1.5, 0.6, -1.2]], requires_grad=True)
    found = attempt(scores)
    yield shaped(found, 2, 3, why="one gate for each score")
    yield follows(found, partial(_gates, scores), "1 where the score is positive, else 0", value=GATE_MISTAKES)
    yield (
        isinstance(found, Tensor) and found.requires_grad,
        "a gradient comes back",
        "the graph is detached: a comparison has no gradient. Add soft - soft.detach(), which is zero and has one",
    )
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    yield follows(gradient, partial(_slopes, scores), "the sigmoid, in the gradient", of=SLOPE_MISTAKES)


def _gates(scores: Tensor, value: str = "on") -> Tensor:
    """Return the gates: right, or with one of the usual mistakes."""
    on, soft = (scores > 0).float(), torch.sigmoid(scores)
    return {
        "on": on,
        "soft": soft,
        "reversed": 1 - on,
        "all": torch.ones_like(on),
        "none": torch.zeros_like(on),
        "half": (scores > 0.5).float(),
        "signs": 2 * on - 1,
        "both": on + soft,
        "product": on * soft,
        "scores": scores,
        "open scores": scores.relu(),
        "rest": on - soft,
        "largest": F.one_hot(scores.argmax(1), scores.shape[1]).float(),
    }[value]


def _slopes(scores: Tensor, of: str = "sigmoid") -> Tensor:
    """Return the gradient of the gates' sum in the scores: right, or with one of the usual mistakes."""
    on, soft = (scores > 0).float(), torch.sigmoid(scores)
    slope = soft * (1 - soft)
    return {
        "sigmoid": slope,
        "score": torch.ones_like(on),
        "reversed": -slope,
        "open": on * slope,
        "clipped": (scores.abs() <= 1).float(),
        "tanh": 1 - scores.tanh().square(),
        "twice": 2 * slope,
        "soft": soft,
        "none": torch.zeros_like(on),
        "relu": on,
    }[of]
