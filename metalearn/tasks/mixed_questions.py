"""The sampler of tasks that ask different questions of the same drawings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch, join_batches


@dataclass(frozen=True, repr=False)
class MixedQuestions:
    """Sampler of tasks that ask different things of the same drawings: which character, which alphabet, which drawer.

    Task t of a batch asks question ``t % 3``. A learner is not told which: it has to see that from the support set.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    pool : ndarray of int
        The positions of the characters that may be used: one side of a split.
    ways, shots, queries : int
        Classes in a task, and drawings of each class in the support set and in the query set.
    batch_size : int
        Tasks in a batch, a multiple of three.
    seed : int
        Another seed gives other tasks.

    Raises
    ------
    MetalearnError
        For a batch size that is no multiple of three, and where the pool has too few characters or alphabets.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> ml.MixedQuestions(characters, ml.split(characters, "lake").test).batch(0)
    <TaskBatch: 12 tasks, 5-way 5-shot, 5 queries per class>
    """

    characters: CharacterSet
    pool: np.ndarray
    ways: int = 5
    shots: int = 5
    queries: int = 5
    batch_size: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size % len(QUESTIONS):
            raise MetalearnError(
                "a batch of mixed questions is a multiple of {count}, not {batch_size}",
                count=len(QUESTIONS),
                batch_size=self.batch_size,
            )
        _ = self._samplers  # raises where there are too few characters

    def __repr__(self) -> str:
        return (
            f"<MixedQuestions: {self.ways}-way {self.shots}-shot, {self.queries} queries per class, from "
            f"{len(self.pool):,} characters of {self.characters.name}, seed {self.seed}>"
        )

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: the same tasks every time, the questions in turn."""
        by_question = join_batches(sampler.batch(index) for sampler in self._samplers)
        in_turn = by_question[torch.arange(self.batch_size).view(len(QUESTIONS), -1).T.flatten()]
        return replace(in_turn, question=torch.arange(self.batch_size) % len(QUESTIONS))

    @cached_property
    def _samplers(self) -> list[Episodes]:
        each = self.batch_size // len(QUESTIONS)
        return [
            Episodes(
                self.characters, self.pool, self.ways, self.shots, self.queries, q, batch_size=each, seed=self.seed
            )
            for q in QUESTIONS
        ]

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield the first ``tasks`` tasks in batches; the last batch may be shorter."""
        return sample_tasks(self, tasks)
