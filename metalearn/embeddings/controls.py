"""What every embedding is compared with: pixels, features, an untrained network, noise."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone
from metalearn.learners.learner import Embedder, Learner
from metalearn.tasks.task_batch import TaskBatch, Tasks

CONTROLS = ("mean_pixels", "mean_features", "untrained_network", "random")


def make_controls(base: Learner, seed: int = 0) -> dict[str, Callable[[Tasks], np.ndarray]]:
    """Return what every embedding is compared with: functions from tasks to rows, by name.

    ``base`` is the learner whose network the embeddings use.
    """
    assert isinstance(base.backbone, Backbone)
    untrained = GradientEmbedding(base.backbone, base.backbone.initial(seed))
    rng = np.random.default_rng(seed)  # different vectors each time, so that they say nothing about the task
    return {
        "mean_pixels": lambda tasks: mean_pixels(tasks.batches(64)),
        "mean_features": lambda tasks: mean_features(base, tasks.batches(64)),
        "untrained_network": untrained.transform,
        "random": lambda tasks: rng.normal(size=(len(tasks), 128)),
    }


def mean_pixels(batches: Iterable[TaskBatch]) -> np.ndarray:
    """Control: the mean image of each task's last class (a character task's own drawings), ``[tasks, 784]``."""
    return np.concatenate([_mean_of_last_class(batch, batch.support_x.flatten(2)) for batch in batches])


def mean_features(learner: Learner, batches: Iterable[TaskBatch]) -> np.ndarray:
    """Control: the mean feature vector of each task's last class under the learner's backbone, ``[tasks, D]``."""
    with torch.no_grad():
        return np.concatenate(
            [
                _mean_of_last_class(b, learner.backbone.features(learner.shared, b.support_x))
                for b in (batch.to(learner.device) for batch in batches)
            ]
        )


def _mean_of_last_class(batch: TaskBatch, vectors: Tensor) -> np.ndarray:
    own = (batch.support_y == batch.ways - 1).to(vectors)
    return (torch.einsum("tn,tnd->td", own, vectors) / own.sum(1, keepdim=True)).cpu().numpy()


class QuestionOracle:
    """Embedder that is told which question a task asks, as a row of zeros with a one in it: what is there to know?

    ``size`` is the length of a row. For tasks from a sampler that numbers its questions, such as ``HiddenQuestions``.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Return float32 ``[tasks, size]``. Raises MetalearnError for tasks that do not say what they ask."""
        return np.concatenate([self._told(batch) for batch in tasks.batches(256)])

    def _told(self, batch: TaskBatch) -> np.ndarray:
        if batch.question is None:
            raise MetalearnError("these tasks do not say which question they ask")
        return torch.eye(self.size)[batch.question.cpu()].numpy()


class ShuffledEmbedder:
    """Embedder that gives each task of a batch the embedding of some task of the batch: what is an embedding worth?"""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Return the rows of ``embedder`` in another order, the same one whenever the same tasks are given."""
        rows = self.embedder.transform(tasks)
        drawings = sum(int(batch.support_ids.sum()) for batch in tasks.batches(256))
        return rows[np.random.default_rng(abs(drawings)).permutation(len(rows))]
