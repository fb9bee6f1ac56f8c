"""Checks of the exercises on the inner loop and where it starts (notebook 04)."""

from collections.abc import Iterator

import torch

from metalearn.check.result import Attempt, Point, close, equals, exercise, is_not, named, normal


@exercise
def inner_step(attempt: Attempt) -> Iterator[Point]:
    """``inner_step(losses, parameters, step_size)``: the parameters one step later, with the graph behind them."""
    phi = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
    target = normal(4, 3, seed=5)
    task = {"phi": phi.expand(4, -1).clone()}
    losses = (task["phi"] - target).pow(4).mean(1)
    (gradient,) = torch.autograd.grad(losses.sum(), task["phi"], create_graph=True)
    start = task["phi"].detach().clone()
    found = attempt(losses, task, 0.1)
    yield named(found, task)
    yield (
        close(task["phi"], start),
        "the parameters it was given are as they were",
        "the parameters were changed in place: return new ones, as those may belong to other tasks or steps",
    )
    yield is_not(
        found, {"phi": start + 0.1 * gradient}, "it goes down", "the step goes up the loss: subtract the gradient"
    )
    yield is_not(
        found,
        {"phi": start - 0.1 * gradient / 4},
        "each task steps by its own gradient",
        "the gradient is that of the mean over tasks, so that a task steps a quarter as far among four as alone: "
        "differentiate the sum, which keeps tasks with parameters of their own apart",
    )
    yield equals(found, {"phi": start - 0.1 * gradient}, "parameters minus step_size times each task's gradient")
    yield (
        found["phi"].requires_grad,
        "the graph goes on behind the step",
        "the graph is detached: no outer gradient can reach the start through this step. Avoid .data, detach, no_grad",
    )
    (outer,) = torch.autograd.grad(found["phi"].sum(), phi, retain_graph=True, allow_unused=True)
    yield (
        outer is not None,
        "an outer gradient reaches the start",
        "the graph is detached from the start of the task: the step must begin at the parameters it was given",
    )
    (through,) = torch.autograd.grad((task["phi"] - 0.1 * gradient).sum(), phi)
    yield (
        close(outer, through),
        "the outer gradient runs through the inner one",
        "the inner gradient counts as a constant, as in first-order MAML: ask autograd for create_graph=True",
    )


@exercise
def preinit(attempt: Attempt) -> Iterator[Point]:
    """``preinit(phi, offsets, ways)``: the start of each task, φ + g(e_j), one row of the head for every class."""
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
    reached = torch.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else (None,) * 4
    yield (
        all(g is not None for g in reached[2:]),
        "the outer gradient reaches the offsets",
        "the graph to the offsets is detached: g could never learn. Avoid .data, detach and no_grad",
    )
    yield (
        all(g is not None for g in reached[:2]),
        "the outer gradient reaches φ",
        "the graph to φ is detached: the shared start could never learn. Avoid .data, detach and no_grad",
    )
