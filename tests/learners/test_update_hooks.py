"""The update hooks: each begins as plain SGD, learns through the loop, and does what its paper says."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.hooks import Update
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import (
    SGD,
    EmbeddingStepSizes,
    LearnedStepSizes,
    RecurrentOptimizer,
    StepSizeNetwork,
)
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
FILM = (*NETWORK.scales_and_shifts, *HEAD)
EMBEDDING_SIZE = 6


UPDATES: dict[str, Callable[[], Update]] = {
    "learned step sizes": lambda: LearnedStepSizes(NETWORK, FILM, 0.1),
    "embedding step sizes": lambda: EmbeddingStepSizes(NETWORK, FILM, 0.1, EMBEDDING_SIZE),
    "step size network": lambda: StepSizeNetwork(FILM, 0.1, EMBEDDING_SIZE),
    "step size network's twin": lambda: StepSizeNetwork(FILM, 0.1),
    "recurrent optimizer": lambda: RecurrentOptimizer(0.1, EMBEDDING_SIZE),
    "recurrent optimizer's twin": lambda: RecurrentOptimizer(0.1),
}


def learner(update: Update, steps: int = 2) -> Learner:
    return Learner(NETWORK, LearnedInit(FILM), update, steps=steps, second_order=True)


@pytest.mark.parametrize("make", UPDATES.values(), ids=UPDATES)
def test_every_update_begins_as_plain_sgd(make: Callable[[], Update], tasks: TaskBatch, embedding: Tensor) -> None:
    with torch.no_grad():
        found = learner(make()).adapt(tasks, embedding=embedding)
        plain = learner(SGD(0.1)).adapt(tasks)
    torch.testing.assert_close(found.query_logits, plain.query_logits)
    for sizes in found.step_sizes:
        assert set(sizes) == set(FILM)
        for size in sizes.values():
            torch.testing.assert_close(size, torch.full((5,), 0.1))


@pytest.mark.parametrize("make", UPDATES.values(), ids=UPDATES)
def test_the_outer_gradient_is_right(
    make: Callable[[], Update],
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor], float],
) -> None:
    assert outer_gradient_error(shaken(learner(make())), tasks, embedding) < 1e-4


@pytest.mark.parametrize("make", UPDATES.values(), ids=UPDATES)
def test_the_order_of_classes_only_reorders_the_answers(
    make: Callable[[], Update],
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    relabelled: Callable[[TaskBatch, Tensor], TaskBatch],
) -> None:
    order = torch.tensor([2, 0, 3, 1])
    moved = shaken(learner(make()))
    with torch.no_grad():
        before = moved.adapt(tasks, embedding=embedding).query_logits
        after = moved.adapt(relabelled(tasks, order), embedding=embedding).query_logits
    torch.testing.assert_close(after[..., order], before, atol=1e-4, rtol=1e-4)


def test_meta_sgd_steps_by_the_formula(tasks: TaskBatch, shaken: Callable[[Learner], Learner]) -> None:
    """Li et al. 2017, equation 3, for the first step."""
    moved = shaken(learner(LearnedStepSizes(NETWORK, FILM, 0.1), steps=1))
    with torch.no_grad():
        seen = moved.adapt(tasks)
    for name in FILM:
        size = moved.update.sizes[name]
        expected = seen.parameters[0][name] - size * seen.gradients[0][name]
        torch.testing.assert_close(seen.parameters[1][name], expected)


def test_alfa_steps_by_the_formula(tasks: TaskBatch, embedding: Tensor, shaken: Callable[[Learner], Learner]) -> None:
    """Baik et al. 2020, equation 2, for one layer and one task: φ ← (1 - β) φ - α ∇L."""
    update = StepSizeNetwork(FILM, 0.1, EMBEDDING_SIZE)
    with torch.no_grad():
        update.output.bias[len(FILM) + FILM.index("scale2")] = 0.25
        update.output.bias[FILM.index("scale2")] = 0.5
        seen = learner(update, steps=1).adapt(tasks, embedding=embedding)
    start, gradient = seen.parameters[0]["scale2"][3], seen.gradients[0]["scale2"][3]
    expected = 0.75 * start - 0.1 * torch.tensor(0.5).exp() * gradient
    torch.testing.assert_close(seen.parameters[1]["scale2"][3], expected)


@pytest.mark.parametrize("name", ["embedding step sizes", "step size network", "recurrent optimizer"])
def test_the_embedding_decides_the_steps_of_its_own_task_alone(
    name: str, tasks: TaskBatch, embedding: Tensor, shaken: Callable[[Learner], Learner]
) -> None:
    moved = shaken(learner(UPDATES[name]()))
    other = embedding.clone()
    other[2] = -other[2]
    with torch.no_grad():
        a, b = (moved.adapt(tasks, embedding=e) for e in (embedding, other))
    changed = (a.query_logits[-1] - b.query_logits[-1]).abs().amax((1, 2)) > 1e-6
    assert changed.tolist() == [False, False, True, False, False]
    assert a.step_sizes[0]["scale1"][2] != b.step_sizes[0]["scale1"][2]


def test_the_recurrent_optimizer_remembers(tasks: TaskBatch, shaken: Callable[[Learner], Learner]) -> None:
    """The same gradient is answered otherwise once another came before it."""
    update = shaken(learner(RecurrentOptimizer(0.1))).update
    support = None
    g = {"shift1": torch.ones(1, 4)}
    with torch.no_grad():
        first = update(support, 0, g, g, None)
        again = update(support, 1, g, g, first.memory)
        fresh = update(support, 1, g, g, None)
    assert not torch.allclose(again.change["shift1"], fresh.change["shift1"])
    torch.testing.assert_close(first.change["shift1"], fresh.change["shift1"])


def test_a_step_that_needs_an_embedding_says_so(tasks: TaskBatch) -> None:
    with pytest.raises(ValueError, match="give it an embedder"):
        learner(StepSizeNetwork(FILM, 0.1, EMBEDDING_SIZE)).adapt(tasks)
