"""Checks of the exercises on steps and meta-optimizers (notebook 06)."""

from collections.abc import Iterator

import torch

from metalearn.check.result import Attempt, Point, close, equals, exercise, is_not, named, normal
from metalearn.learners.backbone import Params


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
def alfa_step(attempt: Attempt) -> Iterator[Point]:
    """``alfa_step(parameters, gradients, sizes, decays)``: (1 - β) φ - α ∇L, with an α and a β for each task."""
    phi, gradient = ({"scale": normal(4, 4, seed=s), "head_weight": normal(4, 2, 4, seed=s + 1)} for s in (11, 13))
    alpha, beta = ({name: torch.rand(4, generator=torch.Generator().manual_seed(s)) for name in phi} for s in (1, 2))
    found = attempt(phi, gradient, alpha, beta)

    def stepped(direction: float, keep: float, by_task: bool = True) -> Params:
        shape = {name: (4, *(1,) * (p.ndim - 1)) if by_task else (4,) for name, p in phi.items()}
        a, b = ({name: v.view(shape[name]) for name, v in of.items()} for of in (alpha, beta))
        return {name: (1 + keep * b[name]) * p + direction * a[name] * gradient[name] for name, p in phi.items()}

    yield named(found, phi)
    yield is_not(found, stepped(1, -1), "it goes down", "the step goes up the loss: subtract α times the gradient")
    yield is_not(
        found,
        stepped(-1, -1, by_task=False),
        "each task has its own α and β",
        "the step sizes were laid along the channels, not the tasks: PyTorch lines up the last dimensions. Give [T] as "
        "many dimensions as the parameter has",
    )
    yield is_not(found, stepped(-1, 0), "β is used", "the decay β is not used: the parameters should shrink by 1 - β")
    yield is_not(found, stepped(-1, 1), "β shrinks", "β makes the parameters grow: it is 1 - β, not 1 + β")
    right = stepped(-1, -1)
    only_move = {name: right[name] - p for name, p in phi.items()}
    yield is_not(
        found, only_move, "it returns parameters", "this is the change alone: add it to the parameters it starts from"
    )
    yield equals(found, right, "(1 - β) φ - α ∇L")
