"""Update hooks: how a step is taken. Step sizes that are learned, or set anew for each task, or a learned optimizer."""

import math

import torch
from torch import Tensor, nn

from metalearn.learners._perceptron import two_layers
from metalearn.learners.backbone import HEAD, AnyBackbone, Params
from metalearn.learners.hooks import Move, Support
from metalearn.learners.layout import Layout

SMALLEST = 1e-8  # keeps the logarithm of a gradient of zero finite


class SGD(torch.nn.Module):
    """The plain update hook: a step of one fixed size against the gradient.

    Parameters
    ----------
    step_size : float
        The inner learning rate.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.PrototypeInit(), ml.SGD(0.1), steps=3)
    <Learner: PrototypeInit, SGD, 3 steps, no embedder, 102,689 parameters>
    """

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


class LearnedStepSizes(nn.Module):
    """Meta-SGD: a step φ - α ∘ ∇L, with a meta-learned step size for each number in φ.

    In the head, all classes share one step size per feature, so the step sizes fit any number of classes. If they are
    learned on many classes and used on few, the steps overshoot: give the learner ``step_ways`` to prevent that.

    Parameters
    ----------
    backbone : AnyBackbone
        The learner's backbone.
    adapted : tuple of str
        The names of the parameters that tasks adapt: those of the learner's init hook.
    step_size : float
        Where all step sizes start.

    References
    ----------
    Li et al. 2017, "Meta-SGD: learning to learn quickly for few-shot learning", equation 3.

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> ml.Learner(backbone, ml.LearnedInit(ml.HEAD), ml.LearnedStepSizes(backbone, ml.HEAD, 0.1))
    <Learner: LearnedInit, LearnedStepSizes, 5 steps, no embedder, 103,202 parameters>
    """

    def __init__(self, backbone: AnyBackbone, adapted: tuple[str, ...], step_size: float) -> None:
        super().__init__()
        self.adapted, self.step_size = tuple(adapted), step_size
        start = backbone.initial()
        self.sizes = nn.ParameterDict({name: torch.full_like(start[name], step_size) for name in adapted})

    def forward(self, support: Support, step: int, parameters: Params, gradients: Params, memory: None) -> Move:
        """Return the step against the gradient; the step sizes reported are each layer's mean."""
        return Move(
            change={name: -self.sizes[name] * gradient for name, gradient in gradients.items()},
            step_sizes={name: self.sizes[name].mean().expand(len(support.x)) for name in gradients},
        )


class EmbeddingStepSizes(nn.Module):
    """Meta-SGD whose step sizes the task embedding sets: a step φ - α ∘ exp(g(e_j)) ∘ ∇L.

    As in :class:`LearnedStepSizes`, its twin without an embedding, every number in φ has a step size of its own. Where
    the embedding says which features count for a task, the others can be kept from moving. g is a two-layer perceptron,
    and starts at zero.

    Parameters
    ----------
    backbone : AnyBackbone
        The learner's backbone.
    adapted : tuple of str
        The names of the parameters that tasks adapt: those of the learner's init hook.
    step_size : float
        Where all step sizes start.
    embedding_size : int
        The length d of a task embedding.
    hidden_size : int
        The width of g's hidden layer.
    seed : int
        Of g's initial weights.

    References
    ----------
    Li et al. 2017, "Meta-SGD: learning to learn quickly for few-shot learning"; article §3.2 and §4.2, second way.

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone, embedder = ml.Backbone(), ml.load_embedder("episodes", "lake")
    >>> steps = ml.EmbeddingStepSizes(backbone, ml.HEAD, 0.1, embedding_size=32)
    >>> ml.Learner(backbone, ml.LearnedInit(ml.HEAD), steps, embedder=embedder)
    <Learner: LearnedInit, EmbeddingStepSizes, 5 steps, embedder Pipeline, 138,659 parameters>
    """

    def __init__(
        self,
        backbone: AnyBackbone,
        adapted: tuple[str, ...],
        step_size: float,
        embedding_size: int,
        hidden_size: int = 64,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.adapted, self.step_size = tuple(adapted), step_size
        self.embedding_size, self.hidden_size = embedding_size, hidden_size
        self.plain = LearnedStepSizes(backbone, adapted, step_size)
        self.layout = Layout.of(backbone, self.adapted)
        self.hidden, self.factors = two_layers(embedding_size, hidden_size, self.layout.size, seed)

    def forward(self, support: Support, step: int, parameters: Params, gradients: Params, memory: None) -> Move:
        """Return the step against the gradient; the step sizes reported are each layer's mean."""
        embedding = support.given_embedding(self.embedding_size).to(self.hidden.weight)
        factors = self.layout.split(self.factors(torch.tanh(self.hidden(embedding))).exp())
        sizes = {name: self.plain.sizes[name] * factors[name] for name in gradients}
        # All rows of the head share a task's step sizes.
        per_row = {name: size[:, None] if name in HEAD else size for name, size in sizes.items()}
        return Move(
            change={name: -per_row[name] * gradient for name, gradient in gradients.items()},
            step_sizes={name: size.reshape(len(size), -1).mean(1) for name, size in sizes.items()},
        )


class StepSizeNetwork(nn.Module):
    """A meta-optimizer O_ω(e_j): a small network sets every layer's step size at every step, as in ALFA.

    It is a two-layer perceptron. It sees the task embedding, the number of the step and, of each layer, how large its
    parameters and its gradient are. It returns a step size α and a decay β for each layer, and the step is
    φ ← (1 - β) φ - α ∇L. Its last layer starts at zero, so training begins at plain SGD.

    Parameters
    ----------
    layers : tuple of str
        The names of the parameters that tasks adapt: those of the learner's init hook.
    step_size : float
        The step size of the plain SGD where training begins.
    embedding_size : int
        The length d of a task embedding; 0 for the twin that sees none.
    hidden_size : int
        The width of the hidden layer.
    seed : int
        Of the network's initial weights.

    References
    ----------
    Baik et al. 2020, "Meta-learning with adaptive hyperparameters" (ALFA), equation 2.

    Examples
    --------
    >>> import metalearn as ml
    >>> embedder = ml.load_embedder("episodes", "lake")
    >>> steps = ml.StepSizeNetwork(ml.HEAD, 0.1, embedding_size=32)
    >>> ml.Learner(ml.Backbone(), ml.LearnedInit(ml.HEAD), steps, embedder=embedder)
    <Learner: LearnedInit, StepSizeNetwork, 5 steps, embedder Pipeline, 105,381 parameters>
    """

    def __init__(
        self, layers: tuple[str, ...], step_size: float, embedding_size: int = 0, hidden_size: int = 64, seed: int = 0
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.step_size = step_size
        self.embedding_size, self.hidden_size = embedding_size, hidden_size
        self.hidden, self.output = two_layers(embedding_size + 1 + 2 * len(layers), hidden_size, 2 * len(layers), seed)

    def forward(self, support: Support, step: int, parameters: Params, gradients: Params, memory: None) -> Move:
        """Return the step, and the step size of each layer for each task."""
        inputs = [_log_size(values[name]) for values in (parameters, gradients) for name in self.layers]
        inputs.append(torch.full_like(inputs[0], 1 / (1 + step)))
        context = torch.stack(inputs, dim=1)
        if self.embedding_size:
            context = torch.cat([support.given_embedding(self.embedding_size).to(context), context], dim=1)
        factor, decay = self.output(torch.tanh(self.hidden(context))).chunk(2, dim=1)
        # exp keeps step sizes positive, and is one where the network's output is zero, as it is at first.
        sizes = dict(zip(self.layers, (self.step_size * factor.exp()).unbind(1), strict=True))
        decays = dict(zip(self.layers, decay.unbind(1), strict=True))
        change = {
            name: -_per_task(sizes[name], g) * g - _per_task(decays[name], g) * parameters[name]
            for name, g in gradients.items()
        }
        return Move(change, sizes)


class RecurrentOptimizer(nn.Module):
    """A learned optimizer: a small LSTM reads each parameter's gradient, step after step, and decides how far it moves.

    All numbers in the parameters ("coordinates") share the LSTM's weights, and each has its own memory, so that it fits
    networks of any size. For each coordinate it returns a gain on the plain step and a free move. Both are zero at
    first: training begins at plain SGD. The task embedding sets where the memory starts.

    Parameters
    ----------
    step_size : float
        The step size of the plain SGD where training begins.
    embedding_size : int
        The length d of a task embedding; 0 for the twin that sees none, whose memory starts at zero.
    hidden_size : int
        The size of each coordinate's memory.
    seed : int
        Of the LSTM's initial weights.

    References
    ----------
    Andrychowicz et al. 2016, "Learning to learn by gradient descent by gradient descent".

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.LearnedInit(ml.HEAD), ml.RecurrentOptimizer(0.1))
    <Learner: LearnedInit, RecurrentOptimizer, 5 steps, no embedder, 103,091 parameters>
    """

    def __init__(self, step_size: float, embedding_size: int = 0, hidden_size: int = 8, seed: int = 0) -> None:
        super().__init__()
        self.step_size = step_size
        self.embedding_size, self.hidden_size = embedding_size, hidden_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.cell = nn.LSTMCell(2, hidden_size)
            self.output = nn.Linear(hidden_size, 2)
            self.first_memory = nn.Linear(embedding_size, 2 * hidden_size) if embedding_size else None
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(
        self,
        support: Support,
        step: int,
        parameters: Params,
        gradients: Params,
        memory: tuple[Tensor, Tensor] | None,
    ) -> Move:
        """Return the step; the step sizes reported are each layer's mean gain on the gradient."""
        flat = torch.cat([g.flatten(1) for g in gradients.values()], dim=1)
        coordinates = flat.reshape(-1)
        if memory is None:
            memory = self._first_memory(support, flat)
        memory = self.cell(_compressed(coordinates), memory)
        gain, free = self.output(memory[0]).unflatten(0, flat.shape).unbind(-1)
        size = self.step_size * (1 + gain)
        lengths = [g[0].numel() for g in gradients.values()]
        # The free move is held to a hundredth of a step: it acts even where the gradient is zero.
        moves = (-size * flat + self.step_size * 0.01 * free).split(lengths, dim=1)
        sizes = size.split(lengths, dim=1)
        return Move(
            change={name: m.view_as(g) for (name, g), m in zip(gradients.items(), moves, strict=True)},
            step_sizes={name: s.mean(1) for name, s in zip(gradients, sizes, strict=True)},
            memory=memory,
        )

    def _first_memory(self, support: Support, flat: Tensor) -> tuple[Tensor, Tensor]:
        """Return where the memory of every coordinate starts: hidden state and cell, ``[T*n, hidden]`` each."""
        if self.first_memory is None:
            empty = flat.new_zeros(flat.numel(), self.cell.hidden_size)
            return empty, empty
        # The same for all coordinates of a task: the embedding is about the task, not about a coordinate.
        per_task = torch.tanh(self.first_memory(support.given_embedding(self.embedding_size).to(flat)))
        state, cell = per_task.repeat_interleave(flat.shape[1], dim=0).chunk(2, dim=1)
        return state, cell


def _per_task(values: Tensor, like: Tensor) -> Tensor:
    """Reshape one number per task, ``[T]``, so that it multiplies all of a task's numbers in ``like`` ``[T, ...]``."""
    return values.view(-1, *[1] * (like.ndim - 1))


def _log_size(values: Tensor) -> Tensor:
    """Return a tenth of the logarithm of each task's mean square, ``[T]``: about one in size, as a network likes it."""
    return 0.1 * (values.flatten(1).square().mean(1) + SMALLEST).log()


def _compressed(gradient: Tensor) -> Tensor:
    """Return two inputs for each gradient, ``[n, 2]``, so that the LSTM sees small and large ones equally well.

    They are the logarithm and the sign of a large number, or -1 and the scaled number itself for a small one
    (Andrychowicz et al. 2016, appendix A, with p = 10).
    """
    size = gradient.abs().clamp_min(SMALLEST).log() / 10
    large = size >= -1
    first = torch.where(large, size, -torch.ones_like(size))
    second = torch.where(large, gradient.sign(), math.exp(10) * gradient)
    return torch.stack([first, second], dim=1)
