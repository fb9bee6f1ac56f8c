"""The init hooks: each against the formula of its paper, and what an embedding may and may not change."""

import numpy as np
import pytest
import torch

from metalearn.adapt import SGD
from metalearn.backbone import HEAD, Backbone
from metalearn.data import CharacterSet
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.learners.learner import Learner
from metalearn.learners.preinit import EmbeddingInit, LearnedInit
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import Episodes, TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
FILM = (*NETWORK.scales_and_shifts, *HEAD)


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=4, shots=2, queries=3, batch_size=5).batch(0)


@pytest.fixture
def conditioned() -> Learner:
    init = EmbeddingInit(NETWORK, embedding_size=6)
    torch.nn.init.normal_(init.offsets.weight, std=0.2, generator=torch.Generator().manual_seed(0))
    return Learner(NETWORK, init, SGD(0.1), steps=2)


def test_prototypes_are_squared_distances_to_class_means(tasks: TaskBatch) -> None:
    """Snell et al. 2017, equations 1 and 2."""
    learner = Learner(NETWORK, PrototypeInit(), SGD(0.0), steps=0)
    with torch.no_grad():
        support = NETWORK.features(learner.shared, tasks.support_x)
        query = NETWORK.features(learner.shared, tasks.query_x)
        probabilities = learner.adapt(tasks).query_logits[0].softmax(-1)
    means = torch.stack([support[tasks.support_y == c].unflatten(0, (5, 2)).mean(1) for c in range(4)], dim=1)
    expected = (-torch.cdist(query, means).square()).softmax(-1)
    torch.testing.assert_close(probabilities, expected, atol=1e-4, rtol=1e-4)


def test_a_learned_init_is_the_same_for_every_task(tasks: TaskBatch) -> None:
    learner = Learner(NETWORK, LearnedInit(FILM), SGD(0.1), steps=1)
    with torch.no_grad():
        start = learner.adapt(tasks).parameters[0]
    assert start["head_weight"].shape == (5, 4, NETWORK.features_size)
    assert set(start) == set(FILM)
    for name, p in start.items():
        assert torch.equal(p, learner.shared[name].expand_as(p))


def test_an_embedding_init_begins_as_its_unconditioned_twin(tasks: TaskBatch) -> None:
    twin = Learner(NETWORK, LearnedInit(FILM), SGD(0.1), steps=2)
    untrained = Learner(NETWORK, EmbeddingInit(NETWORK, 6), SGD(0.1), steps=2)
    with torch.no_grad():
        torch.testing.assert_close(
            untrained.adapt(tasks, embedding=torch.randn(5, 6)).query_logits, twin.adapt(tasks).query_logits
        )


def test_the_embedding_decides_where_a_task_starts(conditioned: Learner, tasks: TaskBatch) -> None:
    same, other = torch.ones(5, 6), torch.ones(5, 6)
    other[2] = -1
    with torch.no_grad():
        a, b = (conditioned.adapt(tasks, embedding=e).query_logits for e in (same, other))
    changed = (a - b).abs().amax((0, 2, 3)) > 1e-6
    assert changed.tolist() == [False, False, True, False, False]


def test_the_outer_loss_reaches_the_hypernetwork(conditioned: Learner, tasks: TaskBatch) -> None:
    conditioned.adapt(tasks, embedding=torch.randn(5, 6)).query_loss[-1].mean().backward()
    for p in conditioned.init.parameters():
        assert p.grad is not None
        assert p.grad.abs().sum() > 0


def test_an_init_that_needs_an_embedding_says_so(conditioned: Learner, tasks: TaskBatch) -> None:
    with pytest.raises(ValueError, match="give it an embedder"):
        conditioned.adapt(tasks)


def test_a_learner_embeds_from_the_support_set(tasks: TaskBatch) -> None:
    embedder = GradientEmbedding(NETWORK, NETWORK.initial())
    size = embedder.transform(tasks).shape[1]
    learner = Learner(NETWORK, EmbeddingInit(NETWORK, size), SGD(0.1), embedder=embedder, steps=1)
    embedded = learner.embed(tasks)
    assert embedded is not None
    assert embedded.shape == (5, size)
    with torch.no_grad():
        own, given = learner.adapt(tasks), learner.adapt(tasks, embedding=embedded)
    torch.testing.assert_close(own.query_logits, given.query_logits)


def test_the_order_of_classes_only_reorders_the_answers(tasks: TaskBatch, conditioned: Learner) -> None:
    from dataclasses import replace

    order = torch.tensor([2, 0, 3, 1])
    relabelled = replace(tasks, support_y=order[tasks.support_y], query_y=order[tasks.query_y])
    embedding = torch.randn(5, 6)
    with torch.no_grad():
        before = conditioned.adapt(tasks, embedding=embedding).query_logits
        after = conditioned.adapt(relabelled, embedding=embedding).query_logits
    torch.testing.assert_close(after[..., order], before, atol=1e-5, rtol=1e-5)
