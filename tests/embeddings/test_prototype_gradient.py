"""Gradients of a prototypical network: the loss without the drawing itself, and an embedding that the order leaves."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.prototype_gradient import PrototypeGradientEmbedding, leave_one_out_losses
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=4, shots=3, queries=1, batch_size=6).batch(0)


def embedded(tasks: TaskBatch, batch_size: int = 32) -> np.ndarray:
    return PrototypeGradientEmbedding(NETWORK, NETWORK.initial(3), batch_size).transform(tasks)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999))
def test_order_of_classes_and_of_drawings_does_not_matter(tasks: TaskBatch, seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = torch.from_numpy(rng.permutation(12))
    relabelled = torch.from_numpy(rng.permutation(4))[tasks.support_y]
    shuffled = replace(tasks, support_x=tasks.support_x[:, order], support_y=relabelled[:, order])
    np.testing.assert_allclose(embedded(shuffled), embedded(tasks), atol=1e-3)


def test_queries_are_never_read_and_labels_are(tasks: TaskBatch) -> None:
    blind = replace(tasks, query_x=torch.full_like(tasks.query_x, torch.nan), query_y=torch.zeros_like(tasks.query_y))
    np.testing.assert_array_equal(embedded(blind), embedded(tasks))
    regrouped = replace(tasks, support_y=torch.arange(4).repeat(3).expand(6, -1))
    assert np.abs(embedded(regrouped) - embedded(tasks)).max() > 0.01


def test_batching_and_evaluation_make_no_difference(tasks: TaskBatch) -> None:
    with torch.no_grad():
        np.testing.assert_allclose(embedded(tasks), embedded(tasks), atol=1e-6)
    np.testing.assert_allclose(embedded(tasks, 2), embedded(tasks), atol=1e-4)


def test_a_drawing_does_not_answer_for_itself() -> None:
    """The loss is that of one prototypical network for every drawing, which has not seen that drawing."""
    generator = torch.Generator().manual_seed(0)
    features, y = torch.randn(1, 6, 5, generator=generator), torch.tensor([[0, 1, 0, 1, 1, 0]])
    losses = []
    for left_out in range(6):
        rest = torch.arange(6) != left_out
        means = torch.stack([features[0, rest & (y[0] == c)].mean(0) for c in range(2)])
        distances = (features[0, left_out] - means).square().sum(1)
        losses.append(F.cross_entropy(-distances, y[0, left_out]))
    torch.testing.assert_close(leave_one_out_losses(features, y, 2), torch.stack(losses).mean()[None])


def test_the_gradient_is_that_of_the_scales_shifts_and_the_mask(tasks: TaskBatch) -> None:
    """By central differences, for the mask's upper left part of one task, as a share of the mask's gradient."""
    start = {name: p.double() for name, p in NETWORK.initial(3).items()}
    task = tasks[2].to(torch.float64)

    def loss(cell: int, by: float) -> float:
        mask = torch.ones(1, 16, dtype=torch.float64)
        mask[0, cell] += by
        features = NETWORK.features(start | {"mask": mask.view(1, 4, 4)}, task.support_x)
        return leave_one_out_losses(features, task.support_y, 4).item()

    expected = np.array([(loss(cell, 1e-6) - loss(cell, -1e-6)) / 2e-6 for cell in range(16)])
    found = PrototypeGradientEmbedding(NETWORK, start).transform(task)[0]
    assert found.shape == (2 * (4 + 4 + 8) + 16,)
    np.testing.assert_allclose(found[-16:], expected / np.linalg.norm(expected), atol=1e-4)


def test_one_shot_tasks_are_refused(small: CharacterSet) -> None:
    one_shot = Episodes(small, np.arange(12), ways=4, shots=1, batch_size=2, queries=1).batch(0)
    with pytest.raises(MetalearnError, match="two shots"):
        embedded(one_shot)
