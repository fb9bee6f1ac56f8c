"""What a visitor asks to watch: a task, and the learners that adapt to it. This is what a worker process is sent.

The server imports this file too, and does without torch: what needs torch is imported inside functions.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from metalearn.characters.character_set import CharacterSet

if TYPE_CHECKING:
    from metalearn.tasks.episodes import Episodes
    from metalearn.tasks.task_batch import TaskBatch


class Entrant(NamedTuple):
    """A learner, which embedding it is given (one of ``EMBEDDING_SOURCES``), and its title on the page."""

    learner: str
    embedding_source: str
    title: str


@dataclass(frozen=True)
class AdaptationRequest:
    """A task, and who is to adapt to it.

    Where ``question`` is "character", the classes are ``characters``, by name. Otherwise ``ways`` classes are drawn at
    random. ``mixed`` asks for the learners that were trained on all three questions. Two equal requests have the same
    result, which is why results can be kept and shared by all visitors.
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

    def task(self, character_set: CharacterSet) -> "TaskBatch":
        """Return the task, a batch of one. Raises MetalearnError where these characters cannot make it."""
        from metalearn.tasks.single_task import make_task

        if self.question != "character":
            return self._episodes(character_set, self.ways).batch(0)
        return make_task(character_set, self.characters, self.shots, self.queries, self.seed)

    def another_task(self, character_set: CharacterSet) -> "TaskBatch":
        """Return a different task of the same kind, for learners that are given another task's embedding."""
        ways = len(self.characters) if self.question == "character" else self.ways
        return self._episodes(character_set, ways).batch(1)

    def _episodes(self, character_set: CharacterSet, ways: int) -> "Episodes":
        from metalearn.tasks.episodes import Episodes

        everyone = np.arange(len(character_set))
        return Episodes(
            character_set, everyone, ways, self.shots, self.queries, self.question, batch_size=1, seed=self.seed
        )
