"""Answers to the exercises of notebook 01, as students give them."""

import random

import numpy as np
import torch

from tests.check.answers.registry import SOLUTIONS, right, wrong


def _task(images, chosen, drawings, shots, labels=None):
    drawn = images[np.asarray(chosen)[:, None], drawings]
    y = np.arange(len(chosen)) if labels is None else np.asarray(labels)
    queries = drawn.shape[1] - shots
    support, query = (part.reshape(-1, 28, 28) for part in (drawn[:, :shots], drawn[:, shots:]))
    return support, y.repeat(shots), query, y.repeat(queries)


def _chosen(images, ways, rng):
    return rng.choice(len(images), ways, replace=False)


def _drawings(ways, count, rng):
    return np.stack([rng.choice(6, count, replace=False) for _ in range(ways)])


def _changed(change):
    """The solution, its four parts changed by ``change(parts, rng)``."""

    def attempt(images, ways, shots, queries, rng):
        return change(SOLUTIONS["draw_task"](images, ways, shots, queries, rng), rng)

    return attempt


@wrong("draw_task", "one of memory")
def _(images, ways, shots, queries, rng):
    return _task(images, _chosen(images, ways, rng), rng.integers(6, size=(ways, shots + queries)), shots)


@wrong("draw_task", "one of memory")
def _(images, ways, shots, queries, rng):
    drawings = np.concatenate([_drawings(ways, shots, rng), _drawings(ways, queries, rng)], axis=1)
    return _task(images, _chosen(images, ways, rng), drawings, shots)


@wrong("draw_task", "one of memory")
def _(images, ways, shots, queries, rng):
    drawings = np.arange(shots + queries)[None].repeat(ways, 0) % queries  # the queries begin with the support again
    return _task(images, _chosen(images, ways, rng), drawings, shots)


@wrong("draw_task", "comes twice in one set")
def _(images, ways, shots, queries, rng):
    order = _drawings(ways, 6, rng)
    return _task(images, _chosen(images, ways, rng), order[:, [0, 0, 1, 2, 3]], shots)


@wrong("draw_task", "names within this task")
def _(images, ways, shots, queries, rng):
    chosen = _chosen(images, ways, rng)
    return _task(images, chosen, _drawings(ways, shots + queries, rng), shots, labels=chosen)


@wrong("draw_task", "without replacement")
def _(images, ways, shots, queries, rng):
    return _task(images, rng.integers(3, size=ways), _drawings(ways, shots + queries, rng), shots)


@wrong("draw_task", "same seed")
def _(images, ways, shots, queries, rng):
    return SOLUTIONS["draw_task"](images, ways, shots, queries, np.random.default_rng())


@wrong("draw_task", "same seed")
def _(images, ways, shots, queries, rng):
    return _task(images, random.sample(range(len(images)), ways), _drawings(ways, shots + queries, rng), shots)


@wrong("draw_task", "every generator gives the same")
def _(images, ways, shots, queries, rng):
    return SOLUTIONS["draw_task"](images, ways, shots, queries, np.random.default_rng(0))


@wrong("draw_task", "same characters")
def _(images, ways, shots, queries, rng):
    return _task(images, range(ways), _drawings(ways, shots + queries, rng), shots)


@wrong("draw_task", "always has the same drawings")
def _(images, ways, shots, queries, rng):
    return _task(images, _chosen(images, ways, rng), np.arange(shots + queries)[None].repeat(ways, 0), shots)


@wrong("draw_task", "in the order of the characters")
def _(images, ways, shots, queries, rng):
    return _task(images, np.sort(_chosen(images, ways, rng)), _drawings(ways, shots + queries, rng), shots)


@wrong("draw_task", "in the order of the characters")
def _(images, ways, shots, queries, rng):
    mask = np.isin(np.arange(len(images)), _chosen(images, ways, rng))
    return _task(images, np.flatnonzero(mask), _drawings(ways, shots + queries, rng), shots)


wrong("draw_task", "the order is support_x, support_y")(_changed(lambda t, rng: (t[0], t[2], t[1], t[3])))
wrong("draw_task", "the order is support_x, support_y")(_changed(lambda t, rng: (*t[2:], *t[:2])))
wrong("draw_task", "more than one character")(_changed(lambda t, rng: (*t[:3], rng.permutation(t[3]))))
wrong("draw_task", "tile gives 0 1 0 1")(_changed(lambda t, rng: (t[0], np.tile(np.arange(4), 2), *t[2:])))
wrong("draw_task", "more than one character")(_changed(lambda t, rng: (rng.permutation(t[0]), *t[1:])))
wrong("draw_task", "labels count from 1")(_changed(lambda t, rng: (t[0], t[1] + 1, t[2], t[3] + 1)))
wrong("draw_task", "it should return four arrays")(_changed(lambda t, rng: t[:2]))
wrong("draw_task", "one label for each")(_changed(lambda t, rng: (t[0], np.eye(4)[t[1]], t[2], np.eye(4)[t[3]])))
wrong("draw_task", "one row per drawing")(_changed(lambda t, rng: (t[0].reshape(4, 2, 28, 28), *t[1:])))
wrong("draw_task", "one row per drawing")(_changed(lambda t, rng: (t[0].reshape(len(t[0]), -1), *t[1:])))

right("draw_task")(_changed(lambda t, rng: list(t)))
right("draw_task")(_changed(lambda t, rng: tuple(torch.from_numpy(part) for part in t)))
right("draw_task")(_changed(lambda t, rng: (t[0] / 255, t[1], t[2] / 255, t[3])))
right("draw_task")(
    _changed(lambda t, rng: tuple(torch.from_numpy(p) / 255 if p.ndim == 3 else torch.from_numpy(p) for p in t))
)
right("draw_task")(_changed(lambda t, rng: (t[0].astype(np.float32), t[1].astype(float), *t[2:])))


@right("draw_task")
def _(images, ways, shots, queries, rng):
    order = rng.permutation(ways * shots)
    sx, sy, qx, qy = SOLUTIONS["draw_task"](images, ways, shots, queries, rng)
    return sx[order], sy[order], qx, qy


@right("draw_task")
def _(images, ways, shots, queries, rng):
    sx, sy, qx, qy = [], [], [], []
    for label, character in enumerate(rng.permutation(len(images))[:ways]):
        for k, drawing in enumerate(rng.permutation(images.shape[1])[: shots + queries]):
            (sx if k < shots else qx).append(images[character, drawing])
            (sy if k < shots else qy).append(label)
    return np.array(sx), np.array(sy), np.array(qx), np.array(qy)
