"""Checks of the exercise on meta-optimizers (notebook 05)."""

from collections.abc import Iterator

import torch

from metalearn.backbone import Params
from metalearn.check.result import Attempt, Point, equals, exercise, is_not, named, normal


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
