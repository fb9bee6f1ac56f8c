"""What every embedding is compared with: pixels, features, an untrained network, noise."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.learners.backbone import Backbone
from metalearn.learners.learner import Learner
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
            [_mean_of_last_class(b, learner.backbone.features(learner.shared, b.support_x)) for b in batches]
        )


def _mean_of_last_class(batch: TaskBatch, vectors: Tensor) -> np.ndarray:
    own = (batch.support_y == batch.ways - 1).to(vectors)
    return (torch.einsum("tn,tnd->td", own, vectors) / own.sum(1, keepdim=True)).numpy()
