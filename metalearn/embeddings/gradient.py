"""Gradient task embeddings: train the base model on a task and keep what the task pulls at on the way."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, TransformerMixin
from torch import Tensor

from metalearn.adapt import SGD, adapt
from metalearn.backbone import HEAD, Backbone, Params
from metalearn.embeddings.sketch import sketch
from metalearn.errors import MetalearnError
from metalearn.learners.preinit import LearnedInit
from metalearn.tasks import TaskBatch, Tasks

KINDS = ("sum", "trajectory", "fisher")


class GradientEmbedding(TransformerMixin, BaseEstimator):
    """e_j: the gradients of the loss in the body of the base model, summed along its training on task j.

    The base model's head is trained on the support set for ``steps`` steps of ``step_size``; the gradients with
    respect to the scales, shifts and last convolution of its body, which stays as it is, are added up (article §3.1
    and §4.1). A gradient is linear in the loss, so that sum is one backward pass, however many steps. Each parameter's
    gradient is brought to length one, and long ones are sketched to ``projection`` numbers (Weinberger et al. 2009), so
    that memory depends neither on the number of tasks nor on the network's.

    ``kind`` says what is kept of the gradients:

    * ``"sum"``: their sum over the steps;
    * ``"trajectory"``: each step's by itself, one after the other, so that D grows with the steps;
    * ``"fisher"``: at the end of the training, the squares of each drawing's gradient, averaged over the drawings: the
      diagonal of the empirical Fisher information (Task2Vec, Achille et al. 2019). Each picture is normalised by
      itself, in training as in evaluation, so that five drawings are enough.

    The head, whose rows are in the order of the classes, is left out; what remains is the same for any order of the
    classes or drawings. Query sets are never read. ``parameters`` are the base model's, and ``fit`` learns nothing.
    """

    def __init__(
        self,
        backbone: Backbone,
        parameters: Params,
        steps: int = 3,
        step_size: float = 0.5,
        kind: str = "sum",
        projection: int = 512,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        self.backbone = backbone
        self.parameters = parameters
        self.steps = steps
        self.step_size = step_size
        self.kind = kind
        self.projection = projection
        self.batch_size = batch_size
        self.seed = seed

    def fit(self, tasks: Tasks | None = None, y: None = None) -> Self:
        """Do nothing: the base model is given. Returns self, as scikit-learn's pipelines expect."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, D]``. Raises MetalearnError for an unknown kind."""
        if self.kind not in KINDS:
            raise MetalearnError(f"unknown kind {self.kind!r}; there are {', '.join(KINDS)}")
        stretches = [1] * self.steps if self.kind == "trajectory" else [self.steps]
        rows = [self._embed(batch, stretches, add_up=self.kind == "sum") for batch in tasks.batches(self.batch_size)]
        return np.concatenate([np.concatenate(of_stretches, axis=1) for of_stretches in rows])

    def state(self) -> dict[str, np.ndarray]:
        """Return what ``fit`` learned: nothing."""
        return {}

    def restore(self, arrays: dict[str, np.ndarray]) -> Self:
        """Take back what :meth:`state` returned."""
        return self

    def path(self, batch: TaskBatch, steps: int) -> np.ndarray:
        """Return the embedding as it builds up over the first 1, 2, … ``steps`` steps: float32 ``[steps, T, D]``."""
        return np.stack(self._embed(batch, [1] * steps, add_up=True))

    @property
    def _watched(self) -> tuple[str, ...]:
        return (*self.backbone.scales_and_shifts, f"conv{len(self.backbone.widths)}")

    @property
    def _fisher(self) -> bool:
        return self.kind == "fisher"

    def _embed(self, batch: TaskBatch, stretches: list[int], add_up: bool) -> list[np.ndarray]:
        """Embed the tasks after each stretch of that many steps; each by itself, or added to those before it."""
        tasks, count = batch.support_y.shape
        owners = tasks * count if self._fisher else tasks  # whose gradient is kept apart
        start = {name: p.detach() for name, p in self.parameters.items()}
        watched = self.backbone.for_tasks(start, self._watched, owners, batch.ways)
        watched = {name: p.contiguous().requires_grad_() for name, p in watched.items()}
        with torch.enable_grad():
            x = batch.support_x.reshape(owners, -1, *batch.support_x.shape[2:])
            features = self.backbone.features({**start, **watched}, x).reshape(tasks, count, -1)
        heads = self._train_head(batch, features.detach(), start, sum(stretches))
        summed = {name: torch.zeros_like(p) for name, p in watched.items()}
        embedded, first = [], 0
        for stretch in stretches:
            with torch.enable_grad():
                losses = [self._loss(head, features, batch.support_y) for head in heads[first : first + stretch]]
                loss = losses[-1] if self._fisher else torch.stack(losses).sum()
            gradients = torch.autograd.grad(loss, list(watched.values()), retain_graph=True)
            for name, gradient in zip(watched, gradients, strict=True):
                summed[name] = summed[name] + gradient if add_up else gradient
            embedded.append(self._rows(summed, tasks))
            first += stretch
        return embedded

    def _train_head(self, batch: TaskBatch, features: Tensor, start: Params, steps: int) -> list[Params]:
        """Train the head with the inner loop, on features in place of pictures; return it after 1, 2, … steps.

        Before the first step all classes share one vector and nothing pulls at the body.
        """
        on_features = replace(batch, support_x=features, query_x=features[:, :0], query_y=batch.query_y[:, :0])
        with torch.no_grad():
            trajectory = adapt(
                _HeadOnly(**vars(self.backbone)),
                start,
                on_features,
                init=LearnedInit(HEAD),
                update=SGD(self.step_size),
                steps=steps,
                every_query=False,
            )
        return list(trajectory.parameters[1:])

    def _loss(self, head: Params, features: Tensor, y: Tensor) -> Tensor:
        """Sum over tasks of the mean loss; for the Fisher, whose squares are averaged later, of each drawing's loss."""
        logits = self.backbone.classify({name: p.detach() for name, p in head.items()}, features)
        total = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum")
        return total if self._fisher else total / y.shape[1]

    def _rows(self, gradients: Params, tasks: int) -> np.ndarray:
        parts = []
        for gradient in gradients.values():
            flat = gradient.flatten(1)
            if self._fisher:
                flat = flat.square().unflatten(0, (tasks, -1)).mean(1)
            parts.append(F.normalize(sketch(flat, self.projection, self.seed)))
        return torch.cat(parts, dim=1).numpy()


@dataclass(frozen=True)
class _HeadOnly(Backbone):
    """A base model whose features are given: what looks like pictures to the inner loop has been through the body."""

    def features(self, parameters: Params, x: Tensor) -> Tensor:
        return x
