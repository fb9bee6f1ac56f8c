"""How fast to meta-train, and how far a training has come."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Schedule:
    """How fast to meta-train: AdamW with a short warm-up and a cosine to zero.

    Parameters
    ----------
    learning_rate : float
        The highest rate, reached after 20 meta-steps.
    cycles : int
        How many times the cosine runs down; each cycle starts anew at the full rate.
    hook_speed : float
        Meta-parameters of hooks learn this many times as fast as those of the backbone.
    weight_decay : float
        AdamW's, decoupled from the gradient.
    validate_every : int
        Meta-steps from one validation, and one checkpoint, to the next.
    clip : float
        The longest outer gradient; longer ones are shortened to it.
    half_precision : bool
        Whether convolutions are computed in bfloat16 where the processor can.

    References
    ----------
    Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts".

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Schedule(learning_rate=1e-3).factor(0, meta_steps=100)
    0.05
    """

    learning_rate: float = 3e-3
    cycles: int = 1
    hook_speed: float = 1.0
    weight_decay: float = 5e-4
    validate_every: int = 250
    clip: float = 10.0
    half_precision: bool = False

    def factor(self, step: int, meta_steps: int) -> float:
        """Return the share of the learning rate that ``step`` of ``meta_steps`` uses."""
        warm_up = min(1.0, (step + 1) / 20)
        period = math.ceil(meta_steps / self.cycles)
        into_cycle = step - period * min(step // period, self.cycles - 1)
        return warm_up * 0.5 * (1 + math.cos(math.pi * into_cycle / period))


@dataclass
class Progress:
    """What training has seen so far.

    Parameters
    ----------
    step : int
        How many meta-steps were taken.
    losses : list of float
        The loss of each meta-step.
    validation : list of (int, float)
        The meta-step and the accuracy of each validation.
    wall_s, cpu_s : float
        The seconds that training took, on the clock and on the processors.
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0
