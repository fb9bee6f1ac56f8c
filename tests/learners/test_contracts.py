"""What is handed to a learner and does not fit is one line that names sizes and names, never a matrix error."""

import numpy as np
import pytest
import torch

import metalearn as ml
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Params
from metalearn.tasks.task_batch import Tasks

NETWORK = ml.Backbone(widths=(8, 8), groups=4, pools=(2,))


class Embedder:
    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def transform(self, tasks: Tasks) -> np.ndarray:
        return np.zeros(self.shape, np.float32)


@pytest.fixture
def batch(small: ml.CharacterSet) -> ml.TaskBatch:
    return ml.Episodes(small, np.arange(12), 3, 2, 2, batch_size=5).batch(0)


HOOKS = {
    "init": lambda: {"init": ml.EmbeddingInit(NETWORK, 4)},
    "neighbours": lambda: {"init": ml.NeighbourInit(NETWORK, 4, 3)},
    "update": lambda: {"update": ml.StepSizeNetwork(ml.HEAD, 0.1, 4)},
    "recurrent": lambda: {"update": ml.RecurrentOptimizer(0.1, 4)},
    "modulate": lambda: {"modulate": ml.ModulationAttention(NETWORK, 4)},
    "selection": lambda: {"modulate": ml.GroupSelection(NETWORK, 4, 4)},
}


@pytest.mark.parametrize("hook", HOOKS)
def test_an_embedding_of_another_length(hook: str, batch: ml.TaskBatch) -> None:
    parts = {"init": ml.LearnedInit(ml.HEAD), "update": ml.SGD(0.1), **HOOKS[hook]()}
    with pytest.raises(MetalearnError, match="made for embeddings of 4 numbers, the embedder gives 7"):
        ml.Learner(NETWORK, **parts, embedder=Embedder(5, 7)).adapt(batch)
    with pytest.raises(MetalearnError, match="needs a task embedding; give it an embedder"):
        ml.Learner(NETWORK, **parts).adapt(batch)


@pytest.mark.parametrize("shape", [(4, 3), (5,), (5, 3, 2)])
def test_an_embedder_that_returns_no_row_per_task(shape: tuple[int, ...], batch: ml.TaskBatch) -> None:
    learner = ml.Learner(NETWORK, ml.EmbeddingInit(NETWORK, 3), ml.SGD(0.1), embedder=Embedder(*shape))
    with pytest.raises(MetalearnError, match=r"one row per task, \[5, d\]; Embedder returned \["):
        learner.adapt(batch)


def test_parts_without_the_method_that_is_needed(small: ml.CharacterSet) -> None:
    with pytest.raises(MetalearnError, match=r"needs a method transform\(tasks\); int has none"):
        ml.Learner(NETWORK, ml.PrototypeInit(), ml.SGD(0.1), embedder=3)
    with pytest.raises(MetalearnError, match="the update hook should be callable; float is not"):
        ml.Learner(NETWORK, ml.PrototypeInit(), 0.1)
    learner = ml.Learner(NETWORK, ml.PrototypeInit(), ml.SGD(0.1))
    with pytest.raises(MetalearnError, match=r"validation should be a sampler, with a method batch\(index\); list has"):
        ml.train(learner, ml.Episodes(small, np.arange(12), 3, 1, 1), validation=[], meta_steps=1)


def test_a_head_of_another_size(batch: ml.TaskBatch) -> None:
    def too_small(support: ml.Support) -> Params:
        return {"head_weight": torch.zeros(5, 3, 10), "head_bias": torch.zeros(5, 3)}

    def headless(support: ml.Support) -> Params:
        return {"scale1": torch.zeros(5, 8)}

    size = NETWORK.features_size
    with pytest.raises(MetalearnError, match=rf"of \[5, 3, {size}\], and head_bias; it returned \[5, 3, 10\]"):
        ml.Learner(NETWORK, too_small, ml.SGD(0.1)).adapt(batch)
    with pytest.raises(MetalearnError, match="it returned only scale1"):
        ml.Learner(NETWORK, headless, ml.SGD(0.1)).adapt(batch)
