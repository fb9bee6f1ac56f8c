"""Checks of the exercises on learning to learn (notebook 02)."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.check.result import Attempt, Mistake, Point, close, exercise, follows, named, normal, shaped
from metalearn.learners.backbone import Params


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

    def formula(
        centre: str = "mean", distance: str = "squared", sign: float = -1, finish: str = "", order: str = "labels"
    ) -> Tensor:
        y = labels if order == "labels" else torch.arange(3).repeat_interleave(3)
        classes = [support[y == c] for c in range(3)]
        if centre == "nearest":
            apart = torch.cdist(queries, support).square()
            values = torch.stack([apart[:, y == c].min(1).values for c in range(3)], dim=1)
        else:
            at = {
                "mean": lambda z: z.mean(0),
                "sum": lambda z: z.sum(0),
                "first": lambda z: z[0],
                "median": lambda z: z.median(0).values,
            }
            values = _apart(queries, torch.stack([at[centre](z) for z in classes]), distance)
        values = sign * values
        return {"": values, "softmax": values.softmax(1), "log": values.log_softmax(1)}[finish]

    yield follows(
        found,
        formula,
        "minus the squared distances to the class means",
        Mistake("sign", 1, "the sign is missing: the nearest prototype should have the highest logit, not the lowest"),
        Mistake("distance", "plain", "these are distances, not their squares: the root is still there"),
        Mistake("distance", "mean", "the mean over the dimensions was taken; a distance is their sum"),
        Mistake("distance", "city", "these are sums of absolute differences: square the differences instead"),
        Mistake("distance", "product", "these are inner products: points that are long would be near to everything"),
        Mistake("distance", "cosine", "these are cosines: the length of a point counts here too. Take distances"),
        Mistake("centre", "sum", "the prototypes are sums: divide by the number of drawings of the class (mean)"),
        Mistake("centre", "first", "only the first drawing of each class is used: the prototype is the mean of all"),
        Mistake("centre", "median", "the prototypes are medians: take the mean"),
        Mistake(
            "centre", "nearest", "this is the nearest drawing of each class, a nearest neighbour: take the mean first"
        ),
        Mistake("order", "sorted", "it relies on drawings that come class by class: pick them with labels == c"),
        Mistake("finish", "softmax", "these are probabilities: logits come before the softmax"),
        Mistake("finish", "log", "these are log-probabilities: logits come before the softmax"),
    )


def _apart(queries: Tensor, prototypes: Tensor, distance: str) -> Tensor:
    difference = queries[:, None] - prototypes
    return {
        "squared": difference.square().sum(2),
        "plain": difference.square().sum(2).sqrt(),
        "mean": difference.square().mean(2),
        "city": difference.abs().sum(2),
        "product": -queries @ prototypes.T,
        "cosine": -F.normalize(queries) @ F.normalize(prototypes).T,
    }[distance]


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

    means = {
        "mean": lambda p: p.mean(0),
        "sum": lambda p: p.sum(0),
        "first": lambda p: p[0],
        "last": lambda p: p[-1],
        "median": lambda p: p.median(0).values,
    }

    def formula(over: str = "mean", part: float = 0.1, origin: float = 1, keep: float = 1) -> Params:
        moves = {name: part * means[over](ends[name] - origin * p) for name, p in before.items()}
        return {name: keep * p + moves[name] for name, p in before.items()}

    yield follows(
        found,
        formula,
        "start + rate * (mean end - start)",
        Mistake(
            "over", "sum", "the moves of the tasks were added up: with more tasks the step would be longer. Average"
        ),
        Mistake("over", "first", "only the first task has a say: average where all of them ended"),
        Mistake("over", "last", "only the last task has a say: average where all of them ended"),
        Mistake("over", "median", "this is the median over tasks: take the mean"),
        Mistake("keep", 0, "this is the move alone: add it to the start"),
        Mistake(
            "part", -0.1, "it goes away from where the tasks ended: the move is end minus start, not start minus end"
        ),
        Mistake("part", 1, "it goes all the way: rate says how large a part of the way to go"),
        Mistake("part", 0.9, "rate says how far to go, not how much to keep: the two parts are exchanged"),
        Mistake("part", 0.1 / 4, "it was divided by the number of tasks once more: the mean has done that already"),
        Mistake("part", 0, "nothing has moved: add rate times the difference of the mean end and the start"),
        Mistake("origin", 0, "this adds a part of the ends: the move is the difference of end and start"),
        Mistake("origin", -1, "this adds end and start: the move is their difference"),
    )
