"""Two numbers that say how a task's drawings scatter: within its classes, and between them."""

import numpy as np
import torch

from metalearn.embeddings._given import GivenModelEmbedder
from metalearn.learners.backbone import Backbone, Params, device_of
from metalearn.learners.init_hooks import class_means
from metalearn.tasks.task_batch import TaskBatch, Tasks

SMALLEST = 1e-6  # keeps the logarithm finite where classes have one drawing, and so no scatter within


class ScatterEmbedding(GivenModelEmbedder):
    """The logarithms of the scatter of the base model's features within the classes, and between them.

    It is a control: it knows nothing of what is drawn. Drawings of one character are alike and scatter little; those of
    one alphabet, or by one drawer, are of different characters and scatter much. That alone tells which question a
    task asks. A family that tells the question no more often than these two numbers has learned nothing beyond them.

    Parameters
    ----------
    backbone : Backbone
        The base model.
    parameters : dict of str to Tensor
        Its parameters.
    batch_size : int
        How many tasks are embedded at a time.

    References
    ----------
    Fisher 1936, "The use of multiple measurements in taxonomic problems" (scatter within and between classes).

    Examples
    --------
    >>> import metalearn as ml
    >>> from metalearn.embeddings.scatter import ScatterEmbedding
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.MixedQuestions(characters, ml.split(characters, "lake").test).batch(0)
    >>> base = ml.load_learner("prototypes")
    >>> ScatterEmbedding(base.backbone, base.shared).transform(batch).shape
    (12, 2)
    """

    def __init__(self, backbone: Backbone, parameters: Params, batch_size: int = 64) -> None:
        self.backbone = backbone
        self.parameters = parameters
        self.batch_size = batch_size

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, 2]``, within classes first."""
        with torch.no_grad():
            return np.concatenate([self._embed(batch) for batch in tasks.batches(self.batch_size)])

    def _embed(self, batch: TaskBatch) -> np.ndarray:
        batch = batch.to(device_of(self.parameters))
        features = self.backbone.features(self.parameters, batch.support_x)
        means = class_means(features, batch.support_y, batch.ways)
        own_means = means.take_along_dim(batch.support_y[..., None], dim=1)  # for each drawing, that of its class
        within = (features - own_means).square().sum(-1).mean(1)
        between = (means - means.mean(1, keepdim=True)).square().sum(-1).mean(1)
        return torch.stack([within, between], dim=1).add(SMALLEST).log().cpu().numpy()
