"""Checks of the exercises on attention (notebook 07)."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.check.result import Attempt, Mistake, Point, exercise, follows, normal, shaped


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

    def formula(
        scale: str = "root of length", weights: str = "softmax", compare: str = "product", sign: float = 1
    ) -> Tensor:
        scores = queries @ keys.T if compare == "product" else F.normalize(queries) @ F.normalize(keys).T
        if compare == "distance":
            scores = -torch.cdist(queries, keys)
        scores = (
            sign
            * scores
            / {
                "root of length": 2,
                "none": 1,
                "length": 4,
                "root of bank": 5**0.5,
                "bank": 5,
                "root of tasks": 3**0.5,
                "root of value": 6**0.5,
                "afterwards": 1,
                "multiplied": 0.5,
            }[scale]
        )
        made = {
            "softmax": scores.softmax(1),
            "over tasks": scores.softmax(0),
            "over everything": scores.flatten().softmax(0).view_as(scores),
            "none": scores,
            "sigmoid": scores.sigmoid(),
            "hard": F.one_hot(scores.argmax(1), 5).to(scores),
            "log": scores.log_softmax(1),
            "exp": scores.exp(),
            "shares": scores / scores.sum(1, keepdim=True),
            "relu": scores.relu(),
            "even": torch.full_like(scores, 1 / 5),
        }[weights]
        return made @ values / (2 if scale == "afterwards" else 1)

    yield follows(
        found,
        formula,
        "softmax(q kᵀ / √length) v",
        Mistake(
            "weights",
            "over tasks",
            "the softmax runs over the tasks: tasks would compete for a key. It belongs over the keys, the "
            "last dimension",
        ),
        Mistake(
            "weights",
            "over everything",
            "the softmax runs over tasks and keys together: the weights of each task should add up to one",
        ),
        Mistake("weights", "none", "there is no softmax: raw scores can be negative and unbounded"),
        Mistake("weights", "sigmoid", "a sigmoid is not a softmax: the weights of a task would not add up to one"),
        Mistake(
            "weights",
            "hard",
            "only the best key's value is returned: the choice is hard, and no gradient would reach the queries",
        ),
        Mistake("weights", "log", "these are logarithms of weights: softmax, not log_softmax"),
        Mistake("weights", "exp", "the exponentials are not divided by their sum: the weights of a task add up to one"),
        Mistake(
            "weights",
            "shares",
            "the scores were divided by their sum, which may be near zero: take their exponentials first, as "
            "softmax does",
        ),
        Mistake("weights", "relu", "negative scores were cut off, and the rest are no weights: take a softmax"),
        Mistake("weights", "even", "all values count alike: the queries and keys are not used"),
        Mistake(
            "scale",
            "none",
            "the scores are not divided by the root of the length of a key: long keys would make every choice"
            " a hard one",
        ),
        Mistake(
            "scale",
            "length",
            "the scores are divided by the length of a key: it is its square root that keeps their variance at one",
        ),
        Mistake(
            "scale",
            "root of bank",
            "the scores are divided by the root of the number of keys: it is the *length* of a key that makes"
            " them large",
        ),
        Mistake("scale", "bank", "the scores are divided by the number of keys: it is the root of a key's *length*"),
        Mistake(
            "scale",
            "root of tasks",
            "the scores are divided by the root of the number of tasks: it is the length of a key",
        ),
        Mistake(
            "scale", "root of value", "the scores are divided by the root of the length of a value: it is that of a key"
        ),
        Mistake(
            "scale",
            "afterwards",
            "the scaling comes after the softmax: there it only shrinks the answer. Divide the scores before it",
        ),
        Mistake("scale", "multiplied", "the scores are multiplied by the root: divide"),
        Mistake(
            "compare", "cosine", "queries and keys were brought to length one: these are cosines, not dot products"
        ),
        Mistake("compare", "distance", "the keys were compared by distance: take dot products"),
        Mistake("sign", -1, "the sign is reversed: the key that is *most* alike gets the largest weight"),
    )


@exercise(
    "forward, the hard choice; backward, the sigmoid. Add to the hard choice something that is zero "
    "and has the sigmoid's gradient",
    "soft = torch.sigmoid(scores); hard = (scores > 0).to(soft); hard + soft - soft.detach()",
)
def straight_through(attempt: Attempt) -> Iterator[Point]:
    """``straight_through(scores)``: gates of 0 or 1 that learn as if they were a sigmoid."""
    scores = torch.tensor([[-3.0, -0.4, 0.2], [1.5, 0.6, -1.2]], requires_grad=True)
    on, soft = (scores > 0).float(), torch.sigmoid(scores)
    found = attempt(scores)
    yield shaped(found, 2, 3, why="one gate for each score")
    values = {
        "on": on,
        "soft": soft,
        "reversed": 1 - on,
        "all": torch.ones(2, 3),
        "none": torch.zeros(2, 3),
        "half": (scores > 0.5).float(),
        "signs": 2 * on - 1,
        "both": on + soft,
        "product": on * soft,
        "scores": scores,
        "open scores": scores.relu(),
        "rest": on - soft,
        "largest": F.one_hot(scores.argmax(1), 3).float(),
    }
    yield follows(
        found,
        lambda value="on": values[value],
        "1 where the score is positive, else 0",
        Mistake(
            "value",
            "soft",
            "the gates are soft: nothing is switched off, only turned down. Return 0 or 1; the hard choice is"
            " what stays, and soft - soft.detach() what is added",
        ),
        Mistake("value", "reversed", "the gates are the wrong way round: a positive score is on"),
        Mistake(
            "value",
            "all",
            "every gate is on: a sigmoid is above zero always. Its threshold is one half, that of a score is zero",
        ),
        Mistake("value", "none", "every gate is off: a positive score is on"),
        Mistake(
            "value",
            "half",
            "the threshold is at a score of one half: one half is the sigmoid's, for a score it is zero",
        ),
        Mistake("value", "signs", "the gates are -1 and 1: off is 0"),
        Mistake("value", "both", "the soft gate was added and not taken away again: subtract soft.detach()"),
        Mistake(
            "value", "product", "an open gate is not 1: hard and soft were multiplied. Add soft - soft.detach() instead"
        ),
        Mistake("value", "scores", "these are the scores themselves: return 0 or 1"),
        Mistake("value", "open scores", "an open gate lets its score through: return 1 there"),
        Mistake("value", "rest", "the soft gate was subtracted and not added again: it is + soft - soft.detach()"),
        Mistake("value", "largest", "only one gate of a row is on: each score decides for itself"),
    )
    yield (
        isinstance(found, Tensor) and found.requires_grad,
        "a gradient comes back",
        "the graph is detached: a comparison has no gradient. Add soft - soft.detach(), which is zero and has one",
    )
    (gradient,) = torch.autograd.grad(found.sum(), scores)
    slope = soft * (1 - soft)
    backward = {
        "sigmoid": slope,
        "score": torch.ones(2, 3),
        "reversed": -slope,
        "open": on * slope,
        "clipped": (scores.abs() <= 1).float(),
        "tanh": 1 - scores.tanh().square(),
        "twice": 2 * slope,
        "soft": soft,
        "none": torch.zeros(2, 3),
        "relu": on,
    }
    yield follows(
        gradient,
        lambda of="sigmoid": backward[of],
        "the sigmoid, in the gradient",
        Mistake(
            "of",
            "score",
            "the gradient passes as if the gate were its score: then a gate far beyond doubt moves as much as"
            " an open one. Let it pass through the sigmoid",
        ),
        Mistake(
            "of", "reversed", "the gradient has the wrong sign: it is + soft - soft.detach(), not the other way round"
        ),
        Mistake("of", "open", "only open gates have a gradient: a closed one could never open again"),
        Mistake(
            "of",
            "clipped",
            "the gradient passes unchanged between -1 and 1 and stops outside: that is another straight-"
            "through estimate. Here it is the sigmoid's",
        ),
        Mistake("of", "tanh", "this is the gradient of a tanh: take the sigmoid's"),
        Mistake("of", "twice", "the sigmoid's gradient is there twice"),
        Mistake("of", "soft", "this is the sigmoid, not its gradient σ(1 - σ)"),
        Mistake("of", "none", "the gradient is zero everywhere: detach only *one* of the two soft terms"),
        Mistake(
            "of", "relu", "only open gates have a gradient, that of their score: a closed one could never open again"
        ),
    )
