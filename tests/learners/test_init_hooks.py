"""The init hooks: each against the formula of its paper, and what an embedding may and may not change."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import EmbeddingInit, LearnedInit, LiteralInit, NeighbourInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.trajectory import Trajectory
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

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


def test_the_outer_gradient_through_the_hypernetwork_is_right(
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor | None], float],
) -> None:
    learner = Learner(NETWORK, EmbeddingInit(NETWORK, 6), SGD(0.1), steps=2, second_order=True)
    assert outer_gradient_error(shaken(learner), tasks, embedding) < 1e-4


# --- ProtoMAML -------------------------------------------------------------------------------------------------------


def test_protomaml_steps_from_the_prototypes_in_head_and_scales(tasks: TaskBatch) -> None:
    """Triantafillou et al. 2020, §3.3: the head starts at 2 c and -|c|^2 and moves with the body from then on."""
    learner = Learner(NETWORK, PrototypeInit(NETWORK.scales_and_shifts), SGD(0.3), steps=1)
    with torch.no_grad():
        seen = learner.adapt(tasks)
    x, y, shared = tasks.support_x[2:3], tasks.support_y[2], {name: p.detach() for name, p in learner.shared.items()}
    features = NETWORK.features(shared, x)[0]
    means = torch.stack([features[y == c].mean(0) for c in range(4)])
    first = {name: shared[name] for name in NETWORK.scales_and_shifts}
    first |= {"head_weight": 2 * means, "head_bias": -means.square().sum(1)}
    leaves = {name: p.clone().requires_grad_() for name, p in first.items()}
    logits = F.linear(NETWORK.features({**shared, **leaves}, x)[0], leaves["head_weight"], leaves["head_bias"])
    gradients = torch.autograd.grad(F.cross_entropy(logits, y), list(leaves.values()))
    assert set(seen.parameters[1]) == set(first)
    for (name, start), gradient in zip(first.items(), gradients, strict=True):
        assert gradient.abs().max() > 0
        torch.testing.assert_close(seen.parameters[1][name][2], start - 0.3 * gradient, atol=1e-5, rtol=1e-4)


# --- neighbours ------------------------------------------------------------------------------------------------------

ANCHORS = torch.eye(6)[:3]  # embeddings of three tasks, at right angles


@pytest.fixture
def ends(small: CharacterSet) -> Trajectory:
    """How three other tasks were adapted to."""
    others = Episodes(small, np.arange(12), ways=3, shots=1, queries=0, batch_size=3, seed=1).batch(0)
    with torch.no_grad():
        return Learner(NETWORK, LearnedInit(FILM), SGD(1.0), steps=4).adapt(others)


@pytest.fixture
def neighbours(ends: Trajectory) -> Learner:
    init = NeighbourInit(NETWORK, embedding_size=6, anchors=3)
    init.remember(ANCHORS, ends)
    return Learner(NETWORK, init, SGD(0.1), steps=2, second_order=True)


def start_of(learner: Learner, tasks: TaskBatch, embedding: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        return learner.adapt(tasks, embedding=embedding, steps=0).parameters[0]


def test_attention_to_anchors_is_a_softmax_of_cosines(neighbours: Learner, embedding: Tensor) -> None:
    with torch.no_grad():
        neighbours.init.map.weight.copy_(torch.randn(6, 6, generator=torch.Generator().manual_seed(0)))
        found = neighbours.init.attention(embedding)
        torch.testing.assert_close(found.sum(1), torch.ones(5))
        mapped = [e @ neighbours.init.map.weight.T for e in (embedding, ANCHORS)]
        scores = np.e**2 * torch.cosine_similarity(mapped[0][:, None], mapped[1][None], dim=-1)
    torch.testing.assert_close(found, scores.exp() / scores.exp().sum(1, keepdim=True))


def test_a_task_like_one_anchor_starts_where_that_one_ended(
    neighbours: Learner, ends: Trajectory, tasks: TaskBatch
) -> None:
    with torch.no_grad():
        neighbours.init.log_sharpness.fill_(5.0)
    start = start_of(neighbours, tasks, ANCHORS[[1, 1, 0, 2, 1]])
    for name in NETWORK.scales_and_shifts:
        torch.testing.assert_close(start[name], ends.parameters[-1][name][[1, 1, 0, 2, 1]])
        assert (start[name][0] != start[name][2]).any()


def test_between_anchors_a_start_is_the_shared_one_and_the_weighted_changes(
    neighbours: Learner, ends: Trajectory, tasks: TaskBatch, embedding: Tensor
) -> None:
    start, weights = start_of(neighbours, tasks, embedding), neighbours.init.attention(embedding).detach()
    for name in NETWORK.scales_and_shifts:
        shared = neighbours.shared[name].detach()
        changes = ends.parameters[-1][name] - shared
        expected = shared + sum(weights[3, a] * changes[a] for a in range(3))
        torch.testing.assert_close(start[name][3], expected)


def test_heads_are_not_taken_from_neighbours(neighbours: Learner, tasks: TaskBatch, embedding: Tensor) -> None:
    start = start_of(neighbours, tasks, embedding)
    for name in HEAD:
        assert torch.equal(start[name], neighbours.shared[name].expand_as(start[name]))


def test_without_memories_it_begins_as_its_unconditioned_twin(tasks: TaskBatch, embedding: Tensor) -> None:
    twin = Learner(NETWORK, LearnedInit(FILM), SGD(0.1), steps=2)
    forgetful = Learner(NETWORK, NeighbourInit(NETWORK, 6, anchors=3), SGD(0.1), steps=2)
    with torch.no_grad():
        torch.testing.assert_close(
            forgetful.adapt(tasks, embedding=embedding).query_logits, twin.adapt(tasks).query_logits
        )


def test_memories_are_kept_with_the_learner(neighbours: Learner, tasks: TaskBatch, embedding: Tensor) -> None:
    loaded = Learner(NETWORK, NeighbourInit(NETWORK, 6, anchors=3), SGD(0.1), steps=2)
    loaded.load_state_dict(neighbours.state_dict())
    start, expected = start_of(loaded, tasks, embedding), start_of(neighbours, tasks, embedding)
    assert all(torch.equal(p, expected[name]) for name, p in start.items())


def test_the_outer_gradient_through_the_attention_is_right(
    neighbours: Learner,
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor | None], float],
) -> None:
    assert outer_gradient_error(shaken(neighbours), tasks, embedding) < 1e-4


# --- the article's listing -------------------------------------------------------------------------------------------


def literal() -> Learner:
    return Learner(NETWORK, LiteralInit(NETWORK), SGD(0.1), steps=1)


def test_the_embedding_fills_the_first_layer_over_and_over(tasks: TaskBatch) -> None:
    """At the size of He et al. 2015: a deviation of √(2/9) for nine inputs, and an embedding of length √d."""
    embedding = torch.randn(5, 7, generator=torch.Generator().manual_seed(2))
    start = start_of(literal(), tasks, embedding)
    assert start["conv1"].shape == (5, 4, 1, 3, 3)
    for filters, e in zip(start["conv1"], embedding.numpy(), strict=True):
        numbers = e / np.linalg.norm(e) * np.sqrt(7)
        expected = [np.sqrt(2 / 9) * numbers[i % 7] for i in range(36)]
        np.testing.assert_allclose(filters.flatten(), expected, rtol=1e-5)
    for name in set(start) - {"conv1"}:
        assert torch.equal(start[name], literal().shared[name].expand_as(start[name]))


def test_an_embedding_of_zeros_makes_a_dead_first_layer(tasks: TaskBatch, embedding: Tensor) -> None:
    """All pictures look the same to it."""
    for e, alive in ((embedding, True), (torch.zeros(5, 6), False)):
        start = start_of(literal(), tasks, e)
        features = NETWORK.features({**literal().shared, **start}, tasks.support_x).detach()
        assert ((features - features[:, :1]).abs().amax() > 1e-3) == alive
