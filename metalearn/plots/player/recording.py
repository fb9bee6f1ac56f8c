"""What a player is given to show: plain arrays, one entry per moment: before the first step and after each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NO_ANSWER = -1  # the class of what a learner has no answer for yet: classes tie, as metalearn.learners.answers says


@dataclass(frozen=True)
class Plane:
    """A learner's decision regions, in the plane of the two leading directions of its features.

    Parameters
    ----------
    x, y : ndarray
        Where the cells are, ``[G]`` each.
    regions : ndarray
        The class that the learner gives each cell, int8 ``[S+1, G, G]``, rows along y; -1 where classes tie.
    support, queries : ndarray
        Where the drawings are, ``[S+1, n, 2]``.
    """

    x: np.ndarray
    y: np.ndarray
    regions: np.ndarray
    support: np.ndarray
    queries: np.ndarray


@dataclass(frozen=True)
class AdaptationView:
    """What the player shows of one learner on one task, at S+1 moments. What is None has no panel.

    Parameters
    ----------
    learner : str
        The title above its panels.
    support_loss, query_accuracy : ndarray
        ``[S+1]`` each.
    probabilities : ndarray
        The probability of each class for each query, ``[S+1, queries, ways]``.
    guesses : ndarray
        The class that the learner takes each query for, ``[S+1, queries]``; -1 where classes tie: no answer yet.
    plane : Plane, optional
        The decision regions.
    step_sizes : mapping of str to ndarray, optional
        The step sizes of each layer, ``[S]``.
    attention : ndarray, optional
        The weights of a learner that attends, ``[S+1, n]``.
    spotlight : ndarray, optional
        How bright a learner that attends to places sees each part of an image, from 0 to 1, ``[rows, columns]``.
    seconds : float, optional
        How long adapting took.
    """

    learner: str
    support_loss: np.ndarray
    query_accuracy: np.ndarray
    probabilities: np.ndarray
    guesses: np.ndarray
    plane: Plane | None = None
    step_sizes: Mapping[str, np.ndarray] | None = None
    attention: np.ndarray | None = None
    spotlight: np.ndarray | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class TaskOnMap:
    """Where the player's task lies on a map.

    Parameters
    ----------
    tasks : ndarray
        The points of all tasks on the map, ``[tasks, 2]``.
    classes : sequence of int
        Positions, among these points, of the characters that are the task's classes.
    path : ndarray
        Where the task itself is at each moment, ``[S+1, 2]``; NaN where it is nowhere.
    """

    tasks: np.ndarray
    classes: Sequence[int]
    path: np.ndarray


@dataclass(frozen=True)
class Recording:
    """One task, and what one to three learners did with it, step by step: all that a player plays.

    Parameters
    ----------
    views : sequence of AdaptationView
        One per learner.
    support : ndarray
        The drawings that learners learn from, uint8 ``[n, height, width]`` with ink high.
    support_y : ndarray
        Their classes, ``[n]``.
    images : ndarray
        The query drawings, uint8 ``[queries, height, width]``.
    answers : ndarray
        Their classes, ``[queries]``.
    class_names : sequence of str
        One per class; "" where a class has no name.
    on_map : TaskOnMap, optional
        Where the task lies on a map; None for data that are too few for a map.
    """

    views: Sequence[AdaptationView]
    support: np.ndarray
    support_y: np.ndarray
    images: np.ndarray
    answers: np.ndarray
    class_names: Sequence[str]
    on_map: TaskOnMap | None = None
