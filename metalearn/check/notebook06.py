"""Checks of the exercises on steps and meta-optimizers (notebook 06)."""

from collections.abc import Iterator

import torch
from torch import Tensor

from metalearn.check.result import Attempt, Mistake, Point, close, exercise, follows, named, normal
from metalearn.learners.backbone import Params


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
    found = attempt(losses, task, 0.1)
    yield named(found, task)
    yield (
        close(task["phi"], start),
        "the parameters it was given are as they were",
        "the parameters were changed in place: return new ones, as those may belong to other tasks or steps",
    )

    def formula(direction: float = -1, keep: float = 1, size: float = 0.1, of: str = "own") -> Params:
        moves = {
            "own": gradient,
            "mean": gradient / 4,
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

    yield follows(
        found,
        formula,
        "parameters minus step_size times each task's gradient",
        Mistake("direction", 1, "the step goes up the loss: subtract the gradient"),
        Mistake(
            "of",
            "mean",
            "the gradient is that of the mean over tasks, so that a task steps a quarter as far among four as"
            " alone: differentiate the sum, which keeps tasks with parameters of their own apart",
        ),
        Mistake("of", "shared", "all tasks take the same step, by the sum of their gradients: each has its own"),
        Mistake("of", "averaged", "all tasks take the same step, by the mean of their gradients: each has its own"),
        Mistake("of", "first", "only the first task moves: differentiate the sum of the losses, not losses[0]"),
        Mistake("of", "last", "only the last task moves: differentiate the sum of the losses"),
        Mistake("of", "hardest", "only the hardest task moves: differentiate the sum of the losses, not their maximum"),
        Mistake("of", "sign", "only the sign of the gradient is used: a plain step is as long as the gradient says"),
        Mistake("of", "length", "the gradient was brought to length one: a plain step is as long as the gradient says"),
        Mistake("of", "loss", "the gradient was multiplied by the loss, or the squared losses were differentiated"),
        Mistake("keep", 0, "this is the change alone: add it to the parameters it starts from"),
        Mistake("size", 1, "step_size is not used: the gradient is taken times step_size"),
        Mistake("size", 10, "the gradient was divided by step_size: multiply"),
        Mistake("size", 0.01, "step_size was used twice: once is enough"),
        Mistake("size", 0, "nothing has moved: subtract step_size times the gradient"),
        Mistake("keep", 0.9, "step_size also shrinks the parameters: only the gradient is multiplied by it"),
    )
    (through,) = torch.autograd.grad((task["phi"] - 0.1 * gradient).sum(), phi, retain_graph=True)
    yield from _differentiable(found["phi"], phi, through)


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


@exercise(
    "each task has one α and one β for each parameter, [T]. Give these as many dimensions as the "
    "parameter has, so that they line up with its tasks",
    "size = sizes[name].view(-1, *[1] * (p.ndim - 1)), decay likewise; then (1 - decay) * p - size * gradients[name]",
)
def alfa_step(attempt: Attempt) -> Iterator[Point]:
    """``alfa_step(parameters, gradients, sizes, decays)``: (1 - β) φ - α ∇L, with an α and a β for each task."""
    phi, gradient = ({"scale": normal(4, 4, seed=s), "head_weight": normal(4, 2, 4, seed=s + 1)} for s in (11, 13))
    alpha, beta = (
        {name: torch.rand(4, generator=torch.Generator().manual_seed(s + i)) for i, name in enumerate(phi)}
        for s in (1, 3)
    )
    before = {name: p.clone() for name, p in phi.items()}
    found = attempt(phi, gradient, alpha, beta)

    def formula(
        direction: float = -1, keep: str = "1 - β", lay: str = "tasks", sizes: str = "own", add: bool = True
    ) -> Params:
        stepped = {}
        for name, p in before.items():
            size, decay = (of["scale" if sizes == "one name" else name] for of in (alpha, beta))
            if sizes == "exchanged":
                size, decay = decay, size
            elif sizes in ("mean", "first"):
                size, decay = (
                    of.mean() * torch.ones(4) if sizes == "mean" else of[:1].expand(4) for of in (size, decay)
                )
            a, b = (of.view(4, *(1,) * (p.ndim - 1)) if lay == "tasks" else of for of in (size, decay))
            kept = {
                "1 - β": (1 - b) * p,
                "1 + β": (1 + b) * p,
                "1": p,
                "β": b * p,
                "coupled": (1 - a * b) * p,
                "afterwards": (1 - b) * p,
                "minus β": p - b,
            }[keep]
            move = direction * a * gradient[name] * ((1 - b) if keep == "afterwards" else 1)
            if sizes == "none":
                move = direction * gradient[name]
            stepped[name] = kept + move if add else kept + move - p
        return stepped

    yield named(found, phi)
    yield close(phi, before), "nothing was changed in place", "the parameters were changed in place: return new ones"
    yield follows(
        found,
        formula,
        "(1 - β) φ - α ∇L",
        Mistake("direction", 1, "the step goes up the loss: subtract α times the gradient"),
        Mistake("direction", 0, "the gradient is not used: subtract α times the gradient"),
        Mistake(
            "lay",
            "channels",
            "the step sizes were laid along the channels, not the tasks: PyTorch lines up the last "
            "dimensions. Give [T] as many dimensions as the parameter has",
        ),
        Mistake("keep", "1", "the decay β is not used: the parameters should shrink by 1 - β"),
        Mistake("keep", "1 + β", "β makes the parameters grow: it is 1 - β, not 1 + β"),
        Mistake("keep", "β", "β is how much the parameters lose, not how much they keep: it is 1 - β, not β"),
        Mistake(
            "keep",
            "coupled",
            "the decay is coupled to the step size, as β φ was added to the gradient: shrink the parameters "
            "by 1 - β, without α",
        ),
        Mistake(
            "keep",
            "afterwards",
            "the decay was applied after the step, so that it shrinks the step too: only the parameters shrink",
        ),
        Mistake("keep", "minus β", "β was subtracted from the parameters: multiply them by 1 - β"),
        Mistake("sizes", "exchanged", "α and β are exchanged: sizes go with the gradient, decays with the parameters"),
        Mistake("sizes", "mean", "α and β were averaged over tasks: each task has its own"),
        Mistake("sizes", "first", "all tasks got the α and β of the first: each has its own"),
        Mistake("sizes", "one name", "all parameters got the α and β of the scale: each has its own, by name"),
        Mistake("sizes", "none", "α is not used: the gradient is taken times α"),
        Mistake("add", False, "this is the change alone: add it to the parameters it starts from"),
    )
