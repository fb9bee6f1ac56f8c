"""A network of one's own is a backbone: shared or one per task, in the inner loop and in training."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import metalearn as ml
from metalearn.errors import MetalearnError
from metalearn.learners.network import NetworkBackbone


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=4), nn.GroupNorm(2, 8), nn.ReLU(), nn.Flatten())


@pytest.fixture
def batch(small: ml.CharacterSet) -> ml.TaskBatch:
    return ml.Episodes(small, np.arange(12), 3, 2, 2, batch_size=5).batch(0)


def test_features_are_the_networks(batch: ml.TaskBatch) -> None:
    own = network()
    backbone = NetworkBackbone(own)
    found = backbone.features(backbone.initial(), batch.support_x)
    expected = own(batch.support_x.flatten(0, 1)).unflatten(0, batch.support_x.shape[:2])
    torch.testing.assert_close(found, 8 / backbone.features_size**0.5 * expected)


def test_one_network_per_task_is_what_each_alone_would_do(batch: ml.TaskBatch) -> None:
    backbone = NetworkBackbone(network())
    shared = backbone.initial()
    own = backbone.for_tasks(shared, backbone.body, len(batch), batch.ways)
    own = {name: p + 0.1 * torch.randn_like(p) for name, p in own.items()}
    found = backbone.features({**shared, **own}, batch.support_x)
    for task in range(len(batch)):
        alone = backbone.features({**shared, **{n: p[task] for n, p in own.items()}}, batch.support_x[task : task + 1])
        torch.testing.assert_close(found[task], alone[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("second_order", [False, True])
def test_maml_trains_it(small: ml.CharacterSet, second_order: bool) -> None:
    tasks = ml.Episodes(small, np.arange(12), 3, 1, 2, batch_size=4)
    learner = ml.Learner(network(), ml.PrototypeInit(), ml.SGD(0.1))
    learner = ml.Learner(
        network(),
        ml.LearnedInit((*learner.backbone.body, *ml.HEAD)),
        ml.SGD(0.1),
        steps=2,
        second_order=second_order,
    )
    before = {name: p.clone() for name, p in learner.shared.items()}
    ml.train(learner, tasks, validation=tasks, meta_steps=3, validation_tasks=4, schedule=ml.Schedule(validate_every=1))
    assert all(torch.isfinite(p).all() for p in learner.parameters())
    assert any((p != before[name]).any() for name, p in learner.shared.items())


def test_the_users_network_is_left_as_it_was(small: ml.CharacterSet) -> None:
    own = network()
    before = {name: p.clone() for name, p in own.state_dict().items()}
    tasks = ml.Episodes(small, np.arange(12), 3, 1, 2, batch_size=4)
    ml.train(
        ml.Learner(own, ml.PrototypeInit(), ml.SGD(0.1), steps=0),
        tasks,
        validation=tasks,
        meta_steps=2,
        validation_tasks=4,
    )
    assert all(torch.equal(p, before[name]) for name, p in own.state_dict().items())


def test_a_subclass_of_the_backbone_with_other_parameters_works(batch: ml.TaskBatch) -> None:
    class Pixels(ml.Backbone):
        """No network at all: the pixels themselves."""

        @property
        def features_size(self) -> int:
            return 784

        @property
        def body(self) -> tuple[str, ...]:
            return ()

        def initial(self, seed: int = 0) -> dict[str, Tensor]:
            return {"head_weight": torch.zeros(784), "head_bias": torch.zeros(())}

        def features(self, parameters: dict[str, Tensor], x: Tensor) -> Tensor:
            return x.flatten(2)

    learner = ml.Learner(Pixels(), ml.PrototypeInit(), ml.SGD(0.1), steps=1)
    assert learner.adapt(batch).query_logits.shape == (2, 5, 6, 3)


def test_what_does_not_fit_is_said_in_terms_of_the_contract(batch: ml.TaskBatch) -> None:
    with pytest.raises(MetalearnError, match="predictions depend on one another"):
        ml.Learner(nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten()), ml.PrototypeInit(), ml.SGD(0.1))
    with pytest.raises(MetalearnError, match=r"maps images \[n, 1, 28, 28\] to features \[n, D\]"):
        ml.Learner(lambda x: x.mean(), ml.PrototypeInit(), ml.SGD(0.1))
    with pytest.raises(MetalearnError, match="no scales and shifts"):
        ml.ModulationAttention(NetworkBackbone(network()), 4)


def test_frozen_batch_normalisation_is_taken_as_it_is(batch: ml.TaskBatch) -> None:
    own = nn.Sequential(nn.Conv2d(1, 4, 3, stride=4), nn.BatchNorm2d(4), nn.Flatten()).eval()
    learner = ml.Learner(own, ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    with torch.no_grad():
        all_at_once = learner.adapt(batch).query_logits[-1]
        first = learner.adapt(batch[:1]).query_logits[-1]
    torch.testing.assert_close(all_at_once[:1], first)
