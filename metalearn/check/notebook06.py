"""Checks of the exercises on steps and meta-optimizers (notebook 06)."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from metalearn.check.result import Attempt, Mistakes, Point, close, exercise, follows, named, normal
from metalearn.learners.backbone import Params

STEP_MISTAKES: Mistakes = {
    "direction": {1: "the step goes up the loss: subtract the gradient"},
    "of": {
        "mean": "the gradient is that of the mean over tasks: with four tasks in the batch, each steps only a quarter "
        "as far as it would alone. Differentiate the sum",
        "shared": "all tasks take the same step, by the sum of their gradients: each has its own",
        "averaged": "all tasks take the same step, by the mean of their gradients: each has its own",
        "first": "only the first task moves: differentiate the sum of the losses, not losses[0]",
        "last": "only the last task moves: differentiate the sum of the losses",
        "hardest": "only the hardest task moves: differentiate the sum of the losses, not their maximum",
        "sign": "only the sign of the gradient is used: a plain step is as long as the gradient says",
        "length": "the gradient was brought to length one: a plain step is as long as the gradient says",
        "loss": "the gradient was multiplied by the loss, or the squared losses were differentiated",
    },
    "keep": {
        0: "this is the change alone: add it to the parameters it starts from",
        0.9: "step_size also shrinks the parameters: only the gradient is multiplied by it",
    },
    "size": {
        1: "step_size is not used: the gradient is taken times step_size",
        10: "the gradient was divided by step_size: multiply",
        0.01: "step_size was used twice: once is enough",
        0: "nothing has moved: subtract step_size times the gradient",
    },
}


@exercise(
    "the gradient of the sum of the losses holds each task's own gradient, as no two tasks share a "
    "parameter. Subtract it, times the step size, and keep the graph",
    "gradients = torch.autograd.grad(losses.sum(), list(parameters.values()), create_graph=True); "
    "then a new dictionary with p - step_size * g for each",
)
def inner_step(attempt: Attempt) -> Iterator[Point]:
    """``inner_step(losses, parameters, step_size)``: the parameters one step later, with the graph behind them."""
    phi = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
    target = normal(4, 3, seed=5).roll(1, 0)
    task = {"phi": phi.expand(4, -1).clone()}
    losses = (task["phi"] - target).pow(4).mean(1)
    (gradient,) = torch.autograd.grad(losses.sum(), task["phi"], create_graph=True)
    start = task["phi"].detach().clone()
    formula = partial(_inner_step, start, gradient, losses)
    found = attempt(losses, task, 0.1)
    yield named(found, task)
    yield (
        close(task["phi"], start),
        "the parameters it was given are as they were",
        "the parameters were changed in place: return new ones, as those may belong to other tasks or steps",
    )
    yield follows(found, formula, "parameters minus step_size times each task's gradient", **STEP_MISTAKES)
    (through,) = torch.autograd.grad((task["phi"] - 0.1 * gradient).sum(), phi, retain_graph=True)
    yield from _differentiable(found["phi"], phi, through)


def _inner_step(
    start: Tensor,
    gradient: Tensor,
    losses: Tensor,
    direction: float = -1,
    keep: float = 1,
    size: float = 0.1,
    of: str = "own",
) -> Params:
    """Return the parameters after the step: right, or with one of the usual mistakes."""
    moves = {
        "own": gradient,
        "mean": gradient / len(gradient),
        "shared": gradient.sum(0).expand_as(gradient),
        "averaged": gradient.mean(0).expand_as(gradient),
        "first": torch.cat([gradient[:1], 0 * gradient[1:]]),
        "last": torch.cat([0 * gradient[:-1], gradient[-1:]]),
        "sign": gradient.sign(),
        "length": gradient / gradient.norm(dim=1, keepdim=True),
        "loss": losses[:, None] * gradient,
        "hardest": gradient * (losses == losses.max())[:, None],
    }
    return {"phi": keep * start + direction * size * moves[of]}


def _differentiable(found: Tensor, phi: Tensor, through: Tensor) -> Iterator[Point]:
    """Check that an outer gradient reaches the start ``phi`` through the step, and is ``through``."""
    yield (
        found.requires_grad,
        "the graph goes on behind the step",
        "the graph is detached: no outer gradient can reach the start through this step. Avoid .data, detach, no_grad",
    )
    (outer,) = torch.autograd.grad(found.sum(), phi, retain_graph=True, allow_unused=True)
    yield (
        outer is not None,
        "an outer gradient reaches the start",
        "the graph is detached from the start of the task: the step must begin at the parameters it was given",
    )
    yield (
        not close(outer, through - torch.full_like(phi, 4.0)),
        "the start itself is part of the graph",
        "the parameters are detached, and only their gradient keeps a graph: begin the step at the "
        "parameters themselves",
    )
    yield (
        close(outer, through),
        "the outer gradient runs through the inner one",
        "the inner gradient counts as a constant, as in first-order MAML: ask autograd for create_graph=True",
    )


ALFA_MISTAKES: Mistakes = {
    "direction": {
        1: "the step goes up the loss: subtract α times the gradient",
        0: "the gradient is not used: subtract α times the gradient",
    },
    "lay": {
        "channels": "the step sizes were laid along the channels, not the tasks: PyTorch lines up the last dimensions. "
        "Give [T] as many dimensions as the parameter has"
    },
    "keep": {
        "1": "the decay β is not used: the parameters should shrink by 1 - β",
        "1 + β": "β makes the parameters grow: it is 1 - β, not 1 + β",
        "β": "β is how much the parameters lose, not how much they keep: it is 1 - β, not β",
        "coupled": "the decay is coupled to the step size, as β φ was added to the gradient: shrink the parameters by "
        "1 - β, without α",
        "afterwards": "the decay was applied after the step, so that it shrinks the step too: only the parameters "
        "shrink",
        "minus β": "β was subtracted from the parameters: multiply them by 1 - β",
    },
    "sizes": {
        "exchanged": "α and β are exchanged: sizes go with the gradient, decays with the parameters",
        "mean": "α and β were averaged over tasks: each task has its own",
        "first": "all tasks got the α and β of the first: each has its own",
        "one name": "all parameters got the α and β of the scale: each has its own, by name",
        "none": "α is not used: the gradient is taken times α",
    },
    "add": {False: "this is the change alone: add it to the parameters it starts from"},
}


@exercise(
    "each task has one α and one β for each parameter, [T]. Give these as many dimensions as the "
    "parameter has, so that they line up with its tasks",
    "size = sizes[name].view(-1, *[1] * (p.ndim - 1)), decay likewise; then (1 - decay) * p - size * gradients[name]",
)
def alfa_step(attempt: Attempt) -> Iterator[Point]:
    """``alfa_step(parameters, gradients, sizes, decays)``: (1 - β) φ - α ∇L, with an α and a β for each task."""
    phi, gradients = ({"scale": normal(4, 4, seed=s), "head_weight": normal(4, 2, 4, seed=s + 1)} for s in (11, 13))
    alpha, beta = (
        {name: torch.rand(4, generator=torch.Generator().manual_seed(s + i)) for i, name in enumerate(phi)}
        for s in (1, 3)
    )
    before = {name: p.clone() for name, p in phi.items()}
    found = attempt(phi, gradients, alpha, beta)
    yield named(found, phi)
    yield close(phi, before), "nothing was changed in place", "the parameters were changed in place: return new ones"
    yield follows(found, partial(_alfa_step, before, gradients, alpha, beta), "(1 - β) φ - α ∇L", **ALFA_MISTAKES)


def _alfa_step(
    parameters: Params,
    gradients: Params,
    alpha: Params,
    beta: Params,
    direction: float = -1,
    keep: str = "1 - β",
    lay: str = "tasks",
    sizes: str = "own",
    add: bool = True,
) -> Params:
    """Return the parameters after the step: right, or with one of the usual mistakes."""
    stepped = {}
    for name, p in parameters.items():
        a, b = (_sizes(of, name, sizes) for of in ((beta, alpha) if sizes == "exchanged" else (alpha, beta)))
        if lay == "tasks":
            a, b = (size.view(-1, *(1,) * (p.ndim - 1)) for size in (a, b))
        kept = {
            "1 - β": (1 - b) * p,
            "1 + β": (1 + b) * p,
            "1": p,
            "β": b * p,
            "coupled": (1 - a * b) * p,
            "afterwards": (1 - b) * p,
            "minus β": p - b,
        }[keep]
        move = a * gradients[name] * ((1 - b) if keep == "afterwards" else 1)
        move = direction * (gradients[name] if sizes == "none" else move)
        stepped[name] = kept + move - (0 if add else p)
    return stepped


def _sizes(of: Params, name: str, whose: str) -> Tensor:
    """Return the step sizes, or the decays, that the tasks use for the parameter ``name``, ``[T]``."""
    own = of["scale" if whose == "one name" else name]
    return {"mean": own.mean().expand_as(own), "first": own[:1].expand_as(own)}.get(whose, own)
