"""What a visitor asks to watch: a task, and the learners that adapt to it. This is what a worker process is sent.

The server imports this file too, and does without torch: what needs torch is imported inside functions.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dashboard import drawn_sheet, worlds
from metalearn.characters.character_set import CharacterSet

if TYPE_CHECKING:
    from metalearn.tasks.episodes import Episodes
    from metalearn.tasks.task_batch import TaskBatch


# The embedding that a learner can be told: the task's own, that of a task which asks another question, that of another
# task which asks the same, zeros, or noise.
TOLD = ("own", "question", "shuffled", "zero", "random")


def unseen(characters: CharacterSet, split: str) -> np.ndarray:
    """Return the characters on which no learner of a split was trained or tuned, by position. Of other data, all."""
    from metalearn.characters.splits import split as split_characters

    if characters.name != "omniglot":
        return np.arange(len(characters))
    return split_characters(characters, split).test


class Entrant(NamedTuple):
    """A learner, what it is told about the task (one of ``TOLD``), and its title on the page."""

    learner: str
    embedding_source: str
    title: str


@dataclass(frozen=True)
class AdaptationRequest:
    """A task, and who is to adapt to it.

    Where ``question`` is "character", the classes are ``characters``, by name. Where it is one of ``worlds.WORLDS``,
    the task is that world's number ``seed``. Otherwise ``ways`` classes are drawn at random. If there is a sheet in
    ``drawn``, as an address holds it, the visitor's own characters are the task instead. ``mixed`` asks for the
    learners that were trained on all three questions. Equal requests have equal results, so that a result can be kept
    for all visitors.
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

    @property
    def world(self) -> str:
        """What the learners were trained on."""
        if self.in_world:
            return self.question
        return "mixed" if self.mixed else "characters"

    @property
    def in_world(self) -> bool:
        """Whether the task is one of ``worlds.WORLDS``, and not one of Omniglot's own."""
        return self.question in worlds.WORLDS and not self.drawn

    def task(self, character_set: CharacterSet) -> "TaskBatch":
        """Return the task, a batch of one, if it is not in a world. Raises MetalearnError where it cannot be made."""
        from metalearn.tasks.single_task import make_task

        if self.drawn:
            return drawn_sheet.task(self.drawn)
        if self.question != "character":
            return self._episodes(character_set, self.question).batch(0)
        return make_task(character_set, self.characters, self.shots, self.queries, self.seed)

    def another_task(self, character_set: CharacterSet, told: str) -> "TaskBatch":
        """Return another task, whose embedding a learner is ``told``: of another "question", or of the same one."""
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
        from metalearn.tasks.episodes import Episodes

        return Episodes(
            character_set,
            unseen(character_set, self.split),
            self.episode_ways,
            self.shots,
            self.queries,
            question,
            batch_size=1,
            seed=self.seed,
        )
