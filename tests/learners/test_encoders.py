"""Learners that read the task themselves: what they read ignores order and numbers, is trained, and can be swapped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import metalearn as ml
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone
from metalearn.learners.hooks import to_common_length
from metalearn.learners.in_context import TaskReader, WeightedPrototypeInit
from metalearn.learners.init_hooks import PrototypeInit, class_means
from metalearn.learners.learner import Learner
from metalearn.learners.modulate_hooks import ModulationAttention
from metalearn.learners.set_encoder import SetEncoder
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
Shake = Callable[[Learner], Learner]
Make = Callable[[], Learner]


def in_context() -> Learner:
    reader = TaskReader(NETWORK, size=6, width=8)
    return Learner(NETWORK, WeightedPrototypeInit(NETWORK, 6), SGD(0.1), embedder=reader, steps=0)


def end_to_end() -> Learner:
    encoder = SetEncoder(NETWORK, size=6, hidden_size=8)
    return Learner(NETWORK, PrototypeInit(), SGD(0.1), ModulationAttention(NETWORK, 6), encoder, steps=0)


LEARNERS = pytest.mark.parametrize("make", [in_context, end_to_end])


def answers(learner: Learner, tasks: TaskBatch, embedding: Tensor | None = None) -> Tensor:
    with torch.no_grad():
        return learner.adapt(tasks, embedding).query_logits[-1]


def read(learner: Learner, tasks: TaskBatch) -> Tensor:
    with torch.no_grad():
        found = learner.embed(tasks)
    assert found is not None
    return found


@LEARNERS
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999))
def test_neither_order_nor_numbers_matter(tasks: TaskBatch, shaken: Shake, make: Make, seed: int) -> None:
    learner, rng = shaken(make()), np.random.default_rng(seed)
    order, number = torch.from_numpy(rng.permutation(8)), torch.from_numpy(rng.permutation(4))
    other = replace(tasks, support_x=tasks.support_x[:, order], support_y=number[tasks.support_y][:, order])
    torch.testing.assert_close(read(learner, other), read(learner, tasks), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(answers(learner, other)[..., number], answers(learner, tasks), atol=1e-3, rtol=1e-3)


@LEARNERS
def test_labels_are_read_and_queries_are_not(tasks: TaskBatch, shaken: Shake, make: Make) -> None:
    learner = shaken(make())
    blind = replace(tasks, query_x=torch.full_like(tasks.query_x, torch.nan))
    torch.testing.assert_close(read(learner, blind), read(learner, tasks))
    regrouped = replace(tasks, support_y=torch.arange(4).repeat(2).expand(5, -1))
    assert (read(learner, regrouped) - read(learner, tasks)).abs().max() > 0.01


@LEARNERS
def test_a_task_is_read_the_same_in_any_company(tasks: TaskBatch, shaken: Shake, make: Make) -> None:
    learner = shaken(make())
    alone = torch.cat([read(learner, tasks[t]) for t in range(len(tasks))])
    torch.testing.assert_close(read(learner, tasks), alone, atol=1e-4, rtol=1e-4)


@LEARNERS
def test_the_loss_on_the_queries_reaches_the_encoder(tasks: TaskBatch, shaken: Shake, make: Make) -> None:
    learner = shaken(make())
    learner.adapt(tasks, every_query=False).query_loss[-1].mean().backward()
    encoder = learner.embedder
    assert isinstance(encoder, torch.nn.Module)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters() if p.ndim > 1)


@LEARNERS
def test_it_begins_as_a_prototypical_network(tasks: TaskBatch, make: Make) -> None:
    plain = Learner(NETWORK, PrototypeInit(), SGD(0.1), steps=0)
    torch.testing.assert_close(answers(make(), tasks), answers(plain, tasks))


@LEARNERS
def test_the_vector_is_all_that_one_task_can_pass_to_another(tasks: TaskBatch, shaken: Shake, make: Make) -> None:
    learner = shaken(make())
    own = read(learner, tasks)
    torch.testing.assert_close(answers(learner, tasks, own), answers(learner, tasks))
    given_another = answers(learner, tasks, own.roll(1, 0))
    assert (given_another - answers(learner, tasks)).abs().amax((1, 2)).min() > 1e-4  # every task answers otherwise
    # With the vector given, labels say no more than which drawings are of one class: grouped otherwise, the answers
    # are those of a learner that was told the same vector and never read this support set.
    told = Learner(NETWORK, learner.init, SGD(0.1), learner.modulate, steps=0)
    told.start.update(learner.shared)
    torch.testing.assert_close(answers(told, tasks, own.roll(1, 0)), given_another)


def test_a_distance_weighs_each_feature_as_the_vector_says(tasks: TaskBatch, embedding: Tensor, shaken: Shake) -> None:
    learner = shaken(in_context())
    init = learner.init
    assert isinstance(init, WeightedPrototypeInit)
    found = answers(learner, tasks, embedding).log_softmax(2)
    with torch.no_grad():
        weights = init.log_weights(init.hidden(to_common_length(embedding)).relu()).exp()
        support, query = (NETWORK.features(learner.shared, x) for x in (tasks.support_x, tasks.query_x))
    means = class_means(support, tasks.support_y, 4)
    distances = (weights[:, None, None] * (query[:, :, None] - means[:, None]).square()).sum(-1)
    torch.testing.assert_close(found, (-distances).log_softmax(2), atol=1e-4, rtol=1e-4)


@LEARNERS
def test_the_outer_gradient_is_right(
    tasks: TaskBatch,
    shaken: Shake,
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor | None], float],
    make: Make,
) -> None:
    assert outer_gradient_error(shaken(make()), tasks, None) < 1e-3


@LEARNERS
def test_a_saved_learner_reads_as_it_did(tasks: TaskBatch, shaken: Shake, tmp_path: Path, make: Make) -> None:
    learner = shaken(make())
    learner.save(tmp_path / "mine")
    again = ml.load_learner(tmp_path / "mine")
    torch.testing.assert_close(read(again, tasks), read(learner, tasks))
    torch.testing.assert_close(answers(again, tasks), answers(learner, tasks))


def test_a_vector_of_another_length_is_refused(tasks: TaskBatch) -> None:
    with pytest.raises(MetalearnError, match="made for embeddings of 6 numbers, the embedder gives 7"):
        in_context().adapt(tasks, torch.zeros(5, 7))


@pytest.mark.parametrize(("width", "layers"), [(6, 2), (8, 0), (8, 13)])
def test_a_reader_that_cannot_be_built_is_refused(width: int, layers: int) -> None:
    with pytest.raises(MetalearnError, match=f"a multiple of 4; not {layers} and {width}"):
        TaskReader(NETWORK, width=width, layers=layers)
