"""What a visitor asks to watch: a task, and the learners that adapt to it. This is what a worker process is sent.

The server imports this file too, and does without torch: what needs torch is imported inside functions.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dashboard import drawn_sheet
from metalearn.characters.character_set import CharacterSet

if TYPE_CHECKING:
    from metalearn.tasks.episodes import Episodes
    from metalearn.tasks.task_batch import TaskBatch


# What a learner can be told about a task: its own embedding, that of a task which asks another question, that of
# another task which asks the same, zeros, or noise.
TOLD = ("own", "question", "shuffled", "zero", "random")


class Entrant(NamedTuple):
    """A learner, what it is told about the task (one of ``TOLD``), and its title on the page."""

    learner: str
    embedding_source: str
    title: str


@dataclass(frozen=True)
class AdaptationRequest:
    """A task, and who is to adapt to it.

    Where ``question`` is "character", the classes are ``characters``, by name. Otherwise ``ways`` classes are drawn at
    random. ``drawn`` is a sheet of the visitor's own characters, as an address holds it: they are the task then.
    ``mixed`` asks for the learners that were trained on all three questions. Two equal requests have the same
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
    drawn: str = ""

    def task(self, character_set: CharacterSet) -> "TaskBatch":
        """Return the task, a batch of one. Raises MetalearnError where these characters cannot make it."""
        from metalearn.tasks.single_task import make_task

        if self.drawn:
            return drawn_sheet.task(self.drawn)
        if self.question != "character":
            return self._episodes(character_set, self.question).batch(0)
        return make_task(character_set, self.characters, self.shots, self.queries, self.seed)

    def another_task(self, character_set: CharacterSet, told: str) -> "TaskBatch":
        """Return the other task whose embedding a learner is told: one of another question, or of the same."""
        question = self.another_question if told == "question" else self.question
        return self._episodes(character_set, question).batch(1)

    @property
    def another_question(self) -> str:
        """The question that another task asks: about the drawer, unless this one does."""
        return "character" if self.question == "drawer" else "drawer"

    @property
    def episode_ways(self) -> int:
        """How many classes a task drawn at random has."""
        return len(self.characters) or self.ways

    def _episodes(self, character_set: CharacterSet, question: str) -> "Episodes":
        from metalearn.characters.splits import split
        from metalearn.tasks.episodes import Episodes

        is_omniglot = character_set.name == "omniglot"
        unseen = split(character_set, self.split).test if is_omniglot else np.arange(len(character_set))
        return Episodes(
            character_set,
            unseen,
            self.episode_ways,
            self.shots,
            self.queries,
            question,
            batch_size=1,
            seed=self.seed,
        )
