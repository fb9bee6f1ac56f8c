"""A learner: a backbone with meta-learned parameters, and a choice for each hook of the inner loop."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeGuard

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor, nn

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import AnyBackbone, Backbone, Params
from metalearn.learners.hooks import Encoder, Init, Modulate, Support, Update
from metalearn.learners.inner_loop import adapt
from metalearn.learners.network import NetworkBackbone
from metalearn.learners.saving import save_learner
from metalearn.learners.trajectory import Trajectory
from metalearn.tasks.sampler import Sampler
from metalearn.tasks.task_batch import TaskBatch, Tasks


class Embedder(Protocol):
    """A fitted scikit-learn transformer of tasks: an embedding family, or a pipeline that ends in a reducer."""

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Return one row per task, ``[tasks, d]``, from the support sets alone."""
        ...


class Learner(nn.Module):
    """A backbone with meta-learned parameters, and a choice for each hook of the inner loop.

    Parameters
    ----------
    backbone : Backbone, nn.Module or callable
        The network. A module or function of your own maps images ``[n, 1, 28, 28]`` to features ``[n, D]``.
    init : Init
        Where a task's parameters start.
    update : Update
        How a step is taken.
    modulate : Modulate, optional
        What re-weights the network before it is used.
    embedder : Embedder or Encoder, optional
        Where hooks get their task embedding from. An embedder has been fitted, and is not trained here. An encoder is a
        part of the learner, and is trained with it.
    steps : int
        How many inner steps to take, in training and, unless you ask for another number, in use.
    second_order : bool
        Whether the outer gradient runs through the inner gradients.
    step_ways : int, optional
        How many classes each task has when step sizes are learned. Tasks with more or fewer classes then get their
        gradients scaled, so that steps do not overshoot; see :func:`metalearn.adapt`.
    seed : int
        Of the backbone's initial parameters.

    Raises
    ------
    MetalearnError
        For an embedder without ``transform`` or ``encode``, a hook that cannot be called, ``step_ways`` below two, or a
        network that maps no images to features.

    Examples
    --------
    A prototypical network is a learner that takes no step:

    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    <Learner: PrototypeInit, SGD, 0 steps, no embedder, 102,689 parameters>
    """

    def __init__(
        self,
        backbone: AnyBackbone | nn.Module | Callable[[Tensor], Tensor],
        init: Init,
        update: Update,
        modulate: Modulate | None = None,
        embedder: Embedder | Encoder | None = None,
        steps: int = 5,
        second_order: bool = False,
        step_ways: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        for name, hook in (("init", init), ("update", update), ("modulate", modulate)):
            if hook is not None and not callable(hook):
                raise MetalearnError(
                    "the {name} hook should be callable; {found} is not", name=name, found=type(hook).__name__
                )
        if not (embedder is None or hasattr(embedder, "transform") or _is_encoder(embedder)):
            raise MetalearnError(
                "an embedder needs a method transform(tasks); {found} has none", found=type(embedder).__name__
            )
        if step_ways is not None and step_ways < 2:
            raise MetalearnError("step_ways is a number of classes, two or more; not {found}", found=step_ways)
        self.backbone: AnyBackbone = backbone if _is_backbone(backbone) else NetworkBackbone(backbone)  # type: ignore[assignment, arg-type]
        self.init, self.update, self.modulate = init, update, modulate
        self.embedder = embedder
        self.steps, self.second_order, self.step_ways = steps, second_order, step_ways
        # A hook that is an nn.Module is registered as a part of this one. So its weights and the start of the backbone
        # are all that parameters() lists, all that is trained, and all that is saved.
        self.start = nn.ParameterDict(self.backbone.initial(seed))
        # The names of the characters it was trained or validated on, which travel with it into its file. None where
        # they are unknown: a network of the user's own may come trained.
        self.trained_on: frozenset[str] | None = frozenset() if isinstance(self.backbone, Backbone) else None

    @property
    def shared(self) -> Params:
        """The meta-learned parameters of the backbone, from which tasks start."""
        return dict(self.start.items())

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.start["head_weight"].device

    def embed(self, batch: TaskBatch) -> Tensor | None:
        """Return the embedding of each task, float32 ``[T, d]``, or None for a learner that uses none.

        That of an encoder keeps its graph, so that training reaches the encoder.
        """
        if self.embedder is None:
            return None
        if _is_encoder(self.embedder):
            batch = batch.to(self.device)
            return self.embedder.encode(
                Support(self.backbone, self.shared, batch.support_x, batch.support_y, batch.ways, embedding=None)
            )
        with _thread_pools().limit(limits=1, user_api="blas"):
            rows = self.embedder.transform(batch)
        if np.ndim(rows) != 2 or len(rows) != len(batch):
            raise MetalearnError(
                "an embedder returns one row per task, [{tasks}, d]; {name} returned {found}",
                tasks=len(batch),
                name=type(self.embedder).__name__,
                found=list(np.shape(rows)),
            )
        return torch.from_numpy(np.asarray(rows, dtype=np.float32))

    def adapt(
        self, batch: TaskBatch, embedding: Tensor | None = None, steps: int | None = None, every_query: bool = True
    ) -> Trajectory:
        """Adapt to every task of a batch at once.

        Parameters
        ----------
        batch : TaskBatch
            T tasks.
        embedding : Tensor, optional
            To use in place of the learner's own embedding, ``[T, d]``: a shuffled, zero or random one, say.
        steps : int, optional
            Inner steps, in place of the learner's own number.
        every_query : bool
            Whether to answer the queries before every step too; False answers them at the end alone.

        Returns
        -------
        Trajectory
            See :func:`metalearn.learners.inner_loop.adapt`.
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
            step_ways=self.step_ways,
            every_query=every_query,
        )

    def in_use(self, batch: TaskBatch, embedding: Tensor | None, own: Params) -> Params:
        """Return all parameters as predictions use them: the shared ones, the tasks' ``own`` in their place, modulated.

        ``own`` is one of the moments of a :class:`Trajectory`: its task parameters, with a leading task dimension.
        """
        shared = {name: p.detach() for name, p in self.shared.items()}
        x, y = batch.support_x.to(self.device), batch.support_y.to(self.device)
        support = Support(self.backbone, shared, x, y, batch.ways, embedding, self.modulate)
        return support.modulated({**shared, **own})[0]

    def load_state_dict(self, *arguments: Any, **options: Any) -> Any:
        """Take over parameters; what they were trained on is then unknown, unless ``trained_on`` is set again."""
        self.trained_on = None
        return super().load_state_dict(*arguments, **options)

    def prepare(self, tasks: Sampler) -> None:
        """Call ``prepare(learner, tasks)`` of every hook that has it: some look at training tasks before training."""
        for hook in (self.init, self.update, self.modulate):
            prepare = getattr(hook, "prepare", None)
            if prepare is not None:
                prepare(self, tasks)

    def save(self, path: str | Path) -> None:
        """Write the learner to ``path.safetensors`` and ``path.json``; :func:`metalearn.load_learner` reads it again.

        The names of the characters that it was trained on are written too, so that no test on them goes unnoticed.

        Hooks, networks and embedders of your own are written by name and settings, and handed in when loading.
        Raises MetalearnError for a part that keeps no attribute for one of its constructor's arguments.
        """
        save_learner(self, Path(path).expanduser())

    def __repr__(self) -> str:
        names = [_name(hook) for hook in (self.init, self.update, self.modulate) if hook is not None]
        embedding = "no embedder" if self.embedder is None else f"embedder {_name(self.embedder)}"
        count = sum(p.numel() for p in self.parameters())
        steps = f"{self.steps} step{'s' * (self.steps != 1)}"
        return f"<Learner: {', '.join(names)}, {steps}, {embedding}, {count:,} parameters>"


def shared_parameters(arrays: dict[str, np.ndarray]) -> Params:
    """Return the parameters of the backbone from the arrays of a saved learner."""
    start = artifacts.below("start.", arrays)
    return {name: torch.from_numpy(array) for name, array in start.items()}


def _is_backbone(found: object) -> bool:
    return all(hasattr(found, name) for name in ("features", "initial", "for_tasks", "classify"))


def _is_encoder(embedder: object) -> TypeGuard[Encoder]:
    return hasattr(embedder, "encode")


def _name(part: object) -> str:
    return getattr(part, "__name__", type(part).__name__)


@cache
def _thread_pools() -> ThreadpoolController:
    """Return a handle on NumPy's threads.

    Reducing a batch's embeddings is little work for them; left on, they keep spinning afterwards and slow PyTorch down.
    """
    return ThreadpoolController()
