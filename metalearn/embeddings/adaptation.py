"""Adaptation task embeddings: what a meta-learned model changes in itself to solve a task."""

from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor
from tqdm import tqdm

from metalearn.embeddings._count_sketch import sketch
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone, Params
from metalearn.learners.init_hooks import ContextInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.modulate_hooks import ContextModulation
from metalearn.learners.trajectory import Trajectory
from metalearn.learners.update_hooks import SGD
from metalearn.schema import Layout, layout_of
from metalearn.tasks.task_batch import TaskBatch, Tasks, join_batches

KINDS = ("parameters", "context")


class AdaptationEmbedding(TransformerMixin, BaseEstimator):
    """e_j = θ'_j - θ: what a meta-learned model changes in itself to adapt to task j.

    ``fit`` meta-trains the model, a copy of the base model: it adapts to half of a task's drawings, and is asked about
    the other half. The embedding of a task is what adaptation changes in the body, and in the head.

    The embedding does not depend on the order of the classes. The head starts at the class prototypes, so a class that
    is numbered otherwise brings its row along, and the body changes in the same way. Of the head's own change only the
    mean square over classes is kept, feature by feature. Query sets are never read.

    Parameters
    ----------
    backbone : Backbone
        The base model's network.
    parameters : dict of str to Tensor
        The base model's parameters, where meta-training starts.
    kind : str
        What a task may change in the body. "parameters": the scale and shift of every channel (MAML restricted to
        them). "context": a context vector that moves all scales and shifts (CAVIA).
    context_size : int
        How many numbers the context has.
    steps, step_size : int, float
        The inner steps, and how long they are.
    meta_steps, learning_rate : int, float
        The meta-steps that ``fit`` takes, and their highest rate.
    projection : int
        The most numbers to keep of one parameter's change; longer ones are shortened by a count sketch.
    batch_size : int
        Tasks in a meta-step.
    seed : int
        Of everything random in ``fit``, and of the sketch.

    References
    ----------
    Article §3.1 and §4.1, second way; Finn, Abbeel and Levine 2017 (MAML); Zintgraf et al. 2019 (CAVIA).

    Examples
    --------
    Two meta-steps show how it is used, and are far too few to learn anything:

    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").train, shots=4, queries=0, batch_size=4).batch(0)
    >>> base = ml.load_learner("prototypes", "lake")
    >>> embedding = ml.AdaptationEmbedding(base.backbone, base.shared, meta_steps=2, batch_size=2)
    >>> embedding.fit(batch).transform(batch).shape
    (4, 320)
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
        everything = join_batches(tasks.batches(256))
        generator = torch.Generator().manual_seed(self.seed)
        optimizer = torch.optim.AdamW(self.learner_.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.meta_steps)
        for _ in tqdm(range(self.meta_steps), desc="meta-training the embedder", unit="step", leave=False):
            positions = torch.randint(len(everything), (self.batch_size,), generator=generator)
            batch = _halved(everything[positions], generator)
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

    def layout(self) -> Layout:
        """Return what the arrays of :meth:`state` have to be."""
        return layout_of(self._new_learner().state_dict())

    def state(self) -> dict[str, np.ndarray]:
        """Return what ``fit`` learned."""
        return {name: value.cpu().numpy() for name, value in self.learner_.state_dict().items()}

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
            raise MetalearnError("unknown kind {kind!r}; there are {known}", kind=self.kind, known=", ".join(KINDS))
        learner.start.update({name: p.detach().clone() for name, p in self.parameters.items()})
        return learner

    def _embed(self, batch: TaskBatch) -> np.ndarray:
        trajectory = self.learner_.adapt(batch.without_queries(), every_query=False)
        changes = [F.normalize(sketch(c, self.projection, self.seed)) for c in _changes(trajectory).values()]
        return torch.cat(changes, dim=1).cpu().numpy()


def _changes(trajectory: Trajectory) -> dict[str, Tensor]:
    """Return what adaptation changed in each parameter, ``[T, numbers]``; for the head, mean squares over classes."""
    first, last = trajectory.parameters[0], trajectory.parameters[-1]
    changes = {name: last[name] - first[name] for name in first}
    weight, _ = (changes.pop(name) for name in HEAD)
    return {**{name: c.flatten(1) for name, c in changes.items()}, "head": weight.square().mean(1)}


def _halved(batch: TaskBatch, generator: torch.Generator) -> TaskBatch:
    """Make tasks of support sets alone: a random half of each class to adapt to, the other half as queries."""
    order = torch.rand(batch.support_y.shape, generator=generator).argsort(1)
    x = batch.support_x[torch.arange(len(batch))[:, None], order]
    y, ids = (labels.gather(1, order) for labels in (batch.support_y, batch.support_ids))
    # A stable sort by class keeps the random order within each; then every other drawing goes to the queries.
    by_class = y.argsort(dim=1, stable=True)
    rows = torch.arange(len(batch))[:, None]
    x, y, ids = x[rows, by_class], y[rows, by_class], ids[rows, by_class]
    smallest = min(int((y == way).sum(1).min()) for way in range(batch.ways))
    if smallest < 2:
        raise MetalearnError("the adaptation embedding is fitted to tasks with two or more drawings a class")
    return TaskBatch(x[:, ::2], y[:, ::2], x[:, 1::2], y[:, 1::2], batch.ways, ids[:, ::2], ids[:, 1::2])
