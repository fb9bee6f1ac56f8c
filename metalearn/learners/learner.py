"""A learner: meta-learned parameters, and what it puts into each hook of the inner loop."""

from functools import cache
from typing import Protocol

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor, nn

from metalearn.adapt import Init, Modulate, Trajectory, Update, adapt
from metalearn.backbone import Backbone, Params
from metalearn.tasks import TaskBatch, Tasks


class Embedder(Protocol):
    """A fitted scikit-learn transformer of tasks: an embedding family, or a pipeline that ends in a reducer."""

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Return one row a task, ``[tasks, d]``, from the support sets alone."""
        ...


class Learner(nn.Module):
    """Meta-learned parameters of ``backbone`` with an init, an update and (if any) a modulate hook.

    Hooks that are modules bring meta-parameters of their own. ``embedder`` is what hooks get their task embedding
    from; it is not trained here. ``steps`` inner steps are taken in training and, unless told otherwise, in use;
    ``second_order`` says whether the outer gradient runs through them.
    """

    def __init__(
        self,
        backbone: Backbone,
        init: Init,
        update: Update,
        modulate: Modulate | None = None,
        embedder: Embedder | None = None,
        steps: int = 5,
        second_order: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.init, self.update, self.modulate = init, update, modulate
        self.embedder = embedder
        self.steps, self.second_order = steps, second_order
        self.start = nn.ParameterDict(backbone.initial(seed))

    @property
    def shared(self) -> Params:
        """The meta-learned parameters of the backbone, from which tasks start."""
        return dict(self.start.items())

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.start["conv1"].device

    def embed(self, batch: TaskBatch) -> Tensor | None:
        """Return the embedding of each task, float32 ``[T, d]``, or None for a learner that uses none."""
        if self.embedder is None:
            return None
        with _thread_pools().limit(limits=1, user_api="blas"):
            return torch.from_numpy(self.embedder.transform(batch))

    def adapt(
        self, batch: TaskBatch, embedding: Tensor | None = None, steps: int | None = None, every_query: bool = True
    ) -> Trajectory:
        """Adapt to every task of ``batch`` at once; :func:`metalearn.adapt.adapt` says what comes back.

        ``embedding`` replaces the learner's own, which is how a shuffled, zero or random one is tried.
        """
        embedding = self.embed(batch) if embedding is None else embedding
        return adapt(
            self.backbone,
            self.shared,
            batch.to(self.device),
            init=self.init,
            update=self.update,
            modulate=self.modulate,
            embedding=None if embedding is None else embedding.to(self.device),
            steps=self.steps if steps is None else steps,
            second_order=self.second_order,
            every_query=every_query,
        )


@cache
def _thread_pools() -> ThreadpoolController:
    """NumPy's threads, which have little to do in reducing a batch's embeddings and then keep PyTorch's waiting."""
    return ThreadpoolController()
