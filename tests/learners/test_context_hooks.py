"""CAVIA: the context starts empty, is all of the body that adapts, and learns through the loop."""

from collections.abc import Callable

import torch
from torch import Tensor

from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import ContextInit, LearnedInit
from metalearn.learners.learner import Learner
from metalearn.learners.modulate_hooks import ContextModulation
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)


def cavia(steps: int = 2) -> Learner:
    init = ContextInit(3, LearnedInit(HEAD))
    return Learner(NETWORK, init, SGD(0.5), ContextModulation(NETWORK, 3), steps=steps, second_order=True)


def test_context_starts_empty_and_moves_against_its_gradient(tasks: TaskBatch) -> None:
    """Zintgraf et al. 2019, equation 2; the first step moves the head alone, as equal classes pull at nothing."""
    with torch.no_grad():
        seen = cavia().adapt(tasks)
    start, first, second = (p["context"] for p in seen.parameters)
    assert start.abs().sum() == 0
    torch.testing.assert_close(second, first - 0.5 * seen.gradients[1]["context"])
    assert (second != first).any()
    assert set(seen.parameters[0]) == {"context", "head_weight", "head_bias"}
    assert seen.attention is None  # a context is none


def test_the_context_does_not_depend_on_the_names_of_classes(
    tasks: TaskBatch, relabelled: Callable[[TaskBatch, Tensor], TaskBatch]
) -> None:
    with torch.no_grad():
        before = cavia().adapt(tasks).parameters[-1]["context"]
        after = cavia().adapt(relabelled(tasks, torch.tensor([3, 0, 1, 2]))).parameters[-1]["context"]
    torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-4)


def test_the_outer_gradient_is_right(
    tasks: TaskBatch,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor | None], float],
) -> None:
    assert outer_gradient_error(shaken(cavia()), tasks, None) < 1e-4
