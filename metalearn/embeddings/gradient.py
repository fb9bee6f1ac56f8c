"""Gradient task embeddings: train the base model on a task, and keep the gradients that it meets on the way."""

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.embeddings._count_sketch import sketch
from metalearn.embeddings._given import GivenModelEmbedder
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone, Params, device_of
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.inner_loop import adapt
from metalearn.learners.task_loss import mean_over_drawings
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.task_batch import TaskBatch, Tasks

KINDS = ("sum", "trajectory", "fisher")


class GradientEmbedding(GivenModelEmbedder):
    """e_j: the gradients of the loss in the body of the base model, summed along its training on task j.

    Only the head is trained, on the support set. The body stays as it is, and what is kept are the gradients of the
    loss with respect to its scales, shifts and last convolution. The gradient of each parameter is shortened to at most
    ``projection`` numbers by a count sketch, which keeps inner products about the same, and scaled to length one.

    The embedding does not depend on the order of the classes or of the drawings: the head, whose rows follow the
    classes, is left out. Query sets are never read. ``fit`` learns nothing, as the base model is given.

    Parameters
    ----------
    backbone : Backbone
        The base model's network.
    parameters : dict of str to Tensor
        The base model's parameters.
    steps : int
        How many steps the head is trained for.
    step_size : float
        How long these steps are.
    kind : str
        What is kept. "sum": the sum of the gradients over the steps. "trajectory": the gradients of each step, one
        after the other, so that the embedding grows with the steps. "fisher": after the last step, the mean over
        drawings of the squared gradient of each: the diagonal of the empirical Fisher information (Task2Vec).
    projection : int
        The most numbers to keep of one parameter's gradient.
    batch_size : int
        How many tasks are embedded at a time. "fisher" takes an eighth of that: it needs a gradient for each drawing.
    seed : int
        Of the sketch.

    References
    ----------
    Article §3.1 and §4.1, first way; Achille et al. 2019, "Task2Vec"; Weinberger et al. 2009, "Feature hashing for
    large scale multitask learning" (the sketch).

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").test, batch_size=8).batch(0)
    >>> base = ml.load_learner("prototypes", "lake")
    >>> ml.GradientEmbedding(base.backbone, base.shared, projection=64).transform(batch).shape
    (8, 448)
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

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, D]``. Raises MetalearnError for an unknown kind."""
        if self.kind not in KINDS:
            raise MetalearnError("unknown kind {kind!r}; there are {known}", kind=self.kind, known=", ".join(KINDS))
        # The gradient of a sum is the sum of the gradients: for their sum over all steps, one backward pass is enough.
        stretches = [1] * self.steps if self.kind == "trajectory" else [self.steps]
        # Copies of the parameters for every drawing take eight times the memory; fewer at a time are as fast.
        size = max(1, self.batch_size // 8) if self._fisher else self.batch_size
        embedded = [self._embed(batch, stretches, add_up=self.kind == "sum") for batch in tasks.batches(size)]
        return np.concatenate([np.concatenate(parts, axis=1) for parts in embedded])

    def path(self, batch: TaskBatch, steps: int) -> np.ndarray:
        """Return the embedding after 1, 2, … ``steps`` steps, as it builds up: float32 ``[steps, T, D]``."""
        return np.stack(self._embed(batch, [1] * steps, add_up=True))

    @property
    def _watched(self) -> tuple[str, ...]:
        return (*self.backbone.scales_and_shifts, f"conv{len(self.backbone.widths)}")

    @property
    def _fisher(self) -> bool:
        return self.kind == "fisher"

    def _embed(self, batch: TaskBatch, stretches: list[int], add_up: bool) -> list[np.ndarray]:
        """Embed the tasks ``[T, D]`` once after each stretch of training; ``stretches`` are numbers of steps.

        With ``add_up``, each embedding includes the gradients of the stretches before it.
        """
        batch = batch.to(device_of(self.parameters))
        tasks, count = batch.support_y.shape
        # Whoever is to have its own gradient gets its own copy of the parameters: each task, or for the Fisher each
        # drawing.
        owners = tasks * count if self._fisher else tasks
        start = {name: p.detach() for name, p in self.parameters.items()}
        watched = self.backbone.for_tasks(start, self._watched, owners, batch.ways)
        watched = {name: p.contiguous().requires_grad_() for name, p in watched.items()}
        with torch.enable_grad():
            x = batch.support_x.reshape(owners, -1, *batch.support_x.shape[2:])
            features = self.backbone.features({**start, **watched}, x).reshape(tasks, count, -1)
        # The body does not change while the head is trained, so its features are computed once and used at every step.
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
        """Train the head with the inner loop, on features in place of images; return it after 1, 2, … steps.

        The head before the first step is of no use: all its rows are equal, and the gradient in the body is zero.
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
                loss=mean_over_drawings,  # as what ships was made; it decides where the embedding lies
            )
        return list(trajectory.parameters[1:])

    def _loss(self, head: Params, features: Tensor, y: Tensor) -> Tensor:
        """Return the sum over tasks of their mean losses; for the Fisher, the sum over all drawings.

        The Fisher's mean over drawings is taken later, of squares.
        """
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
        return torch.cat(parts, dim=1).cpu().numpy()


@dataclass(frozen=True)
class _HeadOnly(Backbone):
    """A base model for tasks whose images are features already: they have been through the body."""

    def features(self, parameters: Params, x: Tensor) -> Tensor:
        return x
