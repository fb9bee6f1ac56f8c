"""The gradient embedding: what it must not depend on, what it does depend on, and scikit-learn's conventions."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.gradient import KINDS, GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)


def embedder(**changed: object) -> GradientEmbedding:
    return GradientEmbedding(NETWORK, NETWORK.initial(3), **changed)


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=4, shots=2, queries=1, batch_size=10).batch(0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), kind=st.sampled_from(KINDS))
def test_order_of_classes_and_of_drawings_does_not_matter(tasks: TaskBatch, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    order = torch.from_numpy(rng.permutation(8))
    relabelled = torch.from_numpy(rng.permutation(4))[tasks.support_y]
    shuffled = replace(
        tasks,
        support_x=tasks.support_x[:, order],
        support_y=relabelled[:, order],
        support_ids=tasks.support_ids[:, order],
    )
    chosen = embedder(kind=kind)
    np.testing.assert_allclose(chosen.transform(shuffled), chosen.transform(tasks), atol=2e-4)


def test_queries_are_never_read(tasks: TaskBatch) -> None:
    blind = replace(tasks, query_x=torch.full_like(tasks.query_x, torch.nan), query_y=torch.zeros_like(tasks.query_y))
    np.testing.assert_array_equal(embedder().transform(blind), embedder().transform(tasks))


def test_labels_are_read(tasks: TaskBatch) -> None:
    regrouped = replace(tasks, support_y=torch.tensor([0, 1, 2, 3, 0, 1, 2, 3]).expand(10, -1))
    assert np.abs(embedder().transform(regrouped) - embedder().transform(tasks)).max() > 0.01


def test_it_is_the_sum_of_plain_gradients_along_the_training(tasks: TaskBatch) -> None:
    """One task, one loop, PyTorch's own modules: the head learns, the body's gradients are added up."""
    x, y, start = tasks.support_x[0], tasks.support_y[0], NETWORK.initial(3)
    body = {name: start[name].clone().requires_grad_() for name in NETWORK.body}
    weight, bias = torch.zeros(4, NETWORK.features_size), torch.zeros(4)
    total = {name: torch.zeros_like(p) for name, p in body.items()}
    for step in range(3):
        weight, bias = weight.detach().requires_grad_(), bias.detach().requires_grad_()
        loss = F.cross_entropy(F.linear(NETWORK.features(body, x[None])[0], weight, bias), y)
        gradients = torch.autograd.grad(loss, [weight, bias, *body.values()])
        if step > 0:  # before the head has moved, nothing pulls at the body
            total = {name: total[name] + g for name, g in zip(body, gradients[2:], strict=True)}
        weight, bias = weight - 0.5 * gradients[0], bias - 0.5 * gradients[1]
    found = embedder(steps=2, step_size=0.5, projection=10_000).transform(tasks[0])[0]
    names = (*NETWORK.scales_and_shifts, "conv3")
    expected = torch.cat([F.normalize(total[name].flatten(), dim=0) for name in names])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_fisher_squares_the_gradient_of_each_drawing(tasks: TaskBatch) -> None:
    x, y, start = tasks.support_x[0], tasks.support_y[0], NETWORK.initial(3)
    batchwise = embedder(kind="fisher", steps=1, projection=10_000)
    weight, bias = torch.zeros(4, NETWORK.features_size, requires_grad=True), torch.zeros(4, requires_grad=True)
    loss = F.cross_entropy(F.linear(NETWORK.features(start, x[None])[0], weight, bias), y)
    head = [p - 0.5 * g for p, g in zip((weight, bias), torch.autograd.grad(loss, (weight, bias)), strict=True)]
    squares = torch.zeros(8)
    for picture, label in zip(x, y, strict=True):
        scale = start["scale3"].clone().requires_grad_()
        features = NETWORK.features({**start, "scale3": scale}, picture[None, None])[0]
        (g,) = torch.autograd.grad(F.cross_entropy(F.linear(features, *head), label[None]), scale)
        squares += g.square() / len(x)
    where = [*NETWORK.scales_and_shifts, "conv3"].index("scale3")
    offset = sum(start[name].numel() for name in NETWORK.scales_and_shifts[:where])
    np.testing.assert_allclose(
        batchwise.transform(tasks[0])[0, offset : offset + 8], F.normalize(squares, dim=0).detach(), atol=1e-5
    )


def test_the_path_ends_where_the_embedding_is(tasks: TaskBatch) -> None:
    path = embedder().path(tasks, steps=3)
    assert path.shape[:2] == (3, 10)
    np.testing.assert_allclose(path[-1], embedder(steps=3).transform(tasks), atol=1e-5)
    np.testing.assert_allclose(path[0], embedder(steps=1).transform(tasks), atol=1e-5)


def test_the_trajectory_keeps_the_steps_apart(tasks: TaskBatch) -> None:
    apart = embedder(kind="trajectory", steps=3).transform(tasks)
    first = embedder(steps=1).transform(tasks)
    size = first.shape[1]
    assert apart.shape == (10, 3 * size)
    np.testing.assert_allclose(apart[:, :size], first, atol=1e-6)
    of_the_last_step = embedder(kind="trajectory", steps=2).transform(tasks)[:, size:]
    np.testing.assert_allclose(apart[:, size : 2 * size], of_the_last_step, atol=1e-6)


def test_an_unknown_kind_is_refused(tasks: TaskBatch) -> None:
    with pytest.raises(MetalearnError, match="there are sum, trajectory, fisher"):
        embedder(kind="hessian").transform(tasks)


def test_long_gradients_are_sketched_and_keep_their_likeness(tasks: TaskBatch) -> None:
    whole = embedder(projection=10_000).transform(tasks)[:, -288:]
    sketched = embedder(projection=200).transform(tasks)[:, -200:]
    assert embedder(projection=200).transform(tasks).shape[1] == 2 * (4 + 4 + 8) + 200
    assert np.abs(sketched @ sketched.T - whole @ whole.T).mean() < 0.1


def test_scikit_learns_conventions(tasks: TaskBatch) -> None:
    pipeline = make_pipeline(embedder(), PCA(3)).fit(tasks)
    reduced = pipeline.transform(tasks)
    assert reduced.shape == (10, 3)
    assert embedder().transform(tasks).dtype == np.float32
    copy = clone(embedder(steps=7))
    assert copy.get_params()["steps"] == 7
    np.testing.assert_array_equal(clone(pipeline[0]).transform(tasks), pipeline[0].transform(tasks))


def test_batching_makes_no_difference(tasks: TaskBatch) -> None:
    np.testing.assert_allclose(embedder(batch_size=3).transform(tasks), embedder().transform(tasks), atol=1e-5)
