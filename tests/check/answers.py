"""Answers to the exercises as students give them: wrong ones, with words of the hint they deserve, and right ones.

A wrong answer for which no hint names the mistake is noted with the words ``BARE``: it is told its numbers and no more.
"""

import importlib.util
import random
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from metalearn import check

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EXERCISES = sorted(set(check.__all__) - {"Result"})
BARE = "the numbers are not those of"
Answer = Callable[..., Any]


def load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"course_{path.stem}", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


SOLUTIONS: dict[str, Answer] = {
    name: attempt
    for path in sorted((NOTEBOOKS / "solutions").glob("[0-9][0-9].py"))
    for name, attempt in vars(load(path)).items()
    if name in EXERCISES
}
WRONG: dict[str, list[tuple[str, Answer]]] = defaultdict(list)
RIGHT: dict[str, list[Answer]] = defaultdict(list)


def wrong(exercise: str, hint: str) -> Callable[[Answer], Answer]:
    """Note a wrong answer to an exercise, with some words of the hint it deserves."""

    def noted(attempt: Answer) -> Answer:
        WRONG[exercise].append((hint, attempt))
        return attempt

    return noted


def right(exercise: str) -> Callable[[Answer], Answer]:
    """Note another right answer to an exercise."""

    def noted(attempt: Answer) -> Answer:
        RIGHT[exercise].append(attempt)
        return attempt

    return noted


# --- draw_task -------------------------------------------------------------------------------------------------------


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


# --- prototypes and Reptile ------------------------------------------------------------------------------------------


def _means(support, labels, reduce=lambda z: z.mean(0)):
    return torch.stack([reduce(support[labels == c]) for c in range(3)])


def _by_prototypes(distance=lambda q, p: torch.cdist(q, p).square(), finish=torch.neg, **how):
    return lambda support, labels, queries: finish(distance(queries, _means(support, labels, **how)))


wrong("prototype_logits", "the sign is missing")(_by_prototypes(finish=lambda d: d))
wrong("prototype_logits", "the root is still there")(_by_prototypes(torch.cdist))
wrong("prototype_logits", "a distance is their sum")(_by_prototypes(lambda q, p: (q[:, None] - p).square().mean(2)))
wrong("prototype_logits", "square the differences")(_by_prototypes(lambda q, p: torch.cdist(q, p, p=1)))
wrong("prototype_logits", "these are inner products")(_by_prototypes(lambda q, p: -q @ p.T))
wrong("prototype_logits", "these are cosines")(
    _by_prototypes(lambda q, p: -torch.cosine_similarity(q[:, None], p[None], dim=2))
)
wrong("prototype_logits", "the prototypes are sums")(_by_prototypes(reduce=lambda z: z.sum(0)))
wrong("prototype_logits", "only the first drawing")(_by_prototypes(reduce=lambda z: z[0]))
wrong("prototype_logits", "the prototypes are medians")(_by_prototypes(reduce=lambda z: z.median(0).values))
wrong("prototype_logits", "logits come before the softmax")(_by_prototypes(finish=lambda d: (-d).softmax(1)))
wrong("prototype_logits", "these are log-probabilities")(_by_prototypes(finish=lambda d: (-d).log_softmax(1)))
wrong("prototype_logits", "class by class: pick them")(
    lambda s, y, q: -torch.cdist(q, s.unflatten(0, (3, -1)).mean(1)).square()
)
wrong("prototype_logits", "a nearest neighbour")(
    lambda s, y, q: -torch.stack([torch.cdist(q, s[y == c]).square().amin(1) for c in range(3)], 1)
)
wrong("prototype_logits", "one row per query, one column per class")(
    lambda s, y, q: -torch.cdist(_means(s, y), q).square()
)
wrong("prototype_logits", "one row per query")(lambda s, y, q: torch.cdist(q, _means(s, y)).argmin(1))
wrong("prototype_logits", "Also: the prototypes are sums")(_by_prototypes(torch.cdist, reduce=lambda z: z.sum(0)))
wrong("prototype_logits", "0.5 times")(_by_prototypes(finish=lambda d: -d / 2))
wrong("prototype_logits", BARE)(_by_prototypes(finish=lambda d: 1 / (1 + d)))
right("prototype_logits")(_by_prototypes(lambda q, p: (q[:, None] - p).square().sum(2)))
right("prototype_logits")(_by_prototypes(lambda q, p: (q**2).sum(1)[:, None] + (p**2).sum(1) - 2 * q @ p.T))
right("prototype_logits")(_by_prototypes(finish=lambda d: (-d).detach().numpy()))


@right("prototype_logits")
def _(support, labels, queries):
    one_hot = F.one_hot(labels).to(support)
    prototypes = one_hot.T @ support / one_hot.sum(0)[:, None]
    return -torch.stack([((query - prototypes) ** 2).sum(1) for query in queries])


def _reptile(move):
    return lambda start, ends, rate: {name: move(p, ends[name], rate) for name, p in start.items()}


wrong("reptile_step", "away from where the tasks ended")(_reptile(lambda p, e, r: p - r * (e.mean(0) - p)))
wrong("reptile_step", "it goes all the way")(_reptile(lambda p, e, r: e.mean(0)))
wrong("reptile_step", "the moves of the tasks were added up")(_reptile(lambda p, e, r: p + r * (e - p).sum(0)))
wrong("reptile_step", "only the first task")(_reptile(lambda p, e, r: p + r * (e[0] - p)))
wrong("reptile_step", "only the last task")(_reptile(lambda p, e, r: p + r * (e[-1] - p)))
wrong("reptile_step", "this is the median")(_reptile(lambda p, e, r: p + r * (e - p).median(0).values))
wrong("reptile_step", "the move alone")(_reptile(lambda p, e, r: r * (e.mean(0) - p)))
wrong("reptile_step", "two parts are exchanged")(_reptile(lambda p, e, r: r * p + (1 - r) * e.mean(0)))
wrong("reptile_step", "divided by the number of tasks once more")(
    _reptile(lambda p, e, r: p + r * (e - p).mean(0) / len(e))
)
wrong("reptile_step", "nothing has moved")(lambda start, ends, rate: dict(start))
wrong("reptile_step", "the difference of end and start")(_reptile(lambda p, e, r: p + r * e.mean(0)))
wrong("reptile_step", "the move is their difference")(_reptile(lambda p, e, r: p + r * (e.mean(0) + p)))
wrong("reptile_step", "no task dimension")(_reptile(lambda p, e, r: p + r * (e - p)))
wrong("reptile_step", BARE)(_reptile(lambda p, e, r: p + r * (e.mean() - p)))


@wrong("reptile_step", "changed in place")
def _(start, ends, rate):
    for name, p in start.items():
        p += rate * (ends[name].mean(0) - p)
    return start


right("reptile_step")(_reptile(lambda p, e, r: (1 - r) * p + r * e.mean(0)))
right("reptile_step")(_reptile(lambda p, e, r: torch.lerp(p, e.mean(0), r)))
right("reptile_step")(_reptile(lambda p, e, r: p - r * torch.stack([p - end for end in e]).mean(0)))

# --- gradient embedding ----------------------------------------------------------------------------------------------


def _rows(backbone, base, batch, move=-0.5, steps=3, start=None, finish=F.normalize, detach=True, bias=True, **how):
    """The gradient rows, with one thing or another done wrong."""
    name = backbone.scales_and_shifts[how.get("layer", -1)]
    x, y, ways = how.get("x", batch.support_x), how.get("y", batch.support_y), batch.ways
    shift = base[name].expand(len(x), -1).contiguous().requires_grad_()
    z = backbone.features({**base, name: shift}, x)
    seen = z.detach() if detach else z
    weight = torch.zeros(len(x), ways, z.shape[2]) if start is None else start.expand(len(x), -1, -1)
    offset, total = torch.zeros(len(x), 1, ways), 0
    for k in range(steps + 1):
        loss = F.cross_entropy((z @ weight.mT + offset).flatten(0, 1), y.flatten(), reduction="sum") / y.shape[1]
        if k == steps or how.get("summed"):
            total = total + torch.autograd.grad(loss, shift, retain_graph=True)[0]
        error = ((seen @ weight.mT + offset).softmax(2) - F.one_hot(y, ways)) / (1 if how.get("sum") else y.shape[1])
        weight = weight + move * error.mT @ seen
        offset = offset + move * error.sum(1, keepdim=True) * bias
    return finish(total)


def _embedded(**how):
    return lambda backbone, base, batch: _rows(backbone, base, batch, **how)


wrong("gradient_embedding", "Let the head step first")(_embedded(steps=0, finish=lambda g: g))
wrong("gradient_embedding", "sign is reversed")(_embedded(finish=lambda g: -F.normalize(g)))
wrong("gradient_embedding", "up the loss")(_embedded(move=0.5))
wrong("gradient_embedding", "of size 1")(_embedded(move=-1.0))
wrong("gradient_embedding", "of size 0.1")(_embedded(move=-0.1))
wrong("gradient_embedding", "follows the sum over drawings")(_embedded(sum=True))
wrong("gradient_embedding", "do not have length one")(_embedded(finish=lambda g: g))
wrong("gradient_embedding", "add up to one")(_embedded(finish=lambda g: F.normalize(g, p=1)))
wrong("gradient_embedding", "the largest number of a row is one")(
    _embedded(finish=lambda g: F.normalize(g, p=torch.inf))
)
wrong("gradient_embedding", "their squared length")(_embedded(finish=lambda g: g / g.square().sum(1, keepdim=True)))
wrong("gradient_embedding", "the columns have length one")(_embedded(finish=lambda g: F.normalize(g, dim=0)))
wrong("gradient_embedding", "detach the features there")(_embedded(detach=False))
wrong("gradient_embedding", "the head has no bias")(_embedded(bias=False))
wrong("gradient_embedding", "took one step")(_embedded(steps=1))
wrong("gradient_embedding", "took two steps")(_embedded(steps=2))
wrong("gradient_embedding", "took four steps")(_embedded(steps=4))
wrong("gradient_embedding", "took five steps")(_embedded(steps=5))
wrong("gradient_embedding", "the notebook's own formula")(_embedded(summed=True))
wrong("gradient_embedding", "in the last scale")(_embedded(layer=-2))
wrong("gradient_embedding", "one number per channel")(_embedded(layer=1))
wrong("gradient_embedding", "from zero. Also: the head took two")(_embedded(bias=False, steps=2))
wrong("gradient_embedding", "3 times that")(_embedded(finish=lambda g: 3 * F.normalize(g)))


@wrong("gradient_embedding", "query set was used")
def _(backbone, base, batch):
    x, y = torch.cat([batch.support_x, batch.query_x], 1), torch.cat([batch.support_y, batch.query_y], 1)
    return _rows(backbone, base, batch, x=x, y=y)


@wrong("gradient_embedding", "order leaked in")
def _(backbone, base, batch):
    start = torch.randn(3, backbone.features_size, generator=torch.Generator().manual_seed(0))
    return _rows(backbone, base, batch, start=start)


@wrong("gradient_embedding", "gradient of its own loss")
def _(backbone, base, batch):
    rows = SOLUTIONS["gradient_embedding"](backbone, base, batch)
    return F.normalize(rows.mean(0, keepdim=True)).expand(len(rows), -1)


@wrong("gradient_embedding", "ask torch.autograd.grad")
def _(backbone, base, batch):
    name = backbone.scales_and_shifts[-1]
    shift = base[name].expand(len(batch), -1).contiguous().requires_grad_() * 1
    z = backbone.features({**base, name: shift}, batch.support_x)
    with warnings.catch_warnings(action="ignore"):
        (z.sum()).backward()
        return F.normalize(0.5 * shift.grad * shift)


right("gradient_embedding")(_embedded())
right("gradient_embedding")(_embedded(finish=lambda g: g / g.norm(dim=1, keepdim=True)))
right("gradient_embedding")(_embedded(finish=lambda g: F.normalize(7 * g).detach().numpy()))

# --- Fisher ----------------------------------------------------------------------------------------------------------


def _each(weight, z, y):
    return ((z @ weight.T).softmax(1) - F.one_hot(y, len(weight)))[:, :, None] * z[:, None]


def _fisher(reduce):
    return lambda weight, z, y: reduce(_each(weight, z, y))


@wrong("fisher", "square of the mean gradient")
def _(weight, z, y):
    weight.requires_grad_()
    return torch.autograd.grad(F.cross_entropy(z @ weight.T, y), weight)[0].square()


@wrong("fisher", "square of the summed gradient")
def _(weight, z, y):
    weight.requires_grad_()
    return torch.autograd.grad(F.cross_entropy(z @ weight.T, y, reduction="sum"), weight)[0].square()


wrong("fisher", "nothing is squared")(_fisher(lambda g: g.mean(0)))
wrong("fisher", "sum over drawings")(_fisher(lambda g: g.square().sum(0)))
wrong("fisher", "these are absolute values")(_fisher(lambda g: g.abs().mean(0)))
wrong("fisher", "a root was taken")(_fisher(lambda g: g.square().mean(0).sqrt()))
wrong("fisher", "this is the variance")(_fisher(lambda g: g.var(0)))
wrong("fisher", "this is the variance")(_fisher(lambda g: g.square().mean(0) - g.mean(0).square()))
wrong("fisher", "divided by n - 1")(_fisher(lambda g: g.square().sum(0) / (len(g) - 1)))
wrong("fisher", "drawings times features")(_fisher(lambda g: g.square().sum(0) / g[:, 0].numel()))
wrong("fisher", "average over the drawings")(_fisher(lambda g: g.square()))
wrong("fisher", "its class first")(_fisher(lambda g: g.square().mean(0).T))
wrong("fisher", "one number for each weight")(_fisher(lambda g: g.square().mean((0, 1))))
wrong("fisher", "the *true* Fisher")(
    lambda w, z, y: (((p := (z @ w.T).softmax(1)) * (1 - p))[:, :, None] * z[:, None].square()).mean(0)
)
wrong("fisher", "runs over the drawings")(
    lambda w, z, y: (((z @ w.T).softmax(0) - F.one_hot(y, 3))[:, :, None] * z[:, None]).square().mean(0)
)
wrong("fisher", "there is no softmax")(
    lambda w, z, y: ((z @ w.T - F.one_hot(y, 3))[:, :, None] * z[:, None]).square().mean(0)
)
wrong("fisher", "the labels are not used")(
    lambda w, z, y: ((z @ w.T).softmax(1)[:, :, None] * z[:, None]).square().mean(0)
)
wrong("fisher", "error times *feature*")(
    lambda w, z, y: ((z @ w.T).softmax(1) - F.one_hot(y, 3)).square().mean(0)[:, None].expand(3, 5)
)
wrong("fisher", "only the row of the right class")(
    lambda w, z, y: (F.one_hot(y, 3)[:, :, None] * _each(w, z, y)).square().mean(0)
)
wrong("fisher", BARE)(_fisher(lambda g: g.square().mean(0).log()))
right("fisher")(_fisher(lambda g: (g**2).mean(0).numpy()))


@right("fisher")
def _(weight, z, y):
    weight.requires_grad_()
    total = torch.zeros_like(weight)
    for features, label in zip(z, y, strict=True):
        (gradient,) = torch.autograd.grad(F.cross_entropy(weight @ features, label), weight)
        total += gradient**2 / len(z)
    return total


@right("fisher")
def _(weight, z, y):
    error = (z @ weight.T).softmax(1) - F.one_hot(y, len(weight))
    return (error**2).T @ z**2 / len(z)


# --- adaptation, collaborative ---------------------------------------------------------------------------------------


def _change(before, after, head=lambda rows: rows.square().mean(1), body=lambda part: part):
    parts = [body(after[name] - before[name]) for name in ("scale", "shift")]
    return torch.cat([*parts, head(after["head_weight"] - before["head_weight"])], dim=1)


def _head(head):
    return lambda before, after: _change(before, after, head)


wrong("adaptation_embedding", "its rows follow the classes")(_head(lambda h: h.flatten(1)))
wrong("adaptation_embedding", "head's rows leaked in")(_head(lambda h: h[:, 0].square()))
wrong("adaptation_embedding", "nearly cancels")(_head(lambda h: h.mean(1)))
wrong("adaptation_embedding", "averaged before it is squared")(_head(lambda h: h.mean(1).square()))
wrong("adaptation_embedding", "squares are added up")(_head(lambda h: h.square().sum(1)))
wrong("adaptation_embedding", "mean absolute changes")(_head(lambda h: h.abs().mean(1)))
wrong("adaptation_embedding", "a root was taken")(_head(lambda h: h.square().mean(1).sqrt()))
wrong("adaptation_embedding", "the head's variance")(_head(lambda h: h.var(1)))
wrong("adaptation_embedding", "the head's variance")(_head(lambda h: h.var(1, correction=0)))
wrong("adaptation_embedding", "standard deviation")(_head(lambda h: h.std(1)))
wrong("adaptation_embedding", "the class that changed most")(_head(lambda h: h.square().amax(1)))
wrong("adaptation_embedding", "one number per feature")(_head(lambda h: h.square().mean(2)))
wrong("adaptation_embedding", "after minus before")(lambda b, a: _change(a, b))
wrong("adaptation_embedding", "scale and shift are squared")(lambda b, a: _change(b, a, body=torch.square))
wrong("adaptation_embedding", "lost their sign")(lambda b, a: _change(b, a, body=torch.abs))
wrong("adaptation_embedding", "embed the difference")(
    lambda b, a: _change({n: torch.zeros_like(p) for n, p in b.items()}, a)
)
wrong("adaptation_embedding", "scale comes first")(
    lambda b, a: _change(
        {**b, "scale": b["shift"], "shift": b["scale"]}, {**a, "scale": a["shift"], "shift": a["scale"]}
    )
)
wrong("adaptation_embedding", "another order")(lambda b, a: (e := _change(b, a)).roll(6, 1) + 0 * e)
wrong("adaptation_embedding", "the mean over tasks was subtracted")(lambda b, a: (e := _change(b, a)) - e.mean(0))
wrong("adaptation_embedding", "brought to length one")(lambda b, a: F.normalize(_change(b, a)))
wrong("adaptation_embedding", "Also: these are mean absolute")(lambda b, a: _change(a, b, lambda h: h.abs().mean(1)))
right("adaptation_embedding")(lambda b, a: _change(b, a).numpy())
right("adaptation_embedding")(_head(lambda h: (h**2).sum(1) / h.shape[1]))
right("adaptation_embedding")(_head(lambda h: h.var(1, correction=0) + h.mean(1) ** 2))


def _ridge(scores, factors, strength):
    return np.linalg.solve(factors.T @ factors + strength * np.eye(factors.shape[1]), factors.T @ scores)


def _seen(scores, factors):
    return scores[~np.isnan(scores)], factors[~np.isnan(scores)]


def _folded(fold):
    """A way to find the factors, given only the scores that exist and their solvers' factors."""
    return lambda scores, factors, strength: fold(*_seen(scores, factors), strength)


wrong("fold_in", "has spread")(_ridge)
wrong("fold_in", "taken for zero")(lambda s, v, strength: _ridge(np.nan_to_num(s), v, strength))
wrong("fold_in", "taken for the mean score")(
    lambda s, v, strength: _ridge(np.where(np.isnan(s), np.nanmean(s), s), v, strength)
)
wrong("fold_in", "taken for zero")(
    lambda s, v, strength: np.linalg.solve(v.T @ v + strength * np.eye(3), _seen(s, v)[1].T @ _seen(s, v)[0])
)
wrong("fold_in", "plain least squares")(_folded(lambda r, v, strength: np.linalg.lstsq(v, r, rcond=None)[0]))
wrong("fold_in", "multiplied by the number of scores")(_folded(lambda r, v, strength: _ridge(r, v, strength * len(r))))
wrong("fold_in", "multiplied by the number of solvers")(lambda s, v, k: _ridge(*_seen(s, v), k * len(s)))
wrong("fold_in", "it belongs on the diagonal")(_folded(lambda r, v, k: np.linalg.solve(v.T @ v + k, v.T @ r)))
wrong("fold_in", "strength was squared")(_folded(lambda r, v, k: _ridge(r, v, k**2)))
wrong("fold_in", "root of strength")(_folded(lambda r, v, k: _ridge(r, v, k**0.5)))
wrong("fold_in", "strength was subtracted")(_folded(lambda r, v, k: _ridge(r, v, -k)))
wrong("fold_in", "the scores were centred")(_folded(lambda r, v, k: _ridge(r - r.mean(), v, k)))
wrong("fold_in", "this is v.T @ r")(_folded(lambda r, v, k: v.T @ r))
wrong("fold_in", "the factors were averaged")(_folded(lambda r, v, k: (v * r[:, None]).mean(0)))
wrong("fold_in", "solve, or invert")(_folded(lambda r, v, k: (v.T @ v + k * np.eye(3)) @ (v.T @ r)))
wrong("fold_in", "one number per factor")(_folded(lambda r, v, k: _ridge(r, v, k)[:, None]))
wrong("fold_in", "one number per factor")(_folded(lambda r, v, k: v @ _ridge(r, v, k)))
wrong("fold_in", "wrong way round")(_folded(lambda r, v, k: np.linalg.solve(v @ v.T, v.T @ r)))
wrong("fold_in", "-1 times")(_folded(lambda r, v, k: -_ridge(r, v, k)))
right("fold_in")(_folded(lambda r, v, k: np.linalg.inv(v.T @ v + k * np.eye(3)) @ v.T @ r))
right("fold_in")(_folded(lambda r, v, k: v.T @ np.linalg.solve(v @ v.T + k * np.eye(len(v)), r)))
right("fold_in")(
    _folded(
        lambda r, v, k: np.linalg.lstsq(np.vstack([v, k**0.5 * np.eye(3)]), np.append(r, np.zeros(3)), rcond=None)[0]
    )
)


@right("fold_in")
def _(scores, factors, strength):
    mask = np.where(np.isnan(scores), 0.0, 1.0)
    v = factors * mask[:, None]
    return torch.linalg.solve(
        torch.from_numpy(v.T @ v + strength * np.eye(3)), torch.from_numpy(v.T @ np.nan_to_num(scores))
    )


# --- pre-initialisation ----------------------------------------------------------------------------------------------


def _start(scale, head, ways):
    return {"scale": scale, "head_weight": head[:, None].expand(-1, ways, -1)}


def _started(combine):
    return lambda phi, g, ways: _start(*(combine(phi[n], g[n]) for n in ("scale", "head_weight")), ways)


wrong("task_start", "took the place of φ")(_started(lambda p, g: g))
wrong("task_start", "φ was subtracted")(_started(lambda p, g: g - p))
wrong("task_start", "the offset was subtracted")(_started(lambda p, g: p - g))
wrong("task_start", "the offsets are not used")(_started(lambda p, g: p + 0 * g))
wrong("task_start", "only half of the offset")(_started(lambda p, g: p + g / 2))
wrong("task_start", "averaged over the tasks")(_started(lambda p, g: p + g.mean(0, keepdim=True) + 0 * g))
wrong("task_start", "added up over the tasks")(_started(lambda p, g: p + g.sum(0, keepdim=True) + 0 * g))
wrong("task_start", "offset of the first")(_started(lambda p, g: p + g[:1] + 0 * g))
wrong("task_start", "φ was multiplied by the offset")(_started(lambda p, g: p * g))
wrong("task_start", "divided among the classes")(
    lambda p, g, ways: _start(p["scale"] + g["scale"], (p["head_weight"] + g["head_weight"]) / ways, ways)
)
wrong("task_start", "the head starts at zero")(
    lambda p, g, ways: _start(p["scale"] + g["scale"], 0 * (p["head_weight"] + g["head_weight"]), ways)
)
wrong("task_start", "the head's offset is missing")(
    lambda p, g, ways: _start(p["scale"] + g["scale"], p["head_weight"] + 0 * g["head_weight"], ways)
)
wrong("task_start", "the scale's offset is missing")(
    lambda p, g, ways: _start(p["scale"] + 0 * g["scale"], p["head_weight"] + g["head_weight"], ways)
)
wrong("task_start", "one row for each class")(lambda p, g, ways: {n: p[n] + g[n] for n in p})
wrong("task_start", "one row for each class")(
    lambda p, g, ways: {"scale": p["scale"] + g["scale"], "head_weight": p["head_weight"].expand(3, ways, -1).mT}
)
wrong("task_start", "g could never learn")(
    lambda p, g, ways: SOLUTIONS["task_start"](p, {n: v.detach() for n, v in g.items()}, ways)
)
wrong("task_start", "shared start could never learn")(
    lambda p, g, ways: SOLUTIONS["task_start"]({n: v.detach() for n, v in p.items()}, g, ways)
)
wrong("task_start", "the graph is gone")(_started(lambda p, g: (p + g).detach()))
wrong("task_start", "stay with torch operations")(_started(lambda p, g: torch.from_numpy(p.numpy() + g.numpy())))
wrong("task_start", "make a new one instead")(_started(lambda p, g: p.add_(g[0]) + g))


@wrong("task_start", "φ itself was changed")
def _(phi, offsets, ways):
    phi["scale"].data += offsets["scale"][0]
    return SOLUTIONS["task_start"](phi, offsets, ways)


@wrong("task_start", "rows of the head differ")
def _(phi, offsets, ways):
    start = SOLUTIONS["task_start"](phi, offsets, ways)
    return start | {"head_weight": start["head_weight"] * torch.arange(1, ways + 1)[:, None]}


@right("task_start")
def _(phi, offsets, ways):
    start = {name: torch.stack([p + offset for offset in offsets[name]]) for name, p in phi.items()}
    return start | {"head_weight": torch.stack([start["head_weight"]] * ways, dim=1)}


right("task_start")(
    lambda p, g, ways: {
        "head_weight": (p["head_weight"][None] + g["head_weight"]).unsqueeze(1).repeat(1, ways, 1),
        "scale": g["scale"] + p["scale"],
    }
)

# --- inner step ------------------------------------------------------------------------------------------------------


def _gradients(losses, parameters, **options):
    return dict(zip(parameters, torch.autograd.grad(losses, list(parameters.values()), **options), strict=True))


def _stepping(move, loss=torch.sum, **options):
    """A step to ``move(parameter, gradient, step_size)``, the gradient that of ``loss(losses)``."""

    def attempt(losses, parameters, step_size):
        gradients = _gradients(loss(losses), parameters, **{"create_graph": True, **options})
        return {name: move(p, gradients[name], step_size) for name, p in parameters.items()}

    return attempt


def _down(p, g, size):
    return p - size * g


wrong("inner_step", "goes up the loss")(_stepping(lambda p, g, s: p + s * g))
wrong("inner_step", "that of the mean over tasks")(_stepping(_down, torch.mean))
wrong("inner_step", "by the sum of their gradients")(_stepping(lambda p, g, s: p - s * g.sum(0)))
wrong("inner_step", "by the mean of their gradients")(_stepping(lambda p, g, s: p - s * g.mean(0)))
wrong("inner_step", "only the first task moves")(_stepping(_down, lambda losses: losses[0]))
wrong("inner_step", "only the last task moves")(_stepping(_down, lambda losses: losses[-1]))
wrong("inner_step", "only the hardest task")(_stepping(_down, torch.max))
wrong("inner_step", "multiplied by the loss")(_stepping(_down, lambda losses: losses.square().sum() / 2))
wrong("inner_step", "only the sign")(_stepping(lambda p, g, s: p - s * g.sign()))
wrong("inner_step", "brought to length one")(_stepping(lambda p, g, s: p - s * F.normalize(g)))
wrong("inner_step", "the change alone")(_stepping(lambda p, g, s: -s * g))
wrong("inner_step", "step_size is not used")(_stepping(lambda p, g, s: p - g))
wrong("inner_step", "divided by step_size")(_stepping(lambda p, g, s: p - g / s))
wrong("inner_step", "used twice")(_stepping(lambda p, g, s: p - s * s * g))
wrong("inner_step", "nothing has moved")(_stepping(lambda p, g, s: p))
wrong("inner_step", "also shrinks the parameters")(_stepping(lambda p, g, s: (1 - s) * p - s * g))
wrong("inner_step", "the graph is detached: no outer gradient")(
    _stepping(lambda p, g, s: p.detach() - s * g, create_graph=False)
)
wrong("inner_step", "detached from the start")(
    _stepping(lambda p, g, s: (p - s * g).detach().requires_grad_(), create_graph=False)
)
wrong("inner_step", "only their gradient keeps a graph")(_stepping(lambda p, g, s: p.detach() - s * g))
wrong("inner_step", "create_graph=True")(_stepping(_down, create_graph=False, retain_graph=True))
wrong("inner_step", "create_graph=True")(_stepping(lambda p, g, s: p - s * g.detach()))
wrong("inner_step", "take the sum of the losses first")(_stepping(_down, lambda losses: losses))
wrong("inner_step", "somewhere the graph was detached")(_stepping(_down, lambda losses: losses.detach().sum()))
wrong("inner_step", "it returns a list")(
    lambda losses, p, s: [v - s * g for v, g in zip(p.values(), _gradients(losses.sum(), p).values(), strict=True)]
)


@wrong("inner_step", "changed in place")
def _(losses, parameters, step_size):
    gradients = _gradients(losses.sum(), parameters)
    for name, p in parameters.items():
        p.data -= step_size * gradients[name]
    return parameters


@wrong("inner_step", "ask torch.autograd.grad")
def _(losses, parameters, step_size):
    losses.sum().backward(retain_graph=True)
    with warnings.catch_warnings(action="ignore"):
        return {name: p - step_size * p.grad for name, p in parameters.items()}


right("inner_step")(_stepping(lambda p, g, s: p.sub(g, alpha=s)))
right("inner_step")(_stepping(lambda p, g, s: p - s * len(p) * g, torch.mean))
right("inner_step")(_stepping(_down, lambda losses: torch.stack(list(losses)).sum()))


@right("inner_step")
def _(losses, parameters, step_size):
    total = {name: torch.zeros_like(p) for name, p in parameters.items()}
    for loss in losses:
        for name, g in _gradients(loss, parameters, create_graph=True).items():
            total[name] = total[name] + g
    return {name: p - step_size * total[name] for name, p in parameters.items()}


# --- meta-optimizer --------------------------------------------------------------------------------------------------


def _laid(v, p):
    return v.view(-1, *[1] * (p.ndim - 1))


def _alfa(move, lay=_laid):
    """A step to ``move(p, g, size, decay)``, sizes and decays laid along the tasks."""

    def attempt(p, g, a, b):
        return {n: move(p[n], g[n], lay(a[n], p[n]), lay(b[n], p[n])) for n in p}

    return attempt


wrong("alfa_step", "goes up the loss")(_alfa(lambda p, g, a, b: (1 - b) * p + a * g))
wrong("alfa_step", "the gradient is not used")(_alfa(lambda p, g, a, b: (1 - b) * p + 0 * g))
wrong("alfa_step", "laid along the channels")(_alfa(lambda p, g, a, b: (1 - b) * p - a * g, lay=lambda v, p: v))
wrong("alfa_step", "is not used: the parameters should shrink")(_alfa(lambda p, g, a, b: p - a * g))
wrong("alfa_step", "parameters grow")(_alfa(lambda p, g, a, b: (1 + b) * p - a * g))
wrong("alfa_step", "not how much they keep")(_alfa(lambda p, g, a, b: b * p - a * g))
wrong("alfa_step", "the decay is coupled")(_alfa(lambda p, g, a, b: p - a * (g + b * p)))
wrong("alfa_step", "applied after the step")(_alfa(lambda p, g, a, b: (1 - b) * (p - a * g)))
wrong("alfa_step", "β was subtracted")(_alfa(lambda p, g, a, b: p - b - a * g))
wrong("alfa_step", "α and β are exchanged")(_alfa(lambda p, g, a, b: (1 - a) * p - b * g))
wrong("alfa_step", "averaged over tasks")(_alfa(lambda p, g, a, b: (1 - b.mean()) * p - a.mean() * g))
wrong("alfa_step", "α and β of the first")(_alfa(lambda p, g, a, b: (1 - b[0]) * p - a[0] * g))
wrong("alfa_step", "α is not used")(_alfa(lambda p, g, a, b: (1 - b) * p - g))
wrong("alfa_step", "the change alone")(_alfa(lambda p, g, a, b: -b * p - a * g))
wrong("alfa_step", "α and β of the scale")(
    lambda p, g, a, b: SOLUTIONS["alfa_step"](p, g, dict.fromkeys(p, a["scale"]), dict.fromkeys(p, b["scale"]))
)
wrong("alfa_step", "is expected")(
    lambda p, g, a, b: {n: (1 - b[n][:, None]) * p[n] - a[n][:, None] * g[n] for n in ["scale"]}
)
wrong("alfa_step", "PyTorch aligns the last dimensions")(
    _alfa(lambda p, g, a, b: (1 - b) * p - a * g, lay=lambda v, p: v[:3])
)
wrong("alfa_step", "Also: β makes the parameters grow")(_alfa(lambda p, g, a, b: (1 + b) * p + a * g))


@wrong("alfa_step", "changed in place")
def _(parameters, gradients, sizes, decays):
    for name, p in parameters.items():
        p *= 1 - _laid(decays[name], p)
        p -= _laid(sizes[name], p) * gradients[name]
    return parameters


right("alfa_step")(_alfa(lambda p, g, a, b: p - b * p - a * g))
right("alfa_step")(
    lambda p, g, a, b: {
        n: torch.stack([(1 - b[n][t]) * p[n][t] - a[n][t] * g[n][t] for t in range(len(p[n]))]) for n in p
    }
)
right("alfa_step")(
    lambda p, g, a, b: {
        n: p[n] - torch.einsum("t,t...->t...", b[n], p[n]) - torch.einsum("t,t...->t...", a[n], g[n]) for n in p
    }
)

# --- attention -------------------------------------------------------------------------------------------------------


def _attending(weights, scale=lambda q, k: k.shape[1] ** 0.5):
    return lambda q, k, v: weights(q @ k.T / scale(q, k)) @ v


def _soft(scores):
    return scores.softmax(1)


wrong("attend", "over the tasks")(_attending(lambda s: s.softmax(0)))
wrong("attend", "tasks and keys together")(_attending(lambda s: s.flatten().softmax(0).view_as(s)))
wrong("attend", "no softmax")(_attending(lambda s: s))
wrong("attend", "a sigmoid is not a softmax")(_attending(torch.sigmoid))
wrong("attend", "the choice is hard")(lambda q, k, v: v[(q @ k.T).argmax(1)])
wrong("attend", "not log_softmax")(_attending(lambda s: s.log_softmax(1)))
wrong("attend", "not divided by their sum")(_attending(torch.exp))
wrong("attend", "the scores were divided by their sum")(_attending(lambda s: s / s.sum(1, keepdim=True)))
wrong("attend", "negative scores were cut off")(_attending(torch.relu))
wrong("attend", "all values count alike")(lambda q, k, v: v.mean(0).expand(len(q), -1))
wrong("attend", "not divided by the root")(_attending(_soft, lambda q, k: 1))
wrong("attend", "divided by the length of a key")(_attending(_soft, lambda q, k: k.shape[1]))
wrong("attend", "root of the number of keys")(_attending(_soft, lambda q, k: k.shape[0] ** 0.5))
wrong("attend", "divided by the number of keys")(_attending(_soft, lambda q, k: k.shape[0]))
wrong("attend", "root of the number of tasks")(_attending(_soft, lambda q, k: q.shape[0] ** 0.5))
wrong("attend", "length of a value")(_attending(_soft, lambda q, k: 6**0.5))
wrong("attend", "after the softmax")(_attending(lambda s: (2 * s).softmax(1) / 2))
wrong("attend", "multiplied by the root")(_attending(_soft, lambda q, k: k.shape[1] ** -0.5))
wrong("attend", "these are cosines")(lambda q, k, v: _soft(F.normalize(q) @ F.normalize(k).T / 2) @ v)
wrong("attend", "compared by distance")(lambda q, k, v: _soft(-torch.cdist(q, k) / 2) @ v)
wrong("attend", "the key that is *most* alike")(_attending(lambda s: (-s).softmax(1)))
wrong("attend", "as long as a value")(lambda q, k, v: _soft(q @ k.T / 2))
wrong("attend", "as long as a value")(lambda q, k, v: _soft(q @ k.T / 2) @ k)
wrong("attend", "wrong way round")(lambda q, k, v: _soft(q @ k) @ v)
right("attend")(_attending(lambda s: s.exp() / s.exp().sum(1, keepdim=True)))
right("attend")(lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None])[0])
right("attend")(lambda q, k, v: (v.T @ (k @ (q.T / len(k[0]) ** 0.5)).softmax(0)).T)
right("attend")(lambda q, k, v: torch.stack([(F.softmax(k @ one / 2, dim=0)[:, None] * v).sum(0) for one in q]))


def _gate(value, slope):
    """A gate of the value ``value(scores)`` whose gradient is that of ``slope(scores)``."""
    return lambda s: value(s).detach() + slope(s) - slope(s).detach()


def _hard(scores):
    return (scores > 0).float()


wrong("straight_through", "gates are soft")(torch.sigmoid)
wrong("straight_through", "gates are soft")(lambda s: torch.sigmoid(s) + _hard(s) - _hard(s).detach())
wrong("straight_through", "wrong way round")(lambda s: (s < 0).float())
wrong("straight_through", "every gate is on")(lambda s: (torch.sigmoid(s) > 0).float())
wrong("straight_through", "every gate is off")(lambda s: (torch.sigmoid(s) > 1).float())
wrong("straight_through", "the threshold is at a score of one half")(lambda s: (s > 0.5).float())
wrong("straight_through", "the gates are -1 and 1")(_gate(torch.sign, torch.sigmoid))
wrong("straight_through", "subtract soft.detach()")(lambda s: _hard(s) + torch.sigmoid(s))
wrong("straight_through", "hard and soft were multiplied")(lambda s: _hard(s) * torch.sigmoid(s))
wrong("straight_through", "these are the scores")(lambda s: s * 1)
wrong("straight_through", "lets its score through")(torch.relu)
wrong("straight_through", "subtracted and not added")(lambda s: _hard(s) - torch.sigmoid(s).detach())
wrong("straight_through", "only one gate of a row")(lambda s: F.one_hot(s.argmax(1), 3).float())
wrong("straight_through", "a comparison has no gradient")(_hard)
wrong("straight_through", "a comparison has no gradient")(lambda s: (s.detach().numpy() > 0).astype(np.float32))
wrong("straight_through", "as if the gate were its score")(_gate(_hard, lambda s: s))
wrong("straight_through", "the wrong sign")(lambda s: _hard(s) - torch.sigmoid(s) + torch.sigmoid(s).detach())
wrong("straight_through", "a closed one could never open")(_gate(_hard, lambda s: _hard(s) * torch.sigmoid(s)))
wrong("straight_through", "that of their score")(_gate(_hard, torch.relu))
wrong("straight_through", "another straight-through estimate")(_gate(_hard, F.hardtanh))
wrong("straight_through", "gradient of a tanh")(_gate(_hard, torch.tanh))
wrong("straight_through", "there twice")(_gate(_hard, lambda s: 2 * torch.sigmoid(s)))
wrong("straight_through", "the gradient is zero everywhere")(lambda s: torch.round(torch.sigmoid(s)))
wrong("straight_through", "the gradient is zero everywhere")(lambda s: _hard(s) + torch.sigmoid(s) - torch.sigmoid(s))
wrong("straight_through", "a comparison has no gradient")(lambda s: s > 0)
right("straight_through")(_gate(_hard, torch.sigmoid))
right("straight_through")(_gate(_hard, lambda s: 1 / (1 + torch.exp(-s))))
right("straight_through")(lambda s: torch.round(torch.sigmoid(s)).detach() - torch.sigmoid(s).detach() + s.sigmoid())


class _Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores):
        ctx.save_for_backward(scores)
        return (scores > 0).to(scores)

    @staticmethod
    def backward(ctx, outer):
        soft = torch.sigmoid(ctx.saved_tensors[0])
        return outer * soft * (1 - soft)


right("straight_through")(_Gate.apply)

# --- spotlight -------------------------------------------------------------------------------------------------------


def _spot(weigh=lambda s: s.softmax(1), divide=None, lay_out=None, use=None):
    """Build an answer to the exercise from its four parts, of which any may be another than usual."""
    divide = divide or (lambda w: w / w.amax(1, keepdim=True))
    lay_out = lay_out or (lambda g, n: g.repeat_interleave(n, 1).repeat_interleave(n, 2))
    use = use or (lambda x, m: x * m)

    def attempt(scores, images):
        shown = divide(weigh(scores))
        side = int(shown.shape[1] ** 0.5)
        return use(images, lay_out(shown.unflatten(1, (side, side)), images.shape[-1] // side)[:, None, None])

    return attempt


wrong("spotlight", "they would compete for a place")(_spot(lambda s: s.softmax(0)))
wrong("spotlight", "over tasks and places together")(
    _spot(lambda s: s.flatten().softmax(0).view_as(s), lambda w: w / w.max())
)
wrong("spotlight", "there is no softmax")(_spot(lambda s: s))
wrong("spotlight", "there is no softmax")(_spot(lambda s: s, lambda w: w))
wrong("spotlight", "a sigmoid is not a softmax")(_spot(torch.sigmoid, lambda w: w))
wrong("spotlight", "the choice is hard")(_spot(lambda s: F.one_hot(s.argmax(1), s.shape[1]).float()))
wrong("spotlight", "softmax, not log_softmax")(_spot(lambda s: s.log_softmax(1)))
wrong("spotlight", "the sign is reversed")(_spot(lambda s: (-s).softmax(1)))
wrong("spotlight", "even where it looks, the page would be dim")(_spot(divide=lambda w: w))
wrong("spotlight", "even where it looks, the page would be dim")(_spot(divide=lambda w: w / w.sum(1, keepdim=True)))
wrong("spotlight", "the largest of *all* tasks")(_spot(divide=lambda w: w / w.max()))
wrong("spotlight", "divided by their mean")(_spot(divide=lambda w: w / w.mean(1, keepdim=True)))
wrong("spotlight", "divided by the smallest")(_spot(divide=lambda w: w / w.amin(1, keepdim=True)))
wrong("spotlight", "the sum of their squares")(_spot(divide=lambda w: F.normalize(w, dim=1)))
wrong("spotlight", "the darkest place is black")(
    _spot(divide=lambda w: (w - w.amin(1, keepdim=True)) / (w.amax(1, keepdim=True) - w.amin(1, keepdim=True)))
)
wrong("spotlight", "rows and columns are the wrong way round")(
    _spot(lay_out=lambda g, n: g.mT.repeat_interleave(n, 1).repeat_interleave(n, 2))
)
wrong("spotlight", "repeated side by side")(_spot(lay_out=lambda g, n: g.repeat(1, n, n)))
wrong("spotlight", "became a strip")(
    _spot(lay_out=lambda g, n: g.flatten(1).repeat_interleave(n * n, 1).unflatten(1, (g.shape[1] * n, -1)))
)
wrong("spotlight", "left and right")(_spot(lay_out=lambda g, n: torch.kron(g.flip(2), torch.ones(1, n, n))))
wrong("spotlight", "above and below")(_spot(lay_out=lambda g, n: torch.kron(g.flip(1), torch.ones(1, n, n))))
wrong("spotlight", "enlarged smoothly")(
    _spot(lay_out=lambda g, n: F.interpolate(g[:, None], scale_factor=n, mode="bilinear")[:, 0])
)
wrong("spotlight", "this is the mask alone")(_spot(use=lambda x, m: m.expand_as(x)))
wrong("spotlight", "[2, 1, 1, 6, 6] where [2, 5, 1, 6, 6]")(_spot(use=lambda x, m: m))
wrong("spotlight", "the mask was added")(_spot(use=lambda x, m: x + m))
wrong("spotlight", "dark where the task looks")(_spot(use=lambda x, m: x * (1 - m)))
wrong("spotlight", "divided by the mask")(_spot(use=lambda x, m: x / m))
wrong("spotlight", "the mask twice")(_spot(use=lambda x, m: x * m * m))
wrong("spotlight", "the images as they were")(lambda s, x: x)
wrong("spotlight", "Also: rows and columns")(
    _spot(divide=lambda w: w, lay_out=lambda g, n: g.mT.repeat_interleave(n, 1).repeat_interleave(n, 2))
)
right("spotlight")(_spot(lambda s: (s - s.amax(1, keepdim=True)).exp(), lambda w: w))
right("spotlight")(_spot(lay_out=lambda g, n: F.interpolate(g[:, None], scale_factor=n)[:, 0]))
right("spotlight")(_spot(lay_out=lambda g, n: torch.kron(g, torch.ones(1, n, n))))

# --- paired difference -----------------------------------------------------------------------------------------------


def _error(x):
    return np.std(x, ddof=1) / len(x) ** 0.5


def _interval(half, mean=lambda a, b: (a - b).mean()):
    return lambda a, b: (mean(a, b), half(a, b))


def _half(a, b):
    return 1.96 * _error(a - b)


wrong("paired_difference", "it is a minus b")(_interval(_half, lambda a, b: (b - a).mean()))
wrong("paired_difference", "the mean of a alone")(_interval(_half, lambda a, b: a.mean()))
wrong("paired_difference", "the mean of b alone")(_interval(_half, lambda a, b: b.mean()))
wrong("paired_difference", "the differences of all tasks are added up")(_interval(_half, lambda a, b: (a - b).sum()))
wrong("paired_difference", "the median of the differences")(_interval(_half, lambda a, b: np.median(a - b)))
wrong("paired_difference", "this is a ratio")(_interval(_half, lambda a, b: a.mean() / b.mean()))
wrong("paired_difference", "divided by b")(_interval(_half, lambda a, b: (a - b).mean() / b.mean()))
wrong("paired_difference", "the difference is in percent")(_interval(_half, lambda a, b: 100 * (a - b).mean()))
wrong("paired_difference", "lost their sign")(_interval(_half, lambda a, b: np.abs(a - b).mean()))
wrong("paired_difference", "the two ends")(lambda a, b: ((a - b).mean() - _half(a, b), (a - b).mean() + _half(a, b)))
wrong("paired_difference", "hard tasks are hard for both")(
    _interval(lambda a, b: 1.96 * np.hypot(_error(a), _error(b)))
)
wrong("paired_difference", "spreads of a and of b were added up")(
    _interval(lambda a, b: 1.96 * (_error(a) + _error(b)))
)
wrong("paired_difference", "the difference of two spreads")(_interval(lambda a, b: 1.96 * abs(_error(a) - _error(b))))
wrong("paired_difference", "the spread of a alone")(_interval(lambda a, b: 1.96 * _error(a)))
wrong("paired_difference", "the spread of b alone")(_interval(lambda a, b: 1.96 * _error(b)))
wrong("paired_difference", "made from the variance")(
    _interval(lambda a, b: 1.96 * np.var(a - b, ddof=1) / len(a) ** 0.5)
)
wrong("paired_difference", "made from the variance")(_interval(lambda a, b: 1.96 * np.var(a - b, ddof=1) / len(a)))
wrong("paired_difference", "measured around zero")(
    _interval(lambda a, b: 1.96 * (((a - b) ** 2).mean() / len(a)) ** 0.5)
)
wrong("paired_difference", "mean absolute deviation")(
    _interval(lambda a, b: 1.96 * np.abs((d := a - b) - d.mean()).mean() / len(a) ** 0.5)
)
wrong("paired_difference", "shrinks with its square root")(_interval(lambda a, b: 1.96 * (a - b).std(ddof=1) / len(a)))
wrong("paired_difference", "how much single tasks differ")(_interval(lambda a, b: 1.96 * (a - b).std(ddof=1)))
wrong("paired_difference", "how much single tasks differ")(_interval(lambda a, b: (a - b).std(ddof=1)))
wrong("paired_difference", "counted twice")(_interval(lambda a, b: 1.96 * (a - b).std(ddof=1) / (2 * len(a)) ** 0.5))
wrong("paired_difference", "one standard error")(_interval(lambda a, b: _error(a - b)))
wrong("paired_difference", "the whole width")(_interval(lambda a, b: 2 * _half(a, b)))
wrong("paired_difference", "a 99 % interval")(_interval(lambda a, b: 2.576 * _error(a - b)))
wrong("paired_difference", "a 90 % interval")(_interval(lambda a, b: 1.645 * _error(a - b)))
wrong("paired_difference", "two numbers")(lambda a, b: (a - b).mean())
wrong("paired_difference", "two numbers")(lambda a, b: (a - b, _half(a, b)))
right("paired_difference")(_interval(lambda a, b: 1.96 * (a - b).std() / len(a) ** 0.5))
right("paired_difference")(_interval(lambda a, b: 1.972 * _error(a - b), lambda a, b: a.mean() - b.mean()))
right("paired_difference")(lambda a, b: [torch.tensor(float((a - b).mean())), np.float32(_half(a, b))])
right("paired_difference")(
    _interval(lambda a, b: 1.96 * ((a.var(ddof=1) + b.var(ddof=1) - 2 * np.cov(a, b)[0, 1]) / len(a)) ** 0.5)
)

# --- ink -------------------------------------------------------------------------------------------------------------


def _from_paper(grey):
    return np.abs(grey - np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))


def _squared(level, place=lambda side, size: (side - size) // 2, value=0.0, extra=0):
    side = max(level.shape) + extra
    square = np.full((side, side), value, np.float32)
    top, left = (place(side, size) for size in level.shape)
    square[top : top + level.shape[0], left : left + level.shape[1]] = level
    return square


def _shrunk(square):
    return F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(square))[None, None], 28)[0, 0].numpy()


def _full(small):
    return small / max(small.max(), 1e-9)


def _inked(strength=_from_paper, square=_squared, shrink=_shrunk, contrast=_full):
    return lambda grey: contrast(shrink(square(strength(grey.astype(np.float32)).astype(np.float32))))


def _nearest(square):
    return F.interpolate(torch.from_numpy(square)[None, None], (28, 28), mode="nearest")[0, 0].numpy()


def _cropped(level):
    rows, columns = np.flatnonzero((level > 30).any(1)), np.flatnonzero((level > 30).any(0))
    if not len(rows):
        return _squared(level)
    return _squared(level[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _blurred(square):
    return F.avg_pool2d(torch.from_numpy(_shrunk(square))[None], 5, 1, 2)[0].numpy()


def _centred(level):
    down, right = ((level.sum(axis) + 1e-9).cumsum() for axis in (1, 0))
    down, right = (int(np.searchsorted(ink, ink[-1] / 2)) for ink in (down, right))
    return np.roll(_squared(level), (max(level.shape) // 2 - down, max(level.shape) // 2 - right - 14), (0, 1))


wrong("ink", "expect ink between 0 and 1")(_inked(contrast=lambda x: 255 * _full(x)))
wrong("ink", "expect ink between 0 and 1")(_inked(contrast=lambda x: 2 * _full(x) - 1))
wrong("ink", "expect ink between 0 and 1")(_inked(contrast=lambda x: x))
wrong("ink", "the paper is high")(_inked(contrast=lambda x: 1 - _full(x)))
wrong("ink", "do not assume white paper")(_inked(strength=lambda grey: 255 - grey))
wrong("ink", "grey paper counts as faint ink")(
    _inked(strength=lambda grey: 255 - grey if np.median(grey[0]) > 127 else grey)
)
wrong("ink", "pad after the paper")(_inked(square=lambda level: _squared(level, value=255.0)))
wrong("ink", "pad the picture to a square")(_inked(square=lambda level: level))
wrong("ink", "the page was cropped")(_inked(square=_cropped))
wrong("ink", "pad only to the longer side")(_inked(square=lambda level: _squared(level, extra=max(level.shape))))
wrong("ink", "pad evenly")(_inked(square=lambda level: _squared(level, lambda side, size: 0)))
wrong("ink", "pad evenly")(_inked(square=lambda level: _squared(level, lambda side, size: side - size)))
wrong("ink", "do not centre the ink")(_inked(square=_centred))
wrong("ink", "the picture is transposed")(_inked(contrast=lambda x: _full(x).T))
wrong("ink", "upside down")(_inked(contrast=lambda x: _full(x)[::-1]))
wrong("ink", "a wide page comes out differently")(
    _inked(square=lambda level: _squared(level, lambda side, size: (side - size) // (2 if level.shape[0] == 84 else 9)))
)
wrong("ink", "the *median* of the border")(
    _inked(strength=lambda g: np.abs(g - np.mean(np.concatenate([g[0], g[-1], g[:, 0], g[:, -1]]))))
)
wrong("ink", "a thin line vanished")(_inked(shrink=_nearest))
wrong("ink", "divide by the largest ink *after*")(
    _inked(strength=lambda grey: (s := _from_paper(grey)) / max(s.max(), 1e-9), contrast=lambda x: x)
)
wrong("ink", "faint ink stays faint")(
    _inked(contrast=lambda x: _full(x) * (1 if x.max() < 30 or x.max() > 100 else x.max() / 255))
)
wrong("ink", "keep the shades")(_inked(contrast=lambda x: (_full(x) > 0.3).astype(float)))
wrong("ink", "keep the shades")(_inked(contrast=lambda x: (_full(x) > 0.6).astype(float)))
wrong("ink", "the square is blurred")(_inked(shrink=_blurred))
wrong("ink", "without a dimension for channels")(_inked(contrast=lambda x: _full(x)[None]))
wrong("ink", "is expected")(_inked(shrink=lambda square: square))
right("ink")(_inked(contrast=lambda x: torch.from_numpy(_full(x))))
right("ink")(_inked(strength=lambda grey: np.abs(grey - np.median(grey[0]))))
right("ink")(_inked(square=lambda level: _squared(level, lambda side, size: (side - size + 1) // 2)))


@right("ink")
def _(grey):
    from PIL import Image

    square = Image.fromarray(_squared(_from_paper(grey.astype(np.float32)).astype(np.float32)))
    return _full(np.clip(np.asarray(square.resize((28, 28), Image.Resampling.BOX)), 0, None))


# --- shares and combined_gradient ------------------------------------------------------------------------------------


def _shares(n, p, size=None, first=0):
    size = size or n // p
    return [(first + i * size, first + (i + 1) * size) for i in range(p)]


def _exact(n, p):
    return [(n * i // p, n * (i + 1) // p) for i in range(p)]


wrong("shares", "two processes need two, and there are 1")(lambda n, p: [(0, n)])
wrong("shares", "tasks count from 0")(lambda n, p: _shares(n, p, first=1))
wrong("shares", "overlap or leave a gap")(lambda n, p: [(a, b - 1) for a, b in _shares(n, p)])
wrong("shares", "overlap or leave a gap")(lambda n, p: [(a, b + 1) for a, b in _shares(n, p)])
wrong("shares", "overlap or leave a gap")(lambda n, p: [(0, n)] * p)
wrong("shares", "how many tasks there are")(lambda n, p: [(a, b - a) for a, b in _exact(n, p)])
wrong("shares", "rounding down drops the rest")(_shares)
wrong("shares", "rounding up gives tasks that do not exist")(lambda n, p: _shares(n, p, -(-n // p)))
wrong("shares", "Spread the rest")(lambda n, p: [*_shares(n, p)[:-1], ((p - 1) * (n // p), n)])
wrong("shares", "Spread the rest")(
    lambda n, p: [(min(i * -(-n // p), n), min((i + 1) * -(-n // p), n)) for i in range(p)]
)
wrong("shares", "a process without a task needs an empty one")(lambda n, p: [s for s in _exact(n, p) if s[0] < s[1]])
wrong("shares", "a process without a task needs an empty one")(lambda n, p: _exact(n, min(n, p)) if n else [])
wrong("shares", "a list of pairs")(lambda n, p: [list(range(i, n, p)) for i in range(p)])
wrong("shares", "a list of pairs")(lambda n, p: [n // p] * p)
wrong("shares", "in the middle of a task")(lambda n, p: [(n * i / p, n * (i + 1) / p) for i in range(p)])
wrong("shares", "a list of pairs")(lambda n, p: np.array_split(np.arange(n), p))
wrong("shares", "there are 8")(lambda n, p: _exact(p, n))
wrong("shares", "the first share starts at task")(lambda n, p: _exact(n, p)[::-1])
wrong("shares", "overlap or leave a gap")(
    lambda n, p: (
        [(i * max(n // p, 1), min((i + 1) * max(n // p, 1), n)) for i in range(p)]
        if n % p == 0 or n < p
        else _exact(n, p)
    )
)
right("shares")(lambda n, p: ((n * i // p, n * (i + 1) // p) for i in range(p)))
right("shares")(lambda n, p: np.array(_exact(n, p)))
right("shares")(lambda n, p: [(i * (n // p) + min(i, n % p), (i + 1) * (n // p) + min(i + 1, n % p)) for i in range(p)])
right("shares")(lambda n, p: list(zip((b := [round(i * n / p) for i in range(p + 1)])[:-1], b[1:], strict=True)))

wrong("combined_gradient", "every process counts alike")(lambda g, n: g.mean(0))
wrong("combined_gradient", "twice the processes")(lambda g, n: g.sum(0))
wrong("combined_gradient", "added and divided by all tasks")(lambda g, n: g.sum(0) / n.sum())
wrong("combined_gradient", "the sum of the gradients of all tasks")(lambda g, n: (g * n[:, None]).sum(0))
wrong("combined_gradient", "divided by the number of processes")(lambda g, n: (g * n[:, None]).mean(0))
wrong("combined_gradient", "largest number of tasks")(lambda g, n: (g * n[:, None]).sum(0) / n.max())
wrong("combined_gradient", "by tasks and by processes")(lambda g, n: (g * n[:, None]).mean(0) / n.sum())
wrong("combined_gradient", "NaN times zero is NaN")(lambda g, n: (g * n[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "divided by its tasks once more")(lambda g, n: (g / n[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "used twice")(lambda g, n: (g * n[:, None] ** 2).sum(0) / n.sum())
wrong("combined_gradient", "the root of their tasks")(lambda g, n: (g * n[:, None] ** 0.5).sum(0) / n.sum())
wrong("combined_gradient", "a softmax of the numbers")(lambda g, n: (g * n.float().softmax(0)[:, None]).sum(0))
wrong("combined_gradient", "only one process counts")(lambda g, n: g[0])
wrong("combined_gradient", "only one process counts")(lambda g, n: g[n.argmin()])
wrong("combined_gradient", "in the wrong order")(lambda g, n: (g * n.flip(0)[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "the tasks of the *others*")(lambda g, n: (g * (n.sum() - n)[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "for all processes together")(lambda g, n: g * n[:, None] / n.sum())
wrong("combined_gradient", "was counted as one task")(
    lambda g, n: (g.nan_to_num() * n[:, None]).sum(0) / n.clamp(min=1).sum()
)
wrong("combined_gradient", "PyTorch aligns the last dimensions")(lambda g, n: (g * n).sum(0) / n.sum())
wrong("combined_gradient", BARE)(lambda g, n: g.median(0).values)
right("combined_gradient")(lambda g, n: (g.nan_to_num() * n[:, None]).sum(0) / n.sum())
right("combined_gradient")(lambda g, n: (n / n.sum())[n > 0] @ g[n > 0])
right("combined_gradient")(lambda g, n: sum(k / n.sum() * row for row, k in zip(g, n, strict=True) if k).numpy())
