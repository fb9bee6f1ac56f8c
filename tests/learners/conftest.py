"""What the tests of all hooks share: a tiny network, a few tasks, and outer gradients by finite differences."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.learners.learner import Learner
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=4, shots=2, queries=3, batch_size=5).batch(0)


@pytest.fixture(scope="module")
def embedding() -> Tensor:
    """Embeddings of the five tasks."""
    return torch.randn(5, 6, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="session")
def shaken() -> Callable[[Learner], Learner]:
    """Moves every meta-parameter off its starting point, so that hooks that begin as their twin do something."""

    def shake(learner: Learner, size: float = 0.2) -> Learner:
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            for p in learner.parameters():
                p += size * torch.randn(p.shape, generator=generator).to(p)
        return learner

    return shake


@pytest.fixture(scope="session")
def relabelled() -> Callable[[TaskBatch, Tensor], TaskBatch]:
    """Gives the classes of all tasks other numbers."""

    def relabel(tasks: TaskBatch, order: Tensor) -> TaskBatch:
        return replace(tasks, support_y=order[tasks.support_y], query_y=order[tasks.query_y])

    return relabel


@pytest.fixture(scope="session")
def outer_gradient_error() -> Callable[[Learner, TaskBatch, Tensor | None], float]:
    """Compares the outer gradient along random directions with central differences, in float64.

    The differences are tiny, as the inner gradient jumps where a ReLU switches.

    Returns the largest difference, as a share of the gradient's size along that direction.
    """

    def error(learner: Learner, tasks: TaskBatch, embedding: Tensor | None) -> float:
        learner, tasks = learner.double(), tasks.to(torch.float64)
        embedding = None if embedding is None else embedding.double()

        def outer() -> Tensor:
            return learner.adapt(tasks, embedding=embedding, every_query=False).query_loss[-1].mean()

        parameters = list(learner.parameters())

        def outer_at(distance: float, directions: list[Tensor]) -> float:
            start = [p.detach().clone() for p in parameters]
            with torch.no_grad():
                torch._foreach_add_(parameters, directions, alpha=distance)
            loss = outer().item()
            with torch.no_grad():
                torch._foreach_copy_(parameters, start)
            return loss

        gradients = torch.autograd.grad(outer(), parameters, allow_unused=True, materialize_grads=True)
        generator = torch.Generator().manual_seed(2)
        worst = 0.0
        for _ in range(3):
            directions = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]
            expected = sum((g * d).sum().item() for g, d in zip(gradients, directions, strict=True))
            ahead = outer_at(1e-8, directions)
            behind = outer_at(-1e-8, directions)
            found = (ahead - behind) / 2e-8
            worst = max(worst, abs(found - expected) / max(abs(expected), 1e-3))
        return worst

    return error
