"""Checks of the exercise on where the inner loop starts (notebook 05)."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from metalearn.check.result import Attempt, Mistakes, Point, close, exercise, follows, named, normal
from metalearn.learners.backbone import Params

START_MISTAKES: Mistakes = {
    "shared": {
        0: "the offset took the place of φ: an embedding of nothing (zero) must start at what all tasks share",
        -1: "φ was subtracted: it is φ plus the offset",
    },
    "added": {
        0: "the offsets are not used: every task starts at φ, whatever its embedding says",
        -1: "the offset was subtracted: it is φ plus the offset",
        0.5: "only half of the offset was added: add it as it is",
    },
    "tasks": {
        "mean": "the offsets were averaged over the tasks: then no task has a start of its own",
        "sum": "the offsets were added up over the tasks: then no task has a start of its own",
        "first": "all tasks got the offset of the first: each has its own row",
    },
    "part": {
        "scale": "the head's offset is missing: it is added to the row that all classes start with",
        "head_weight": "the scale's offset is missing",
        "product": "φ was multiplied by the offset: an offset of zero must leave it as it is, so add",
    },
    "rows": {
        "divided": "the head was divided among the classes: each starts with the whole row",
        "zero": "the head starts at zero: it starts at φ plus the offset, too",
    },
}


@exercise(
    "two sums, φ plus offset, and in both the shared part has no task dimension, so that broadcasting"
    " adds it to every task. Then the head gets one row for each class, all alike",
    "phi['scale'] + offsets['scale'] is [T, C]; (phi['head_weight'] + offsets['head_weight'])[:, "
    "None].expand(-1, ways, -1) is [T, ways, F]",
)
def task_start(attempt: Attempt) -> Iterator[Point]:
    """``task_start(phi, offsets, ways)``: the start of each task, φ + g(e_j), one row of the head for every class."""
    phi = {"scale": normal(4, seed=6).requires_grad_(), "head_weight": normal(5, seed=7).requires_grad_()}
    offsets = {"scale": normal(3, 4, seed=8).requires_grad_(), "head_weight": normal(3, 5, seed=9).requires_grad_()}
    given = {**phi, **{f"g {name}": p for name, p in offsets.items()}}
    before = {name: p.detach().clone() for name, p in given.items()}
    formula = partial(_task_start, phi, offsets)
    found = attempt(phi, offsets, 2)
    yield named(found, formula(), why="a task dimension first, and in the head one row for each class")
    yield (
        close(given, before),
        "φ and the offsets are as they were",
        "φ itself was changed, or the offsets: they belong to all. Return new tensors, and change nothing in place",
    )
    yield (
        close(found["head_weight"][:, 0], found["head_weight"][:, 1]),
        "all classes start with the same row",
        "the rows of the head differ: an embedding that ignores the order of the classes cannot tell them apart",
    )
    yield follows(found, formula, "φ plus the offset of each task", **START_MISTAKES)
    yield from _learns(found, phi, offsets)


def _task_start(
    phi: Params,
    offsets: Params,
    shared: float = 1,
    added: float = 1,
    tasks: str = "own",
    rows: str = "alike",
    part: str = "both",
) -> Params:
    """Return the start of a task of two classes: the right one, or the one that a usual mistake gives."""
    start = {}
    for name, p in phi.items():
        own = offsets[name] if part in ("both", name) else 0 * offsets[name]
        offset = {
            "own": own,
            "mean": own.mean(0).expand_as(own),
            "first": own[:1].expand_as(own),
            "sum": own.sum(0).expand_as(own),
        }[tasks]
        start[name] = p * offsets[name] if part == "product" else shared * p + added * offset
    head = start["head_weight"][:, None].expand(-1, 2, -1)
    return start | {"head_weight": {"alike": head, "divided": head / 2, "zero": 0 * head}[rows]}


def _learns(found: Params, phi: Params, offsets: Params) -> Iterator[Point]:
    """Check that the outer gradient reaches what the start was made of."""
    total = torch.stack([p.sum() for p in found.values()]).sum()
    leaves = [*phi.values(), *offsets.values()]
    nothing: tuple[Tensor | None, ...] = (None,) * 4
    outer = torch.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else nothing
    if all(g is None for g in outer):
        yield False, "", "the graph is gone: neither φ nor g could ever learn. Avoid .data, detach, no_grad and NumPy"
    yield (
        all(g is not None for g in outer[2:]),
        "the outer gradient reaches the offsets",
        "the graph to the offsets is detached: g could never learn. Avoid .data, detach and no_grad",
    )
    yield (
        all(g is not None for g in outer[:2]),
        "the outer gradient reaches φ",
        "the graph to φ is detached: the shared start could never learn. Avoid .data, detach and no_grad",
    )
