"""The inner loop: how a learner adapts to a batch of tasks, with three places where a task embedding can help.

    φ0 = init(e_j)                             parameter pre-initialisation
    φ_{k+1} = φ_k + update(e_j, ∇L(φ_k), k)    meta-optimizer
    predictions use modulate(e_j, φ_k)         attention over parameters

Every learner and every baseline of the kit is a choice of these three; there is no other loop. All tasks of a batch
take their steps at once: task parameters have a leading task dimension, and the gradient of the summed support losses
with respect to them is each task's own gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.backbone import HEAD, Backbone, Params
from metalearn.tasks import TaskBatch


@dataclass(frozen=True)
class Support:
    """What a hook may look at: the support set, the task embedding and the meta-learned parameters; never a query.

    ``x``: ``[T, N*K, 1, 28, 28]``; ``y``: ``[T, N*K]``; ``embedding``: ``[T, d]`` or None; ``parameters``: shared;
    ``modulate``: the learner's modulate hook, if it has one.
    """

    backbone: Backbone
    parameters: Params
    x: Tensor
    y: Tensor
    ways: int
    embedding: Tensor | None
    modulate: "Modulate | None" = None

    @cached_property
    def features(self) -> Tensor:
        """Features of the support set under the shared (and modulated) parameters, ``[T, N*K, features_size]``."""
        return self.backbone.features(self.modulated(self.parameters)[0], self.x)

    def modulated(self, parameters: Params) -> tuple[Params, Tensor | None]:
        """Return all parameters as the modulate hook leaves them, and its attention; unchanged and None without."""
        return (parameters, None) if self.modulate is None else self.modulate(self, parameters)

    def given_embedding(self) -> Tensor:
        """Return the embedding at its common length; a hook that needs one asks here.

        Raises ValueError where the learner has no embedder.
        """
        if self.embedding is None:
            raise ValueError("this learner needs a task embedding; give it an embedder")
        return to_common_length(self.embedding)


def to_common_length(embedding: Tensor) -> Tensor:
    """Bring each row of ``[T, d]`` to length √d, as an unusual task's long one would throw its learner far off.

    A row of zeros, which is no information, stays as it is.
    """
    return F.normalize(embedding, dim=1) * embedding.shape[1] ** 0.5


class Move(NamedTuple):
    """What an update hook returns: the change of each task parameter, its step sizes, and the hook's own memory."""

    change: Params
    step_sizes: Params
    memory: Any = None


Init = Callable[[Support], Params]
Update = Callable[[Support, int, Params, Params, Any], Move]  # support, step, parameters, gradients, memory
Modulate = Callable[[Support, Params], tuple[Params, Tensor | None]]  # support, parameters -> same, attention


@dataclass(frozen=True)
class Trajectory:
    """A batch of T tasks over S steps of adaptation; row 0 is before the first step.

    ``support_loss``, ``query_loss``: ``[S+1, T]``; ``query_logits``: ``[S+1, T, N*Q, N]``; ``query_y``: ``[T, N*Q]``.
    ``parameters``: S+1 dictionaries of task parameters ``[T, ...]``; ``gradients`` and ``step_sizes``: S of them.
    ``attention``: ``[S+1, T, ...]`` as the modulate hook gave it, or None. Where only the last query was asked for,
    the query fields have one row, and ``support_loss`` has none for the end.
    """

    support_loss: Tensor
    query_loss: Tensor
    query_logits: Tensor
    query_y: Tensor
    parameters: tuple[Params, ...]
    gradients: tuple[Params, ...]
    step_sizes: tuple[Params, ...]
    attention: Tensor | None = None

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.gradients)

    @property
    def query_accuracy(self) -> Tensor:
        """The share of queries answered right, ``[S+1, T]``."""
        return (self.query_logits.argmax(-1) == self.query_y).float().mean(-1)


def adapt(
    backbone: Backbone,
    parameters: Params,
    batch: TaskBatch,
    *,
    init: Init,
    update: Update,
    modulate: Modulate | None = None,
    embedding: Tensor | None = None,
    steps: int = 5,
    second_order: bool = False,
    every_query: bool = True,
) -> Trajectory:
    """Adapt to all tasks of ``batch`` on their support sets and answer their queries.

    ``parameters`` are the meta-learned, shared ones; they are never changed. ``second_order`` lets the outer loss be
    differentiated through the steps. ``every_query=False`` answers the queries at the end alone, where it does not look
    at the support set again. Called under ``torch.no_grad()``, as in evaluation, it keeps no graph from one step to the
    next.
    """
    learning = torch.is_grad_enabled()
    if not learning:
        parameters = {name: p.detach() for name, p in parameters.items()}
    support = Support(backbone, parameters, batch.support_x, batch.support_y, batch.ways, embedding, modulate)
    task_parameters = init(support)
    # Where a task changes its head alone, the features are the same at every step: compute them once.
    fixed_body = set(task_parameters) <= set(HEAD)
    support_features = support.features if fixed_body else None
    query_features = backbone.features(support.modulated(parameters)[0], batch.query_x) if fixed_body else None

    def logits(current: Params, x: Tensor, features: Tensor | None) -> tuple[Tensor, Tensor | None]:
        effective, attention = support.modulated({**parameters, **current})
        if features is None:
            features = backbone.features(effective, x)
        return backbone.classify(effective, features), attention

    history = _History()
    memory: Any = None
    for step in range(steps + 1):
        last = step == steps
        task_parameters = {
            name: p if learning and p.requires_grad else p.detach().requires_grad_(not last)
            for name, p in task_parameters.items()
        }
        if not last or every_query:
            with torch.set_grad_enabled(not last):
                support_logits, attention = logits(task_parameters, support.x, support_features)
                support_loss = _task_losses(support_logits, support.y)
                gradients = {} if last else _gradients(support_loss, task_parameters, second_order and learning)
            history.support(support_loss.detach())
        if last or every_query:
            with torch.set_grad_enabled(learning and last):
                query_logits, attention = logits(task_parameters, batch.query_x, query_features)
                history.query(query_logits, _task_losses(query_logits, batch.query_y))
        history.state(task_parameters, attention)
        if not last:
            move = update(support, step, task_parameters, gradients, memory)
            memory = move.memory
            history.move(gradients, move.step_sizes)
            task_parameters = {name: p + move.change[name] for name, p in task_parameters.items()}
    return history.trajectory(batch.query_y)


class SGD(torch.nn.Module):
    """The plain update hook: a step of one fixed size against the gradient."""

    def __init__(self, step_size: float) -> None:
        super().__init__()
        self.step_size = step_size

    def forward(self, support: Support, step: int, parameters: Params, gradients: Params, memory: None) -> Move:
        """Return -step_size times the gradients."""
        size = support.x.new_full((len(support.x),), self.step_size)
        return Move(
            change={name: -self.step_size * gradient for name, gradient in gradients.items()},
            step_sizes=dict.fromkeys(gradients, size),
        )


def _task_losses(logits: Tensor, y: Tensor) -> Tensor:
    """Mean cross-entropy of each task, ``[T]``; of a task without pictures, zero."""
    if y.shape[1] == 0:
        return logits.new_zeros(len(y))
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").unflatten(0, y.shape).mean(1)


def _gradients(task_losses: Tensor, parameters: Params, second_order: bool) -> Params:
    """Return each task's gradient of its own loss: tasks share no task parameter, so the sum keeps them apart."""
    found = torch.autograd.grad(task_losses.sum(), list(parameters.values()), create_graph=second_order)
    return dict(zip(parameters, found, strict=True))


class _History:
    """Collects what happens at each step and makes the Trajectory of it."""

    def __init__(self) -> None:
        self.support_losses: list[Tensor] = []
        self.query_losses: list[Tensor] = []
        self.query_logits: list[Tensor] = []
        self.parameters: list[Params] = []
        self.attentions: list[Tensor] = []
        self.gradients: list[Params] = []
        self.step_sizes: list[Params] = []

    def support(self, loss: Tensor) -> None:
        self.support_losses.append(loss)

    def state(self, parameters: Params, attention: Tensor | None) -> None:
        self.parameters.append(parameters)
        if attention is not None:
            self.attentions.append(attention)

    def query(self, logits: Tensor, loss: Tensor) -> None:
        self.query_logits.append(logits)
        self.query_losses.append(loss)

    def move(self, gradients: Params, step_sizes: Params) -> None:
        self.gradients.append(gradients)
        self.step_sizes.append(step_sizes)

    def trajectory(self, query_y: Tensor) -> Trajectory:
        query_loss = torch.stack(self.query_losses)
        return Trajectory(
            support_loss=torch.stack(self.support_losses) if self.support_losses else query_loss[:0],
            query_loss=query_loss,
            query_logits=torch.stack(self.query_logits),
            query_y=query_y,
            parameters=tuple(self.parameters),
            gradients=tuple(self.gradients),
            step_sizes=tuple(self.step_sizes),
            attention=torch.stack(self.attentions) if self.attentions else None,
        )
