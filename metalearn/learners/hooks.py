"""What the three hooks of the inner loop, and encoders, are given and return. One of your own keeps to one of these."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import torch.nn.functional as F
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import AnyBackbone, Params


@dataclass(frozen=True)
class Support:
    """What a hook may look at: the support sets, the task embeddings and the meta-learned parameters; never a query.

    Parameters
    ----------
    backbone : AnyBackbone
        The network, as a function of its parameters.
    parameters : dict of str to Tensor
        The meta-learned parameters that all tasks share.
    x : Tensor
        The support images of T tasks, ``[T, ways*shots, 1, 28, 28]``.
    y : Tensor
        Their classes, int64 ``[T, ways*shots]``.
    ways : int
        How many classes a task has.
    embedding : Tensor or None
        The task embeddings, ``[T, d]``; None for a learner that uses none.
    modulate : Modulate, optional
        The learner's modulate hook, if it has one.

    Examples
    --------
    An init hook of your own gets a ``Support`` and returns at least a head. This one starts every task at zero:

    >>> import metalearn as ml
    >>> def start_at_zero(support):
    ...     tasks, size = len(support.x), support.features.shape[2]
    ...     weight = support.x.new_zeros(tasks, support.ways, size)
    ...     return {"head_weight": weight, "head_bias": weight[..., 0]}
    >>> ml.Learner(ml.Backbone(), start_at_zero, ml.SGD(0.1))
    <Learner: start_at_zero, SGD, 5 steps, no embedder, 102,689 parameters>
    """

    backbone: AnyBackbone
    parameters: Params
    x: Tensor
    y: Tensor
    ways: int
    embedding: Tensor | None
    modulate: "Modulate | None" = None

    @cached_property
    def features(self) -> Tensor:
        """The features of the support images, ``[T, n, features_size]``, by the shared parameters as modulated."""
        return self.backbone.features(self.modulated(self.parameters)[0], self.x)

    def modulated(self, parameters: Params) -> tuple[Params, Tensor | None]:
        """Return all parameters as the modulate hook leaves them, and its attention.

        Without a modulate hook they are returned as they are, with None for the attention.
        """
        return (parameters, None) if self.modulate is None else self.modulate(self, parameters)

    def given_embedding(self, size: int | None = None) -> Tensor:
        """Return the task embeddings, scaled to length √d: ``[T, d]``. A hook that needs an embedding gets it here.

        Raises MetalearnError where the learner has no embedder, or its embeddings do not have ``size`` numbers.
        """
        if self.embedding is None:
            raise MetalearnError("this learner needs a task embedding; give it an embedder")
        if size is not None and self.embedding.shape[1] != size:
            raise MetalearnError(
                "the hook was made for embeddings of {size} numbers, the embedder gives {found}",
                size=size,
                found=self.embedding.shape[1],
            )
        return to_common_length(self.embedding)


def to_common_length(embedding: Tensor) -> Tensor:
    """Scale each embedding of ``[T, d]`` to length √d.

    Unusual tasks have long embeddings, and a hook has seen few of those: as they are, they would throw it far off. An
    embedding of zeros, which says nothing about its task, stays as it is.
    """
    return F.normalize(embedding, dim=1) * embedding.shape[1] ** 0.5


class Move(NamedTuple):
    """What an update hook returns.

    Parameters
    ----------
    change : dict of str to Tensor
        What is added to each task parameter, ``[T, ...]``.
    step_sizes : dict of str to Tensor
        How large the step is, ``[T]`` for each task parameter: for plots, the inner loop does not use it.
    memory : object, optional
        What the hook wants to be given back at the next step.

    Examples
    --------
    An update hook of your own, which goes by the signs of the gradients:

    >>> import metalearn as ml
    >>> def sign_step(support, step, parameters, gradients, memory):
    ...     sizes = dict.fromkeys(gradients, support.x.new_full((len(support.x),), 0.01))
    ...     return ml.Move({name: -0.01 * gradient.sign() for name, gradient in gradients.items()}, sizes)
    >>> ml.Learner(ml.Backbone(), ml.LearnedInit(ml.HEAD), sign_step)
    <Learner: LearnedInit, sign_step, 5 steps, no embedder, 102,689 parameters>
    """

    change: Params
    step_sizes: Params
    memory: Any = None


class Init(Protocol):
    """Where a task's parameters start."""

    def __call__(self, support: Support) -> Params:
        """Return the start of every parameter that becomes a task's own.

        Parameters
        ----------
        support : Support
            The support sets of T tasks, their embeddings and the shared parameters.

        Returns
        -------
        dict of str to Tensor
            Each ``[T, ...]``, by the parameter's name. The head is always among them: ``head_weight``
            ``[T, ways, features_size]`` and ``head_bias`` ``[T, ways]``.
        """
        ...


class Update(Protocol):
    """How a step is taken."""

    def __call__(self, support: Support, step: int, parameters: Params, gradients: Params, memory: Any) -> Move:
        """Return the change of each task parameter.

        Parameters
        ----------
        support : Support
            As for the init hook.
        step : int
            The number of the step, from 0.
        parameters, gradients : dict of str to Tensor
            The task parameters and each task's gradient of its own support loss, ``[T, ...]`` each. A learner with
            ``step_ways`` has scaled the gradients.
        memory : object
            The ``memory`` that the hook returned at the step before; None at the first step.

        Returns
        -------
        Move
            What is added to the parameters, the step sizes (for plots) and the memory.
        """
        ...


class Modulate(Protocol):
    """What re-weights the network before it is used."""

    def __call__(self, support: Support, parameters: Params) -> tuple[Params, Tensor | None]:
        """Return all parameters, re-weighted, and the attention that did it.

        Parameters
        ----------
        support : Support
            As for the init hook.
        parameters : dict of str to Tensor
            All parameters: shared ones in their plain shape, task parameters ``[T, ...]``.

        Returns
        -------
        tuple
            The same names, and the attention ``[T, ...]`` or None.
        """
        ...


class Encoder(Protocol):
    """What reads a task embedding off the support set, and is trained with the learner. It is an ``nn.Module``."""

    def encode(self, support: Support) -> Tensor:
        """Return the embedding of each task, ``[T, d]``.

        Parameters
        ----------
        support : Support
            As for the init hook, but without an embedding.
        """
        ...
