"""Checks of the exercises on the other families of embeddings (notebook 04)."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from metalearn.check.result import Attempt, Point, StoppedError, array, close, equals, exercise, is_not, normal, shaped


@exercise
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
    scale, shift, head = (after[name] - before[name] for name in shapes)
    yield is_not(
        array(found)[:, 8:],
        head.mean(1),
        "the head's change is squared before it is averaged",
        "averaged as it is, the head's change nearly cancels, as one class gains what the others lose: square it first",
    )
    body = torch.cat([scale, shift], dim=1)
    yield is_not(
        array(found)[:, :8],
        -body,
        "it points from before to after",
        "the sign is reversed: it is after minus before",
    )
    yield equals(found, torch.cat([body, head.square().mean(1)], dim=1), "the change, and the head's mean square")


@exercise
def fold_in(attempt: Attempt) -> Iterator[Point]:
    """``fold_in(scores, factors, strength)``: a new task's factors from the scores that exist, ``[rank]``."""
    factors, scores, strength = normal(9, 3, seed=3).double().numpy(), normal(9, seed=4).double().numpy(), 0.5
    scores[[1, 4, 5]] = np.nan
    seen = ~np.isnan(scores)

    def ridge(v: np.ndarray, r: np.ndarray, weight: float) -> np.ndarray:
        return np.linalg.solve(v.T @ v + weight * np.eye(3), v.T @ r)

    found = attempt(scores.copy(), factors.copy(), strength)
    if isinstance(found, (Tensor, np.ndarray)) and np.isnan(array(found)).any():
        raise StoppedError("a missing score (NaN) has spread to the whole answer: leave out its row of factors as well")
    yield shaped(found, 3, why="one number per factor")
    for filled, name in ((0.0, "zero"), (float(np.nanmean(scores)), "the mean score")):
        yield is_not(
            found,
            ridge(factors, np.where(seen, scores, filled), strength),
            f"a missing score is not taken for {name}",
            f"a missing score was taken for {name}: that is a claim about a solver nobody asked. Leave its row out",
        )
    yield is_not(
        found,
        ridge(factors[seen], scores[seen], 0),
        "the ridge is there",
        "this is plain least squares: without strength on the diagonal, two scores would settle three factors",
    )
    yield is_not(
        found,
        ridge(factors[seen], scores[seen], strength * seen.sum()),
        "the ridge does not grow with the scores",
        "strength was multiplied by the number of scores: with more of them, the pull to zero should count for less",
    )
    yield equals(found, ridge(factors[seen], scores[seen], strength), "the ridge regression on the scores that exist")
    few = attempt(np.where(np.arange(9) == 0, scores, np.nan), factors.copy(), strength)
    yield equals(few, ridge(factors[:1], scores[:1], strength), "the same with a single score")
