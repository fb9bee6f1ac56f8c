"""Checks of the exercise on attention over places (notebook 08)."""

from collections.abc import Iterator
from functools import partial

import torch.nn.functional as F
from torch import Tensor

from metalearn.check.notebook07 import weights_of
from metalearn.check.result import Attempt, Mistakes, Point, exercise, follows, normal, shaped
from metalearn.check.texts import Text

SPOTLIGHT_MISTAKES: Mistakes = {
    "weights": {
        "over tasks": "the softmax runs over the tasks: they would compete for a place. It belongs over the places of "
        "each task, dimension 1",
        "over everything": "the softmax runs over tasks and places together. If the scores of one task are larger, all "
        "others go dark: take it over the places of each task",
        "none": "there is no softmax: scores may be negative, and a page cannot be",
        "sigmoid": "a sigmoid is not a softmax: it judges each place by itself, and does not compare them",
        "hard": "only the best place is shown: the choice is hard, and no gradient would reach the scores",
        "log": "these are logarithms of weights: softmax, not log_softmax",
        "reversed": "the sign is reversed: the place with the *largest* score is shown",
    },
    "divide": {
        "nothing": "the weights are not divided by the largest of the task: even where it looks, the page would be dim",
        "largest of all": "the weights were divided by the largest of *all* tasks: each task shows its own best place "
        "as it is",
        "mean": "the weights were divided by their mean, so that the best place is too bright: divide by the largest",
        "smallest": "the weights were divided by the smallest of each task: divide by the largest",
        "length": "the weights were divided by the root of the sum of their squares: divide by the largest",
        "range": "the smallest weight was taken away first, so that the darkest place is black: only divide by the "
        "largest",
    },
    "layout": {
        "columns first": "rows and columns are the wrong way round: scores go row by row",
        "tiled": "the small mask was repeated side by side (repeat): each of its cells becomes a block "
        "(repeat_interleave)",
        "strips": "each place became a strip: make it side times side first, then stretch both dimensions",
        "mirrored": "left and right are the wrong way round",
        "upside down": "above and below are the wrong way round",
        "smooth": "the mask was enlarged smoothly: each place is dimmed as a whole (mode nearest)",
    },
    "use": {
        "mask": "this is the mask alone: multiply the images by it",
        "added": "the mask was added to the images: multiply",
        "inverted": "the page is dark where the task looks: multiply by the mask, not by one minus the mask",
        "divided": "the images were divided by the mask: multiply",
        "squared": "the images were multiplied by the mask twice",
        "page": "these are the images as they were: multiply them by the mask",
    },
}


@exercise(
    "three steps: weights of each task, whose largest is one; a mask of side times side places, enlarged to the "
    "size of an image; the images, times the mask of their task",
    "shown = weights / weights.amax(1, keepdim=True); shown.unflatten(1, (side, side)), then "
    "repeat_interleave(size, dim) for both dimensions; images * mask[:, None, None]",
)
def spotlight(attempt: Attempt) -> Iterator[Point]:
    """``spotlight(scores, images)``: images dimmed where a task does not look, ``[T, n, 1, H, H]``."""
    for side, size, seed in ((2, 3, 41), (3, 2, 43)):
        scores, images = (
            1.5 * normal(2, side * side, seed=seed),
            normal(2, 5, 1, side * size, side * size, seed=seed + 1),
        )
        images = images.abs()
        found = attempt(scores.clone(), images.clone())
        yield shaped(found, *images.shape, why="every image is dimmed, and keeps its size")
        formula = partial(_spotlight, scores, images)
        yield follows(
            found, formula, Text("images of {side} times {side} places, dimmed", side=side), **SPOTLIGHT_MISTAKES
        )


def _spotlight(
    scores: Tensor,
    images: Tensor,
    weights: str = "softmax",
    divide: str = "largest",
    layout: str = "row by row",
    use: str = "multiplied",
) -> Tensor:
    """Return the dimmed images: right, or with one of the usual mistakes."""
    mask = _laid_out(_divided(weights_of(scores, weights), divide), images.shape[-1], layout)[:, None, None]
    return {
        "multiplied": images * mask,
        "mask": mask.expand_as(images),
        "added": images + mask,
        "inverted": images * (1 - mask),
        "divided": images / mask,
        "squared": images * mask.square(),
        "page": images,
    }[use]


def _divided(weights: Tensor, by: str) -> Tensor:
    smallest, largest = weights.amin(1, keepdim=True), weights.amax(1, keepdim=True)
    return {
        "largest": weights / largest,
        "nothing": weights,
        "largest of all": weights / weights.max(),
        "mean": weights / weights.mean(1, keepdim=True),
        "smallest": weights / smallest,
        "length": F.normalize(weights, dim=1),
        "range": (weights - smallest) / (largest - smallest),
    }[by]


def _laid_out(shown: Tensor, pixels: int, layout: str) -> Tensor:
    """Lay the weights of places ``[T, places]`` over images of so many pixels a side: ``[T, pixels, pixels]``."""
    side = round(shown.shape[1] ** 0.5)
    size = pixels // side
    grid = shown.unflatten(1, (side, side))
    blocks = grid.repeat_interleave(size, 1).repeat_interleave(size, 2)
    return {
        "row by row": blocks,
        "columns first": blocks.mT,
        "tiled": grid.repeat(1, size, size),
        "strips": shown.repeat_interleave(size * size, 1).unflatten(1, (pixels, pixels)),
        "mirrored": blocks.flip(2),
        "upside down": blocks.flip(1),
        "smooth": F.interpolate(grid[:, None], pixels, mode="bilinear")[:, 0],
    }[layout]
