"""Checks of the exercises on tasks (notebook 01)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from metalearn.check.result import Attempt, Point, StoppedError, array, exercise, shaped

CHARACTERS, DRAWINGS = 8, 6
WAYS, SHOTS, QUERIES = 4, 2, 3


class _Drawn(NamedTuple):
    """A task as the student's function drew it: which drawing each image is, and its label."""

    support: np.ndarray
    support_y: np.ndarray
    query: np.ndarray
    query_y: np.ndarray

    def characters(self) -> list[set[int]]:
        """Return which characters each class shows, both sets together."""
        ids, labels = np.concatenate([self.support, self.query]), np.concatenate([self.support_y, self.query_y])
        return [set((ids[labels == y] // DRAWINGS).tolist()) for y in range(WAYS)]


@exercise(
    "three choices, in this order: which characters (without replacement), which drawings of each "
    "(without replacement, shots + queries of them), and which of these are support. The labels are "
    "then 0, 1, … ways - 1, in order",
    "chosen = rng.choice(len(images), ways, replace=False); for each of them "
    "rng.choice(images.shape[1], shots + queries, replace=False); images[chosen[:, None], drawings] "
    "is [ways, shots + queries, 28, 28]. Cut it along its second dimension, reshape both parts to "
    "[-1, 28, 28], and repeat np.arange(ways) as often as a class has drawings",
)
def draw_task(attempt: Attempt) -> Iterator[Point]:
    """``draw_task(images, ways, shots, queries, rng)``: support images and labels, query images and labels."""
    # Every pixel of a drawing is one more than its number, so that one pixel says which drawing it is.
    numbers = np.arange(1, CHARACTERS * DRAWINGS + 1, dtype=np.uint8).reshape(CHARACTERS, DRAWINGS, 1, 1)
    images = np.broadcast_to(numbers, (CHARACTERS, DRAWINGS, 28, 28)).copy()
    drawn = []
    for seed in (*range(30), 0):
        parts = attempt(images, WAYS, SHOTS, QUERIES, np.random.default_rng(seed))
        yield from _four_arrays(parts)
        drawn.append(_Drawn(*(array(part) for part in parts)))
        drawn[-1] = drawn[-1]._replace(support=_numbers(drawn[-1].support), query=_numbers(drawn[-1].query))
    yield True, "four arrays of the right shapes", ""
    yield from _one_task(drawn)
    yield from _many_tasks(drawn)


def _four_arrays(parts: Any) -> Iterator[Point]:
    if not isinstance(parts, (tuple, list)) or len(parts) != 4:
        raise StoppedError("it should return four arrays: support_x, support_y, query_x, query_y")
    shapes = ((WAYS * SHOTS, 28, 28), (WAYS * SHOTS,), (WAYS * QUERIES, 28, 28), (WAYS * QUERIES,))
    found = [tuple(getattr(part, "shape", ())) for part in parts]
    why = "the order is support_x, support_y, query_x, query_y" if sorted(found) == sorted(shapes) else ""
    why = why or "one row per drawing, class after class, and one label for each"
    for part, shape in zip(parts, shapes, strict=True):
        point = shaped(part, *shape, why=why)
        if not point[0]:
            yield point


def _numbers(images: np.ndarray) -> np.ndarray:
    """Return the number of each drawing, whether its image is as it was or scaled to [0, 1]."""
    pixel = images[:, 0, 0].astype(float)
    return np.rint(255 * pixel if pixel.max() <= 1 and (pixel % 1).any() else pixel).astype(int) - 1


def _one_task(drawn: list[_Drawn]) -> Iterator[Point]:
    labels = [set(y.tolist()) for task in drawn for y in (task.support_y, task.query_y)]
    yield (
        all(found == set(range(WAYS)) for found in labels),
        "labels run from 0 to ways - 1",
        "the labels count from 1: indices, and the rows of a head, count from 0"
        if all(found == set(range(1, WAYS + 1)) for found in labels)
        else "the labels are not 0 to ways - 1 in both sets: they are names within this task, not the "
        "characters' positions",
    )
    yield (
        all(len(characters) == 1 for task in drawn for characters in task.characters()),
        "a class shows one character, in both sets",
        "a class shows more than one character: support and query of a class must be the same one, and "
        "images and labels in the same order (repeat gives 0 0 1 1, tile gives 0 1 0 1)",
    )
    yield (
        all(len(set.union(*task.characters())) == WAYS for task in drawn),
        "the classes of a task are different characters",
        "one character is two classes of a task, and no learner could tell them apart: choose without replacement",
    )
    yield (
        not any(np.isin(task.support, task.query).any() for task in drawn),
        "no drawing is in both sets",
        "a drawing is in the support set and in the query set, which makes the test one of memory: choose"
        " shots + queries different drawings of each character, then divide them",
    )
    yield (
        not any(len(np.unique(part)) < len(part) for task in drawn for part in (task.support, task.query)),
        "no drawing comes twice",
        "a drawing comes twice in one set: choose characters and drawings without replacement (replace=False)",
    )


def _many_tasks(drawn: list[_Drawn]) -> Iterator[Point]:
    yield (
        all(np.array_equal(a, b) for a, b in zip(drawn[-1], drawn[0], strict=True)),
        "the same generator gives the same task",
        "two generators with the same seed give different tasks: take every random number from rng",
    )
    yield (
        len({tuple(task.support.tolist()) for task in drawn}) > 1,
        "other generators give other tasks",
        "every generator gives the same task: let rng choose the characters and the drawings",
    )
    orders = [[min(characters) for characters in task.characters()] for task in drawn]
    yield (
        len({tuple(sorted(order)) for order in orders}) > 1,
        "the characters are chosen at random",
        "every task has the same characters: let rng choose them too",
    )
    drawings = {tuple(np.unique(task.support % DRAWINGS).tolist()) for task in drawn}
    yield (
        len(drawings) > 1,
        "the drawings are chosen at random",
        "the support set always has the same drawings of a character: let rng choose which of them are support",
    )
    yield (
        any(order != sorted(order) for order in orders),
        "the classes come in any order",
        "the classes are always in the order of the characters: a learner could guess from it which class"
        " is which. Leave them in the order in which rng chose them",
    )
