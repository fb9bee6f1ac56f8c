"""Update hooks: how a step is taken. Step sizes that are learned, or set anew for each task, or a learned optimizer."""

import math

import torch
from torch import Tensor, nn

from metalearn.adapt import Move, Support
from metalearn.backbone import Backbone, Params

SMALLEST = 1e-8


class LearnedStepSizes(nn.Module):
    """Meta-SGD: φ - α ∘ ∇L, with a meta-learned step size for each number in φ (Li et al. 2017, equation 3).

    A head has one step size for each feature, shared by the classes, so that it fits any number of ways.
    """

    def __init__(self, backbone: Backbone, adapted: tuple[str, ...], step_size: float) -> None:
        super().__init__()
        start = backbone.initial()
        self.sizes = nn.ParameterDict({name: torch.full_like(start[name], step_size) for name in adapted})

    def forward(self, support: Support, step: int, parameters: Params, gradients: Params, memory: None) -> Move:
        """Return the step against the gradient; the step sizes reported are each layer's mean."""
        return Move(
            change={name: -self.sizes[name] * gradient for name, gradient in gradients.items()},
            step_sizes={name: self.sizes[name].mean().expand(len(support.x)) for name in gradients},
        )


class StepSizeNetwork(nn.Module):
    """A meta-optimizer O_ω(e_j): it sets each layer's step size at each step, in the manner of ALFA (Baik et al. 2020).

    A two-layer perceptron looks at the task embedding, the step number and, of each layer, the sizes of its parameters
    and of its gradient, and returns for each layer a step size α and a decay β: φ ← (1 - β) φ - α ∇L (their equation
    2). Its last layer starts at zero, and so does training: at plain SGD with ``step_size``. With ``embedding_size``
    0 it sees no embedding, which is its unconditioned twin.
    """

    def __init__(
        self, layers: tuple[str, ...], step_size: float, embedding_size: int = 0, hidden: int = 64, seed: int = 0
    ) -> None:
        super().__init__()
        self.layers = layers
        self.step_size = step_size
        self.embedding_size = embedding_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.hidden = nn.Linear(embedding_size + 1 + 2 * len(layers), hidden)
            self.output = nn.Linear(hidden, 2 * len(layers))
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, support: Support, step: int, parameters: Params, gradients: Params, memory: None) -> Move:
        """Return the step, and the step size of each layer for each task."""
        seen = [_log_size(values[name]) for values in (parameters, gradients) for name in self.layers]
        seen.append(torch.full_like(seen[0], 1 / (1 + step)))
        context = torch.stack(seen, dim=1)
        if self.embedding_size:
            context = torch.cat([support.given_embedding().to(context), context], dim=1)
        factor, decay = self.output(torch.tanh(self.hidden(context))).chunk(2, dim=1)
        sizes = dict(zip(self.layers, (self.step_size * factor.exp()).unbind(1), strict=True))
        decays = dict(zip(self.layers, decay.unbind(1), strict=True))
        change = {
            name: -_per_task(sizes[name], g) * g - _per_task(decays[name], g) * parameters[name]
            for name, g in gradients.items()
        }
        return Move(change, sizes)


class RecurrentOptimizer(nn.Module):
    """A small LSTM that reads each coordinate's gradient, step after step, and decides how far that coordinate moves.

    "Learning to learn by gradient descent by gradient descent" (Andrychowicz et al. 2016): all coordinates share its
    weights and each has its own memory, so that it fits any number of parameters. It returns for each coordinate a
    gain on the plain step and a free move, both zero at first: training starts at plain SGD with ``step_size``. The
    task embedding sets what the memory starts from; with ``embedding_size`` 0 it starts from zero, which is the
    unconditioned twin.
    """

    def __init__(self, step_size: float, embedding_size: int = 0, hidden: int = 8, seed: int = 0) -> None:
        super().__init__()
        self.step_size = step_size
        self.embedding_size = embedding_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.cell = nn.LSTMCell(2, hidden)
            self.output = nn.Linear(hidden, 2)
            self.first_memory = nn.Linear(embedding_size, 2 * hidden) if embedding_size else None
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
        moves = (-size * flat + self.step_size * 0.01 * free).split(lengths, dim=1)
        sizes = size.split(lengths, dim=1)
        return Move(
            change={name: m.view_as(g) for (name, g), m in zip(gradients.items(), moves, strict=True)},
            step_sizes={name: s.mean(1) for name, s in zip(gradients, sizes, strict=True)},
            memory=memory,
        )

    def _first_memory(self, support: Support, flat: Tensor) -> tuple[Tensor, Tensor]:
        """Return what every coordinate of a task starts from: the hidden state and the cell, ``[T*n, hidden]`` each."""
        if self.first_memory is None:
            nothing = flat.new_zeros(flat.numel(), self.cell.hidden_size)
            return nothing, nothing
        of_task = torch.tanh(self.first_memory(support.given_embedding().to(flat)))
        state, cell = of_task.repeat_interleave(flat.shape[1], dim=0).chunk(2, dim=1)
        return state, cell


def _per_task(values: Tensor, like: Tensor) -> Tensor:
    """Give one number a task, ``[T]``, as many dimensions as ``like`` has."""
    return values.view(-1, *[1] * (like.ndim - 1))


def _log_size(values: Tensor) -> Tensor:
    """Return the logarithm of each task's root mean square, a tenth of it: ``[T]`` of about one."""
    return 0.1 * (values.flatten(1).square().mean(1) + SMALLEST).log()


def _compressed(gradient: Tensor) -> Tensor:
    """Return ``[n, 2]``: logarithm and sign of each number, and small ones as they are (their appendix A, p = 10)."""
    size = gradient.abs().clamp_min(SMALLEST).log() / 10
    large = size >= -1
    first = torch.where(large, size, -torch.ones_like(size))
    second = torch.where(large, gradient.sign(), math.exp(10) * gradient)
    return torch.stack([first, second], dim=1)
