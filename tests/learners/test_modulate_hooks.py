"""The modulate hooks: attention that can be seen, begins as nothing, and changes its own task alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import EmbeddingInit, LearnedInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.modulate_hooks import GroupSelection, ModulationAttention, PlaceAttention
from metalearn.learners.update_hooks import SGD, StepSizeNetwork
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
FILM = (*NETWORK.scales_and_shifts, *HEAD)
EMBEDDING_SIZE = 6


def attending(steps: int = 2) -> Learner:
    modulate = ModulationAttention(NETWORK, EMBEDDING_SIZE, entries=3)
    return Learner(NETWORK, LearnedInit(FILM), SGD(0.1), modulate, steps=steps, second_order=True)


def selecting() -> Learner:
    return Learner(NETWORK, LearnedInit(FILM), SGD(0.1), GroupSelection(NETWORK, EMBEDDING_SIZE, groups=2), steps=2)


def plain() -> Learner:
    return Learner(NETWORK, LearnedInit(FILM), SGD(0.1), steps=2)


def test_both_begin_as_no_modulation(tasks: TaskBatch, embedding: Tensor) -> None:
    with torch.no_grad():
        without = plain().adapt(tasks).query_logits
        for learner in (attending(), selecting()):
            torch.testing.assert_close(learner.adapt(tasks, embedding=embedding).query_logits, without)


def test_attention_is_part_of_the_trajectory(tasks: TaskBatch, embedding: Tensor) -> None:
    with torch.no_grad():
        attention = attending().adapt(tasks, embedding=embedding).attention
        selection = selecting().adapt(tasks, embedding=embedding).attention
    assert attention is not None
    assert attention.shape == (3, 5, 3)
    torch.testing.assert_close(attention.sum(-1), torch.ones(3, 5))
    assert selection is not None
    assert selection.shape == (3, 5, 6)
    torch.testing.assert_close(selection, torch.ones(3, 5, 6))


def test_modulation_is_the_weighted_sum_of_the_bank(
    tasks: TaskBatch, embedding: Tensor, shaken: Callable[[Learner], Learner]
) -> None:
    learner = shaken(attending(steps=0))
    with torch.no_grad():
        seen = learner.adapt(tasks, embedding=embedding)
        assert seen.attention is not None
        added = seen.attention[0, 4] @ learner.modulate.bank
        moved, first = dict(learner.shared), 0
        for name in NETWORK.scales_and_shifts:
            length = learner.shared[name].numel()
            moved[name] = learner.shared[name] + added[first : first + length]
            first += length
        features = NETWORK.features(moved, tasks[4].query_x)
        head = NETWORK.for_tasks(learner.shared, ("head_weight", "head_bias"), 1, 4)
        torch.testing.assert_close(seen.query_logits[0, 4:], NETWORK.classify(head, features))


def test_a_group_that_is_switched_off_takes_no_part(tasks: TaskBatch, embedding: Tensor) -> None:
    """Nothing depends on the convolution weights of such a group any more."""
    learner = selecting()
    with torch.no_grad():
        learner.modulate.inclination[0] = -9.0  # the first of two groups of the first block
        before = learner.adapt(tasks, embedding=embedding)
        learner.start["conv1"][:2] += 1.0
        after = learner.adapt(tasks, embedding=embedding)
        assert before.attention is not None
        assert before.attention[0, 0].tolist() == [0, 1, 1, 1, 1, 1]
        torch.testing.assert_close(after.query_logits[-1], before.query_logits[-1])
        learner.start["conv1"][2:] += 1.0
        assert not torch.allclose(learner.adapt(tasks, embedding=embedding).query_logits[-1], before.query_logits[-1])


def test_the_hard_choice_learns_as_if_it_were_soft(tasks: TaskBatch, embedding: Tensor) -> None:
    learner = selecting()
    learner.adapt(tasks, embedding=embedding).query_loss[-1].mean().backward()
    for p in learner.modulate.parameters():
        assert p.grad is not None
        assert p.grad.abs().sum() > 0


def test_the_outer_gradient_through_attention_is_right(
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor], float],
) -> None:
    assert outer_gradient_error(shaken(attending()), tasks, embedding) < 1e-4


def test_the_embedding_modulates_its_own_task_alone(
    tasks: TaskBatch, embedding: Tensor, shaken: Callable[[Learner], Learner]
) -> None:
    other = embedding.clone()
    other[2] = -other[2]
    with torch.no_grad():
        a, b = (shaken(attending()).adapt(tasks, embedding=e).query_logits for e in (embedding, other))
    assert ((a - b).abs().amax((0, 2, 3)) > 1e-6).tolist() == [False, False, True, False, False]


def test_prototypes_are_taken_from_modulated_features(
    tasks: TaskBatch, embedding: Tensor, shaken: Callable[[Learner], Learner]
) -> None:
    """Support and query go through the same network: a query that is a support drawing has distance zero to it."""
    modulate = ModulationAttention(NETWORK, EMBEDDING_SIZE, entries=3)
    learner = shaken(Learner(NETWORK, PrototypeInit(), SGD(0.0), modulate, steps=0))
    one_shot = TaskBatch(
        tasks.support_x[:, ::2], tasks.support_y[:, ::2], tasks.support_x[:, ::2], tasks.support_y[:, ::2], 4,
        tasks.support_ids[:, ::2], tasks.support_ids[:, ::2],
    )  # fmt: skip
    with torch.no_grad():
        assert learner.adapt(one_shot, embedding=embedding).query_accuracy.mean() == 1


def test_all_three_hooks_work_together(
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor], float],
) -> None:
    learner = Learner(
        NETWORK,
        EmbeddingInit(NETWORK, EMBEDDING_SIZE, hidden_size=4),
        StepSizeNetwork(FILM, 0.1, EMBEDDING_SIZE, hidden_size=4),
        ModulationAttention(NETWORK, EMBEDDING_SIZE, entries=2),
        steps=2,
        second_order=True,
    )
    assert outer_gradient_error(shaken(learner), tasks, embedding) < 1e-4


def looking(network: Backbone | nn.Module = NETWORK) -> Learner:
    return Learner(network, PrototypeInit(), SGD(0.1), PlaceAttention(EMBEDDING_SIZE, side=2), steps=0)


def test_attention_over_places_dims_all_but_the_place_it_looks_at(
    tasks: TaskBatch, embedding: Tensor, shaken: Callable[[Learner], Learner]
) -> None:
    learner = shaken(looking(), 3.0)
    with torch.no_grad():
        attention = learner.adapt(tasks, embedding=embedding).attention
        assert attention is not None
        dimmed = attention[0] / attention[0].amax(1, keepdim=True)
        cells = dimmed.view(5, 2, 2).repeat_interleave(14, 1).repeat_interleave(14, 2)[:, None, None]
        seen = replace(tasks, support_x=cells * tasks.support_x, query_x=cells * tasks.query_x)
        without = Learner(NETWORK, PrototypeInit(), SGD(0.1), steps=0)
        without.start.update(learner.shared)
        found, expected = learner.adapt(tasks, embedding=embedding), without.adapt(seen)
    assert dimmed.amin() < 0.5
    torch.testing.assert_close(attention.sum(-1), torch.ones(1, 5))
    torch.testing.assert_close(found.query_logits, expected.query_logits, atol=1e-4, rtol=1e-4)


def test_the_outer_gradient_through_attention_over_places_is_right(
    tasks: TaskBatch,
    embedding: Tensor,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor | None], float],
) -> None:
    assert outer_gradient_error(shaken(looking()), tasks, embedding) < 1e-2


def test_attention_over_places_needs_a_network_that_dims_images(tasks: TaskBatch, embedding: Tensor) -> None:
    with pytest.raises(MetalearnError, match=r"needs metalearn\.Backbone"):
        looking(nn.Sequential(nn.Flatten(), nn.Linear(784, 8))).adapt(tasks, embedding=embedding)
