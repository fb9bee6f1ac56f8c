"""Adaptation task embeddings: what a meta-learned model changes in itself to solve a task."""

from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor
from tqdm import tqdm

from metalearn.adapt import SGD, Trajectory
from metalearn.backbone import HEAD, Backbone, Params
from metalearn.embeddings.sketch import sketch
from metalearn.errors import MetalearnError
from metalearn.learners.context import ContextInit, ContextModulation
from metalearn.learners.learner import Learner
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import TaskBatch, Tasks, joined

KINDS = ("parameters", "context")


class AdaptationEmbedding(TransformerMixin, BaseEstimator):
    """e_j = θ'_j - θ: the difference between a meta-learned model before and after it has adapted to task j.

    ``fit`` meta-trains the model on the tasks it is given: half of a task's drawings are adapted to, the other half
    answered (article §3.1 and §4.1, second way). The body is the base model's and what a task may change in it is

    * ``kind="parameters"``: the scale and shift of every channel (MAML restricted to them, Finn et al. 2017);
    * ``kind="context"``: a context vector that modulates all of them (CAVIA, Zintgraf et al. 2019).

    The head adapts as well, from the class prototypes. Its rows are in the order of the classes: of the head's change
    only the mean square over classes is kept, feature by feature, which is the same for any order. The body's change
    does not depend on it, as a class that is called otherwise brings its prototype along.
    """

    def __init__(
        self,
        backbone: Backbone,
        parameters: Params,
        kind: str = "context",
        context_size: int = 64,
        steps: int = 2,
        step_size: float = 0.5,
        meta_steps: int = 150,
        learning_rate: float = 1e-3,
        projection: int = 256,
        batch_size: int = 16,
        seed: int = 0,
    ) -> None:
        self.backbone = backbone
        self.parameters = parameters
        self.kind = kind
        self.context_size = context_size
        self.steps = steps
        self.step_size = step_size
        self.meta_steps = meta_steps
        self.learning_rate = learning_rate
        self.projection = projection
        self.batch_size = batch_size
        self.seed = seed

    def fit(self, tasks: Tasks, y: None = None) -> Self:
        """Meta-train the model on ``tasks``. Raises MetalearnError where a class has a single drawing."""
        self.learner_ = self._new_learner()
        everything = joined(tasks.batches(256))
        generator = torch.Generator().manual_seed(self.seed)
        optimizer = torch.optim.AdamW(self.learner_.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.meta_steps)
        for _ in tqdm(range(self.meta_steps), desc="meta-training the embedder", unit="step", leave=False):
            chosen = torch.randint(len(everything), (self.batch_size,), generator=generator)
            batch = _halved(everything[chosen], generator)
            optimizer.zero_grad()
            self.learner_.adapt(batch, every_query=False).query_loss[-1].mean().backward()
            optimizer.step()
            schedule.step()
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, D]``."""
        check_is_fitted(self, "learner_")
        with torch.no_grad():
            return np.concatenate([self._embed(batch) for batch in tasks.batches(2 * self.batch_size)])

    def state(self) -> dict[str, np.ndarray]:
        """Return what ``fit`` learned."""
        return {name: value.numpy() for name, value in self.learner_.state_dict().items()}

    def restore(self, arrays: dict[str, np.ndarray]) -> Self:
        """Take back what :meth:`state` returned."""
        self.learner_ = self._new_learner()
        self.learner_.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return self

    def _new_learner(self) -> Learner:
        if self.kind == "parameters":
            learner = Learner(
                self.backbone, PrototypeInit(self.backbone.scales_and_shifts), SGD(self.step_size), steps=self.steps
            )
        elif self.kind == "context":
            modulation = ContextModulation(self.backbone, self.context_size, self.seed)
            init = ContextInit(self.context_size, PrototypeInit())
            learner = Learner(self.backbone, init, SGD(self.step_size), modulation, steps=self.steps)
        else:
            raise MetalearnError(f"unknown kind {self.kind!r}; there are {', '.join(KINDS)}")
        learner.start.update({name: p.detach().clone() for name, p in self.parameters.items()})
        return learner

    def _embed(self, batch: TaskBatch) -> np.ndarray:
        trajectory = self.learner_.adapt(batch.without_queries(), every_query=False)
        changes = [F.normalize(sketch(c, self.projection, self.seed)) for c in _changes(trajectory).values()]
        return torch.cat(changes, dim=1).numpy()


def _changes(trajectory: Trajectory) -> dict[str, Tensor]:
    """Return what adaptation changed, ``[T, numbers]`` for each parameter; of the head, mean squares over classes."""
    first, last = trajectory.parameters[0], trajectory.parameters[-1]
    changes = {name: last[name] - first[name] for name in first}
    weight, _ = (changes.pop(name) for name in HEAD)
    return {**{name: c.flatten(1) for name, c in changes.items()}, "head": weight.square().mean(1)}


def _halved(batch: TaskBatch, generator: torch.Generator) -> TaskBatch:
    """Make tasks of support sets: of each class, a random half of the drawings to adapt to, the others as queries."""
    order = torch.rand(batch.support_y.shape, generator=generator).argsort(1)
    x = batch.support_x[torch.arange(len(batch))[:, None], order]
    y, ids = (of.gather(1, order) for of in (batch.support_y, batch.support_ids))
    # A stable sort by class keeps the random order within each; then every other drawing goes to the queries.
    by_class = y.argsort(dim=1, stable=True)
    rows = torch.arange(len(batch))[:, None]
    x, y, ids = x[rows, by_class], y[rows, by_class], ids[rows, by_class]
    smallest = min(int((y == way).sum(1).min()) for way in range(batch.ways))
    if smallest < 2:
        raise MetalearnError("the adaptation embedding is fitted to tasks with two or more drawings a class")
    return TaskBatch(x[:, ::2], y[:, ::2], x[:, 1::2], y[:, 1::2], batch.ways, ids[:, ::2], ids[:, 1::2])
