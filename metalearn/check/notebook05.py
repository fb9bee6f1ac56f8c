"""Checks of the exercise on where the inner loop starts (notebook 05)."""

from collections.abc import Iterator

import torch

from metalearn.check.result import Attempt, Point, close, equals, exercise, is_not, named, normal


@exercise
def task_start(attempt: Attempt) -> Iterator[Point]:
    """``task_start(phi, offsets, ways)``: the start of each task, φ + g(e_j), one row of the head for every class."""
    phi = {"scale": normal(4, seed=6).requires_grad_(), "head_weight": normal(5, seed=7).requires_grad_()}
    offsets = {"scale": normal(3, 4, seed=8).requires_grad_(), "head_weight": normal(3, 5, seed=9).requires_grad_()}
    before = {name: p.detach().clone() for name, p in phi.items()}
    right = {
        "scale": phi["scale"] + offsets["scale"],
        "head_weight": (phi["head_weight"] + offsets["head_weight"])[:, None].expand(-1, 2, -1),
    }
    found = attempt(phi, offsets, 2)
    yield named(found, right)
    yield (
        close(phi, before),
        "φ is as it was",
        "φ itself was changed: it belongs to all tasks. Return new tensors, and change nothing in place",
    )
    alone = {"scale": offsets["scale"], "head_weight": offsets["head_weight"][:, None].expand(-1, 2, -1)}
    yield is_not(
        found,
        alone,
        "the offset is added to φ",
        "the offset took the place of φ: an embedding of nothing (zero) must start at what all tasks share",
    )
    yield (
        close(found["head_weight"][:, 0], found["head_weight"][:, 1]),
        "all classes start with the same row",
        "the rows of the head differ: an embedding that ignores the order of the classes cannot tell them apart",
    )
    yield equals(found, right, "φ plus the offset of each task")
    total = torch.stack([p.sum() for p in found.values()]).sum()
    leaves = [*phi.values(), *offsets.values()]
    outer = torch.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else (None,) * 4
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
