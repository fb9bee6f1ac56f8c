"""What a visitor asks to watch, and what there is to see then: what goes to a worker process and what comes back."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metalearn.player import AdaptationView, TaskOnMap

TOLD = ("own", "shuffled", "zero", "random")  # metalearn.evaluate's, which would bring torch along


class Entrant(NamedTuple):
    """A learner, what it is told about the task (one of ``TOLD``), and what it is called here."""

    learner: str
    told: str
    title: str


@dataclass(frozen=True)
class Asked:
    """A task and who is to adapt to it: all that what is then seen follows from.

    With ``mixed``, the learners are those that were trained on all three questions.
    """

    data: str
    split: str
    mixed: bool
    question: str
    characters: tuple[str, ...]
    ways: int
    shots: int
    queries: int
    seed: int
    steps: int
    entrants: tuple[Entrant, ...]


@dataclass(frozen=True)
class Watched:
    """One task and what each learner did with it."""

    views: list[AdaptationView]
    on_map: TaskOnMap | None
    pictures: np.ndarray
    answers: np.ndarray
    class_names: list[str]
