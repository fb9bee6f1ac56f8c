"""Encoded task embeddings: what a learner that reads the support set itself has learned to read."""

import numpy as np
import torch

from metalearn.embeddings._given import GivenModelEmbedder
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.tasks.task_batch import Tasks


class EncodedEmbedding(GivenModelEmbedder):
    """e_j: the vector that the encoder of a trained learner reads off the support set of task j.

    Nothing was said of what the vector should hold. Encoder and learner were trained together to answer queries, and
    the vector is what the one lets the other know about the task. ``fit`` learns nothing, as the learner is given.

    The embedding does not depend on the order of the classes or of the drawings. Query sets are never read.

    Parameters
    ----------
    learner : Learner
        A learner with an encoder: :class:`TaskReader` or :class:`SetEncoder`, or one of your own.
    batch_size : int
        Tasks that are embedded at a time.

    Raises
    ------
    MetalearnError
        For a learner that has no embedding of its own.

    References
    ----------
    Hendel, Geva and Globerson 2023, "In-context learning creates task vectors".

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.HiddenQuestions(characters, ml.split(characters, "lake").test, shots=2).batch(0)
    >>> backbone = ml.Backbone()
    >>> init, reader = ml.WeightedPrototypeInit(backbone, 32), ml.TaskReader(backbone)
    >>> learner = ml.Learner(backbone, init, ml.SGD(0.1), embedder=reader, steps=0)
    >>> ml.EncodedEmbedding(learner).transform(batch).shape
    (10, 32)
    """

    def __init__(self, learner: Learner, batch_size: int = 32) -> None:
        self.learner = learner
        self.batch_size = batch_size

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, d]``."""
        if self.learner.embedder is None:
            raise MetalearnError("this learner has no embedding of tasks; give it an encoder, such as a TaskReader")
        with torch.no_grad():
            found = (self.learner.embed(batch.without_queries()) for batch in tasks.batches(self.batch_size))
            return torch.cat([rows for rows in found if rows is not None]).cpu().numpy()
