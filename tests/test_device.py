"""Everything that computes with a network does so where the network is, and nothing is left behind on the processor."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.adaptation import AdaptationEmbedding
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.controls import mean_features
from metalearn.embeddings.generative import GenerativeEmbedding
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.embeddings.prototype_gradient import PrototypeGradientEmbedding
from metalearn.embeddings.scatter import ScatterEmbedding
from metalearn.evaluation.accuracy import evaluate
from metalearn.learners.backbone import Backbone, Params
from metalearn.learners.init_hooks import PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.plots.player.recorder import watch
from metalearn.pretrained.recipes import RECIPES
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 8), groups=2)
CLASSES = 3 * 3  # of all tasks of the batch


class SecondDevice(TorchDispatchMode):
    """Makes PyTorch's meta device, which knows shapes but no numbers, a second device: what is copied from it is ones.

    Raises RuntimeError where an operation takes tensors from two devices, as an accelerator would: the meta device lets
    some pass. Only copies may, and single numbers, and positions to index by.
    """

    MAY_MEET = ("aten._to_copy", "aten.copy_", "aten.index.Tensor", "aten.index_put")

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = str(function)
        tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        away = [t for t in tensors if t.is_meta]
        if away and not name.startswith(self.MAY_MEET) and any(t.ndim and not t.is_meta for t in tensors):
            raise RuntimeError(f"{name} was given tensors of two devices")
        if away and name.startswith("aten._local_scalar_dense"):
            return args[0].dtype.is_floating_point and 1.0
        if away and name.startswith("aten._to_copy") and kwargs.get("device") == torch.device("cpu"):
            return torch.ones(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        if away and name.startswith("aten.bincount"):  # as many as there are depends on the numbers
            return args[0].new_empty(CLASSES)
        return function(*args, **kwargs)


@pytest.fixture(autouse=True)
def second_device() -> Iterator[SecondDevice]:
    with SecondDevice() as mode:
        yield mode


@pytest.fixture(scope="module")
def batch() -> TaskBatch:
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 28, 28), dtype=np.uint8)
    characters = CharacterSet("some", images, tuple(f"A/{i}" for i in range(9)), tuple("abcd"), "", "", np.full(9, 4))
    return Episodes(characters, np.arange(9), ways=3, shots=2, queries=2, batch_size=3).batch(0)


def test_the_second_device_catches_what_is_left_behind() -> None:
    away = torch.ones(2, 3, device="meta")
    mixes = (
        lambda: away + torch.ones(3),
        lambda: away @ torch.ones(3, 2),
        lambda: torch.cat([away, torch.ones(1, 3)]),
    )
    for mix in mixes:
        with pytest.raises(RuntimeError):
            mix()
    assert (away + 1).sum().cpu() == 1


@pytest.mark.parametrize("name", RECIPES)
def test_a_learner_adapts_and_learns_where_it_is(name: str, batch: TaskBatch) -> None:
    learner = RECIPES[name].build(None, seed=0).to("meta")
    seen = learner.adapt(batch, embedding=torch.randn(3, 32))
    seen.query_loss[-1].mean().backward()
    gradients = [p.grad for p in learner.parameters() if p.grad is not None]
    assert gradients
    assert all(found.is_meta for found in (seen.query_loss, *seen.parameters[-1].values(), *gradients))


def test_evaluation_brings_its_numbers_back(small: CharacterSet) -> None:
    learner = Learner(NETWORK, PrototypeInit(), SGD(0.1), steps=1).to("meta")
    found = evaluate(learner, Episodes(small, np.arange(12), ways=3, queries=2, batch_size=4), tasks=8)
    assert found.accuracies.shape == (2, 8)


def away(parameters: Params) -> Params:
    return {name: p.to("meta") for name, p in parameters.items()}


def adaptation(batch: TaskBatch) -> AdaptationEmbedding:
    embedder = AdaptationEmbedding(NETWORK, NETWORK.initial(), meta_steps=1, batch_size=2).fit(batch)
    embedder.learner_.to("meta")
    return embedder


def collaborative(batch: TaskBatch) -> CollaborativeEmbedding:
    embedder = CollaborativeEmbedding(NETWORK, NETWORK.initial(), rank=2, blocks=1).fit(batch)
    embedder.parameters = away(embedder.parameters)
    return embedder


def generative(batch: TaskBatch) -> GenerativeEmbedding:
    embedder = GenerativeEmbedding(code_size=4, latent_size=2, hidden=8, steps=1, sets=2).fit(batch)
    embedder.model_.to("meta")
    return embedder


@pytest.mark.parametrize("name", ["prototypes", "preinit", "maml"])
def test_what_is_shown_of_an_adaptation_comes_back(name: str, batch: TaskBatch) -> None:
    learner = RECIPES[name].build(None, seed=0).to("meta")
    shown = watch("some", learner, batch[:1], steps=2, embedding=torch.randn(1, 32))
    assert len(shown.query_accuracy) == 3


EMBEDDERS: dict[str, Callable[[TaskBatch], Any]] = {
    "gradient": lambda _: GradientEmbedding(NETWORK, away(NETWORK.initial()), projection=16),
    "gradient, Fisher": lambda _: GradientEmbedding(NETWORK, away(NETWORK.initial()), kind="fisher"),
    "prototype gradient": lambda _: PrototypeGradientEmbedding(NETWORK, away(NETWORK.initial())),
    "scatter": lambda _: ScatterEmbedding(NETWORK, away(NETWORK.initial())),
    "adaptation": adaptation,
    "collaborative": collaborative,
    "generative": generative,
}


@pytest.mark.parametrize("name", EMBEDDERS)
def test_an_embedder_computes_where_its_parameters_are_and_returns_an_array(name: str, batch: TaskBatch) -> None:
    assert EMBEDDERS[name](batch).transform(batch).shape[0] == len(batch)


def test_the_generative_model_draws_and_is_judged_where_it_is(batch: TaskBatch) -> None:
    embedder = generative(batch)
    assert embedder.reconstruct(batch).shape == (3, 6, 28, 28)
    assert embedder.sample(batch, count=2).shape == (3, 3, 2, 28, 28)
    assert set(embedder.elbo(batch)) == {"elbo", "reconstruction", "code", "latent"}


def test_mean_features_are_computed_where_the_learner_is(batch: TaskBatch) -> None:
    learner = Learner(NETWORK, PrototypeInit(), SGD(0.1)).to("meta")
    assert mean_features(learner, batch.batches(2)).shape == (3, NETWORK.features_size)
