"""Checks of the exercises on the other families of embeddings (notebook 04)."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from metalearn.check.result import (
    Attempt,
    Mistakes,
    Point,
    StoppedError,
    array,
    close,
    exercise,
    follows,
    normal,
    shaped,
)
from metalearn.learners.backbone import Params

CANCELS = (
    "averaged as it is, the head's change nearly cancels, as one class gains what the others lose: square it first"
)
VARIANCE = "this is the head's variance over classes: their mean was subtracted. Take the mean square"
ADAPTATION_MISTAKES: Mistakes = {
    "body": {
        "reversed": "the sign is reversed: it is after minus before",
        "squared": "scale and shift are squared too: no order of classes can leak out of them, so keep their sign",
        "size": "the changes of scale and shift lost their sign: keep it, only the head is squared",
        "exchanged": "scale and shift are exchanged: scale comes first",
    },
    "head": {
        "mean": CANCELS,
        "minus": CANCELS,
        "square of mean": "the head's change is averaged before it is squared, and nearly cancels: square first",
        "sum": "the head's squares are added up: with more classes a task would look larger. Average",
        "size": "these are mean absolute changes of the head: square them",
        "root": "a root was taken at the end: the mean square itself is asked for",
        "variance": VARIANCE,
        "variance, n": VARIANCE,
        "deviation": "this is the head's standard deviation over classes: take the mean square",
        "largest": "only the class that changed most is there: average over the classes",
    },
    "order": {"head first": "the parts are in another order: scale, shift, then the head"},
    "tasks": {
        "centred": "the mean over tasks was subtracted: a task's vector must not depend on the others",
        "length": "the rows were brought to length one: leave them as long as they are",
    },
}


@exercise(
    "three parts, one after the other: the change of scale, the change of shift, and something about "
    "the head that is the same for any order of the classes",
    "change = after - before for every name; of the head change['head_weight'].square().mean(1), [T, "
    "F]; then torch.cat of scale, shift and that, dim=1",
)
def adaptation_embedding(attempt: Attempt) -> Iterator[Point]:
    """``adaptation_embedding(before, after)``: what adaptation changed, ``[tasks, D]``, whatever the classes' order."""
    shapes = {"scale": (3, 4), "shift": (3, 4), "head_weight": (3, 5, 6)}
    before, after = ({n: normal(*s, seed=i + k) for i, (n, s) in enumerate(shapes.items())} for k in (0, 10))
    found = attempt(before, after)
    yield shaped(found, 3, 14, why="scale, shift and one number per feature of the head: its rows follow the classes")
    moved = [{name: p + 1 for name, p in side.items()} for side in (before, after)]
    yield (
        close(attempt(*moved), found),
        "only what changed counts",
        "it depends on where adaptation started: embed the difference, not the adapted parameters",
    )
    renamed = [side | {"head_weight": side["head_weight"][:, [2, 0, 1, 4, 3]]} for side in (before, after)]
    yield (
        close(attempt(*renamed), found),
        "the order of the classes does not matter",
        "renaming the classes changes the embedding: the head's rows leaked in. Average over the classes",
    )

    formula = partial(_adaptation, {name: after[name] - before[name] for name in shapes})
    yield follows(found, formula, "the change, and the head's mean square", **ADAPTATION_MISTAKES)


def _adaptation(
    change: Params, body: str = "change", head: str = "mean square", order: str = "body first", tasks: str = "own"
) -> Tensor:
    """Return the embedding: right, or with one of the usual mistakes."""
    scale, shift = change["scale"], change["shift"]
    bodies = {
        "change": (scale, shift),
        "reversed": (-scale, -shift),
        "squared": (scale**2, shift**2),
        "size": (scale.abs(), shift.abs()),
        "exchanged": (shift, scale),
    }[body]
    last = _over_classes(change["head_weight"], head)
    row = torch.cat([*bodies, last] if order == "body first" else [last, *bodies], dim=1)
    return {"own": row, "centred": row - row.mean(0), "length": row / row.norm(dim=1, keepdim=True)}[tasks]


def _over_classes(rows: Tensor, reduce: str) -> Tensor:
    """Return one number per feature for the head's change ``[T, ways, F]``."""
    return {
        "mean square": rows.square().mean(1),
        "mean": rows.mean(1),
        "minus": -rows.mean(1),
        "sum": rows.square().sum(1),
        "size": rows.abs().mean(1),
        "root": rows.square().mean(1).sqrt(),
        "square of mean": rows.mean(1).square(),
        "variance": rows.var(1),
        "variance, n": rows.var(1, correction=0),
        "deviation": rows.std(1),
        "largest": rows.square().max(1).values,
    }[reduce]


NOT_ASKED = "that is a claim about a solver nobody asked. Leave its row out"
FOLD_MISTAKES: Mistakes = {
    "filled": {
        "zero": f"a missing score was taken for zero: {NOT_ASKED}",
        "mean": f"a missing score was taken for the mean score: {NOT_ASKED}",
        "factors": "the scores that are missing were left out on one side only: v.T @ v still has the factors of "
        "solvers nobody asked",
    },
    "ridge": {
        "none": "this is plain least squares: with fewer scores than factors it has no single answer. Add strength to "
        "the diagonal",
        "by scores": "strength was multiplied by the number of scores: with more of them, the pull to zero should "
        "count for less",
        "by all": "strength was multiplied by the number of solvers: it counts once",
        "everywhere": "strength was added to every number of v.T @ v: it belongs on the diagonal (np.eye)",
        "squared": "strength was squared: the ridge is strength times the squared length of u",
        "root": "the root of strength was taken: add strength itself to the diagonal",
        "minus": "strength was subtracted: add it, or the factors are pushed away from zero",
    },
    "centred": {True: "the scores were centred: there is no intercept here, so leave their mean in"},
    "solve": {
        "projected": "this is v.T @ r: still to be multiplied by the inverse of v.T @ v + strength * identity",
        "mean": "the factors were averaged with the scores as weights: solve the regression instead",
        "multiplied": "v.T @ r was multiplied by the matrix and not by its inverse: solve, or invert",
    },
}


@exercise(
    "leave out the solvers without a score: their scores and their rows of the factors. What is left "
    "is a ridge regression of scores on factors",
    "seen = ~np.isnan(scores); v, r = factors[seen], scores[seen]; solve (v.T @ v + strength * "
    "identity) u = v.T @ r with np.linalg.solve",
)
def fold_in(attempt: Attempt) -> Iterator[Point]:
    """``fold_in(scores, factors, strength)``: a new task's factors from the scores that exist, ``[rank]``."""
    factors, scores, strength = normal(9, 3, seed=3).double().numpy(), normal(9, seed=4).double().numpy(), 0.5
    scores[[1, 4, 5]] = np.nan
    found = attempt(scores.copy(), factors.copy(), strength)
    if isinstance(found, (Tensor, np.ndarray)) and np.isnan(array(found)).any():
        raise StoppedError("a missing score (NaN) has spread to the whole answer: leave out its row of factors as well")
    yield shaped(found, 3, why="one number per factor")
    formula = partial(_ridge, scores, factors, strength)
    yield follows(found, formula, "the ridge regression on the scores that exist", **FOLD_MISTAKES)
    single = np.where(np.arange(9) == 0, scores, np.nan)
    few = attempt(single.copy(), factors.copy(), strength)
    yield follows(few, partial(_ridge, single, factors, strength), "the same with a single score")


def _ridge(
    scores: np.ndarray,
    factors: np.ndarray,
    strength: float,
    filled: str = "left out",
    ridge: str = "once",
    centred: bool = False,
    solve: str = "inverse",
) -> np.ndarray:
    """Return the factors: right, or with one of the usual mistakes."""
    seen = ~np.isnan(scores)
    v, r = factors[seen], scores[seen]
    if filled in ("zero", "mean"):
        v, r = factors, np.where(seen, scores, 0.0 if filled == "zero" else r.mean())
    products, right = v.T @ v, v.T @ (r - r.mean() if centred else r)
    if filled == "factors":
        products = factors.T @ factors
    identity = np.eye(factors.shape[1])
    matrix = (
        products
        + strength
        * {
            "once": identity,
            "none": 0 * identity,
            "by scores": seen.sum() * identity,
            "by all": len(scores) * identity,
            "everywhere": np.ones_like(identity),
            "squared": strength * identity,
            "root": strength**-0.5 * identity,
            "minus": -identity,
        }[ridge]
    )
    if solve == "inverse":
        return np.linalg.solve(matrix, right)
    return {"projected": right, "mean": right / len(r), "multiplied": matrix @ right}[solve]
