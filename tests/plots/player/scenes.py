"""Recordings of invented learners, small and fully known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from metalearn.plots.player import NO_ANSWER, AdaptationView, Plane, Recording, TaskOnMap

STEPS, WAYS, QUERIES, GRID = 4, 3, 2, 5  # STEPS moments: before the first step, and after each of three
SUPPORT_Y = np.arange(WAYS)
ANSWERS = np.repeat(np.arange(WAYS), QUERIES)
NAMES = ["Greek 01", "Latin 05", "Mkhedruli (Georgian) 28"]
RNG = np.random.default_rng(0)
DRAWINGS = RNG.integers(0, 256, (WAYS + len(ANSWERS), 28, 28)).astype(np.uint8)


def view(name: str) -> AdaptationView:
    """A learner that learns: every query is taken for class 0 at first, and for its own at the end."""
    share = np.linspace(0, 1, STEPS)[:, None, None]
    wrong, right = np.eye(WAYS)[np.zeros(len(ANSWERS), int)], np.eye(WAYS)[ANSWERS]
    probabilities = 0.9 * ((1 - share) * wrong + share * right) + 0.1 / WAYS
    accuracy = (probabilities.argmax(-1) == ANSWERS).mean(-1)
    return AdaptationView(name, np.linspace(1, 0, STEPS), accuracy, probabilities, probabilities.argmax(-1))


def full(name: str, layers: int = 3) -> AdaptationView:
    """A learner of which everything is known."""
    grid = np.linspace(-1, 1, GRID)
    plane = Plane(
        x=grid,
        y=grid,
        regions=RNG.integers(0, WAYS, (STEPS, GRID, GRID)).astype(np.int8),
        support=RNG.uniform(-1, 1, (STEPS, WAYS, 2)),
        queries=RNG.uniform(-1, 1, (STEPS, len(ANSWERS), 2)),
    )
    sizes = {f"layer_{i}": np.linspace(0.1, 0.2 + i, STEPS - 1) for i in range(layers)}
    return replace(view(name), plane=plane, step_sizes=sizes, attention=RNG.dirichlet(np.ones(4), STEPS))


def without_answers(shown: AdaptationView) -> AdaptationView:
    """The same, but before the first step all classes tie."""
    guesses = shown.guesses.copy()
    guesses[0] = NO_ANSWER
    if shown.plane is None:
        return replace(shown, guesses=guesses)
    regions = shown.plane.regions.copy()
    regions[0] = NO_ANSWER
    return replace(shown, guesses=guesses, plane=replace(shown.plane, regions=regions))


def on_map() -> TaskOnMap:
    """A map of twenty tasks; the task itself is nowhere before the first step."""
    path = np.concatenate([np.full((1, 2), np.nan), RNG.normal(size=(STEPS - 1, 2))])
    return TaskOnMap(RNG.normal(size=(20, 2)), [3, 5, 7], path)


def recorded(views: Sequence[AdaptationView], place: TaskOnMap | None = None) -> Recording:
    """The task with these learners."""
    return Recording(views, DRAWINGS[:WAYS], SUPPORT_Y, DRAWINGS[WAYS:], ANSWERS, NAMES, place)
