"""Checks of the exercises on tasks (notebook 01)."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from metalearn.check.result import Attempt, Point, StoppedError, array, exercise, shaped


@exercise
def draw_task(attempt: Attempt) -> Iterator[Point]:
    """``draw_task(images, ways, shots, queries, rng)``: support images and labels, query images and labels."""
    images = np.broadcast_to(np.arange(1, 49, dtype=np.uint8).reshape(8, 6, 1, 1), (8, 6, 28, 28)).copy()
    ways, shots, queries = 4, 2, 3
    drawn = []
    for seed in (*range(30), 0):
        parts = attempt(images, ways, shots, queries, np.random.default_rng(seed))
        if not isinstance(parts, tuple) or len(parts) != 4:
            raise StoppedError("it should return four arrays: support_x, support_y, query_x, query_y")
        shapes = ((ways * shots, 28, 28), (ways * shots,), (ways * queries, 28, 28), (ways * queries,))
        for part, shape in zip(parts, shapes, strict=True):
            point = shaped(part, *shape)
            if not point[0]:
                yield point
        drawn.append(tuple(array(part) for part in parts))
    yield True, "four arrays of the right shapes", ""
    ids = [(sx[:, 0, 0] - 1.0, qx[:, 0, 0] - 1.0) for sx, _, qx, _ in drawn]
    yield (
        not any(np.isin(s, q).any() for s, q in ids),
        "no drawing is in both sets",
        "a drawing is in the support set and in the query set, which makes the test one of memory: choose shots + "
        "queries different drawings of each character, then divide them",
    )
    yield (
        all(set(y.tolist()) == set(range(ways)) for _, sy, _, qy in drawn for y in (sy, qy)),
        "labels run from 0 to ways - 1",
        "the labels are not 0 to ways - 1 in both sets: they are names within this task, not the characters' positions",
    )
    classes = [{y: set((i[labels == y] // 6).tolist()) for y in range(ways)} for i, labels in _labelled(drawn, ids)]
    yield (
        all(len(characters) == 1 for task in classes for characters in task.values()),
        "a class shows one character, in both sets",
        "a class shows more than one character: support and query of a class must be the same one, in the same order",
    )
    yield (
        all(len(set.union(*task.values())) == ways for task in classes),
        "the classes of a task are different characters",
        "one character is two classes of a task, and no learner could tell them apart: choose without replacement",
    )
    yield (
        all(np.array_equal(a, b) for a, b in zip(drawn[-1], drawn[0], strict=True)),
        "the same generator gives the same task",
        "two generators with the same seed give different tasks: take every random number from rng",
    )
    yield (
        len({tuple(s.tolist()) for s, _ in ids}) > 1,
        "other generators give other tasks",
        "every generator gives the same task: let rng choose the characters and the drawings",
    )


def _labelled(drawn: list[Any], ids: list[Any]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the drawings of each task, both sets together, with their labels."""
    for (_, sy, _, qy), (s, q) in zip(drawn, ids, strict=True):
        yield np.concatenate([s, q]), np.concatenate([sy, qy])
