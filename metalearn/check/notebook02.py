"""Checks of the exercises on learning to learn (notebook 02)."""

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.check.result import Attempt, Mistakes, Point, close, exercise, follows, named, normal, shaped
from metalearn.learners.backbone import Params

PROTOTYPE_MISTAKES: Mistakes = {
    "sign": {1: "the sign is missing: the nearest prototype should have the highest logit, not the lowest"},
    "distance": {
        "plain": "these are distances, not their squares: the root is still there",
        "mean": "the mean over the dimensions was taken; a distance is their sum",
        "city": "these are sums of absolute differences: square the differences instead",
        "product": "these are inner products: a point far from zero would be near to everything. Take distances",
        "cosine": "these are cosines: the length of a point counts here too. Take distances",
    },
    "centre": {
        "sum": "the prototypes are sums: divide by the number of drawings of the class (mean)",
        "first": "only the first drawing of each class is used: the prototype is the mean of all",
        "median": "the prototypes are medians: take the mean",
        "nearest": "this is the distance to the nearest drawing of each class, a nearest neighbour: take the mean of "
        "its drawings first",
    },
    "order": {"sorted": "this works only if the drawings come class by class: pick them with labels == c"},
    "finish": {
        "softmax": "these are probabilities: logits come before the softmax",
        "log": "these are log-probabilities: logits come before the softmax",
    },
}


@exercise(
    "first one prototype per class: the mean of the support points with that label. Then the squared "
    "distance from every query to every prototype, and a minus sign",
    "prototypes = torch.stack([support[labels == c].mean(0) for c in range(labels.max() + 1)]); then "
    "-torch.cdist(queries, prototypes).square()",
)
def prototype_logits(attempt: Attempt) -> Iterator[Point]:
    """``prototype_logits(support, labels, queries)``: minus squared distances to the class means, ``[n, ways]``."""
    labels = torch.tensor([2, 0, 1, 0, 2, 1, 1, 0, 2])
    support, queries = normal(9, 5, seed=41), normal(7, 5, seed=42)
    found = attempt(support.clone(), labels.clone(), queries.clone())
    yield shaped(found, 7, 3, why="one row per query, one column per class")
    formula = partial(_prototype_logits, support, labels, queries)
    yield follows(found, formula, "minus the squared distances to the class means", **PROTOTYPE_MISTAKES)


def _prototype_logits(
    support: Tensor,
    labels: Tensor,
    queries: Tensor,
    centre: str = "mean",
    distance: str = "squared",
    sign: float = -1,
    finish: str = "nothing",
    order: str = "by labels",
) -> Tensor:
    """Return the logits: right, or with one of the usual mistakes."""
    labels = labels if order == "by labels" else labels.sort().values
    classes = [support[labels == c] for c in range(3)]
    if centre == "nearest":
        values = torch.stack([_apart(queries, z, "squared").min(1).values for z in classes], dim=1)
    else:
        values = _apart(queries, torch.stack([_centre(z, centre) for z in classes]), distance)
    values = sign * values
    return {"nothing": values, "softmax": values.softmax(1), "log": values.log_softmax(1)}[finish]


def _centre(z: Tensor, of: str) -> Tensor:
    """Return one number for all that stand along the first dimension."""
    return {"mean": z.mean(0), "sum": z.sum(0), "first": z[0], "last": z[-1], "median": z.median(0).values}[of]


def _apart(queries: Tensor, points: Tensor, distance: str) -> Tensor:
    difference = queries[:, None] - points
    return {
        "squared": difference.square().sum(2),
        "plain": difference.square().sum(2).sqrt(),
        "mean": difference.square().mean(2),
        "city": difference.abs().sum(2),
        "product": -queries @ points.T,
        "cosine": -F.normalize(queries) @ F.normalize(points).T,
    }[distance]


REPTILE_MISTAKES: Mistakes = {
    "over": {
        "sum": "the moves of the tasks were added up: with more tasks the step would be longer. Average",
        "first": "only the first task counts here: average where all of them ended",
        "last": "only the last task counts here: average where all of them ended",
        "median": "this is the median over tasks: take the mean",
    },
    "keep": {0: "this is the move alone: add it to the start"},
    "part": {
        -0.1: "it goes away from where the tasks ended: the move is end minus start, not start minus end",
        1: "it goes all the way: rate says how large a part of the way to go",
        0.9: "the two parts are exchanged: rate says how far to go, not how much to keep of the start",
        0.1 / 4: "it was divided by the number of tasks once more: the mean has done that already",
        0: "nothing has moved: add rate times the difference of the mean end and the start",
    },
    "origin": {
        0: "this adds a part of the ends: the move is the difference of end and start",
        -1: "this adds end and start: the move is their difference",
    },
}


@exercise(
    "the tasks ended at different places. Average these, parameter by parameter, and go a part of the"
    " way from the start to there",
    "for every name: start[name] + rate * (ends[name].mean(0) - start[name])",
)
def reptile_step(attempt: Attempt) -> Iterator[Point]:
    """``reptile_step(start, ends, rate)``: the start, moved a part of the way to where the tasks ended on average."""
    start = {"W": normal(3, 2, seed=43), "b": normal(2, seed=44)}
    ends = {name: p + normal(4, *p.shape, seed=45) for name, p in start.items()}
    before = {name: p.clone() for name, p in start.items()}
    found = attempt(start, ends, 0.1)
    yield named(found, start, why="the start has no task dimension, before and after")
    yield (
        close(start, before),
        "the start it was given is as it was",
        "the start was changed in place: return a new one",
    )

    def formula(over: str = "mean", part: float = 0.1, origin: float = 1, keep: float = 1) -> Params:
        moves = {name: part * _centre(ends[name] - origin * p, over) for name, p in before.items()}
        return {name: keep * p + moves[name] for name, p in before.items()}

    yield follows(found, formula, "start + rate * (mean end - start)", **REPTILE_MISTAKES)
