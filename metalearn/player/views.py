"""What a player is given to show: plain arrays over the moments of an adaptation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plane:
    """The plane of the two leading directions of a learner's features, with what it makes of it.

    ``x``, ``y``: where the cells are, ``[G]``; ``regions``: the class of each, uint8 ``[S+1, G, G]``, rows along ``y``;
    ``support`` and ``queries``: where the drawings are, ``[S+1, n, 2]``; ``support_y``: the classes of the former.
    """

    x: np.ndarray
    y: np.ndarray
    regions: np.ndarray
    support: np.ndarray
    support_y: np.ndarray
    queries: np.ndarray


@dataclass(frozen=True)
class AdaptationView:
    """What the player shows of one learner on one task: plain arrays over S+1 moments.

    ``support_loss``, ``query_accuracy``: ``[S+1]``; ``probabilities``: ``[S+1, queries, ways]``. ``plane``: its
    decision regions; ``step_sizes``: of each layer at each step, ``[S]``; ``attention``: the weights of a learner that
    attends, ``[S+1, n]``. What is None was not looked at, or the learner has none of it: then there is no panel.
    ``seconds``: how long adapting took, where that was measured.
    """

    learner: str
    support_loss: np.ndarray
    query_accuracy: np.ndarray
    probabilities: np.ndarray
    plane: Plane | None = None
    step_sizes: Mapping[str, np.ndarray] | None = None
    attention: np.ndarray | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class TaskOnMap:
    """Where the player's task lies among others.

    ``tasks``: the points of all tasks, ``[tasks, 2]``; ``classes``: the positions among them of the characters that
    are the task's classes; ``path``: where the task itself is after each step, ``[S+1, 2]``, NaN where it is nowhere.
    """

    tasks: np.ndarray
    classes: Sequence[int]
    path: np.ndarray
