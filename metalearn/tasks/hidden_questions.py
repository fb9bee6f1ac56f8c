"""The sampler of tasks that each ask about one attribute of drawings, without saying which."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.episodes import choose_drawings, distinct, too_few_characters
from metalearn.tasks.questions import HIDDEN_QUESTIONS
from metalearn.tasks.rendering import LEVELS, USUAL, Fields, render
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch, tasks_of_images


@dataclass(frozen=True, repr=False)
class HiddenQuestions:
    """Sampler of tasks that each ask about one attribute: the character, the pen, the size, the turn, the paper, …

    Every drawing is drawn anew, with some level of each attribute. The classes of a task are levels of one attribute
    (or characters), and all other attributes vary at random from drawing to drawing. A learner is not told which one
    counts: it has to see that from the support set. The more attributes there are, the more there is to know.

    Task t of a batch asks ``questions[t % len(questions)]``.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    pool : ndarray of int
        The positions of the characters that may be used: one side of a split.
    attributes : int
        How many attributes vary, 1 to 8: the first so many of ``HIDDEN_QUESTIONS``. The others keep one level.
    asked : tuple of str
        The attributes that tasks ask about; by default, all that vary. So one can be kept from training, and asked
        about in the test.
    ways, shots, queries : int
        Classes in a task (at most five), and drawings of each class in the support set and in the query set.
    batch_size : int
        Tasks in a batch, a multiple of the number of questions.
    seed : int
        Another seed gives other tasks.

    Raises
    ------
    MetalearnError
        For more ways than levels, a question about what does not vary, another batch size, and too few characters.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> world = ml.HiddenQuestions(characters, ml.split(characters, "lake").test, attributes=4, batch_size=12)
    >>> world.questions
    ('character', 'pen', 'size', 'turn')
    >>> world.batch(0)
    <TaskBatch: 12 tasks, 5-way 2-shot, 3 queries per class>
    """

    characters: CharacterSet
    pool: np.ndarray
    attributes: int = 5
    asked: tuple[str, ...] = ()
    ways: int = 5
    shots: int = 2
    queries: int = 3
    batch_size: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.attributes <= len(HIDDEN_QUESTIONS):
            raise MetalearnError(
                "1 to {count} attributes can vary, not {attributes}: {known}",
                attributes=self.attributes,
                count=len(HIDDEN_QUESTIONS),
                known=", ".join(HIDDEN_QUESTIONS),
            )
        varied = HIDDEN_QUESTIONS[: self.attributes]
        for name in self.questions:
            if name not in varied:
                raise MetalearnError("{name!r} does not vary; there are {known}", name=name, known=", ".join(varied))
        if self.batch_size % len(self.questions):
            raise MetalearnError(
                "a batch of tasks that ask {count} questions is a multiple of {count}, not {batch_size}",
                count=len(self.questions),
                batch_size=self.batch_size,
            )
        if not 2 <= self.ways <= LEVELS or self.shots < 1 or self.queries < 0:
            raise MetalearnError(
                "a task needs 2 to {levels} ways, at least 1 shot, and no negative number of queries", levels=LEVELS
            )
        each = self.shots + self.queries
        short_of = "character" in self.questions and len(self._with_drawings(each)) < self.ways
        if short_of or len(self._drawings) < self.ways * each:
            raise too_few_characters(self.ways, self.shots, self.queries, len(self.pool))

    def __repr__(self) -> str:
        return (
            f"<HiddenQuestions: {self.ways}-way {self.shots}-shot, {self.queries} queries per class, one of "
            f"{', '.join(self.questions)}, from {len(self.pool):,} characters of {self.characters.name}, "
            f"seed {self.seed}>"
        )

    @property
    def questions(self) -> tuple[str, ...]:
        """The attributes that tasks ask about, in turn."""
        return self.asked or HIDDEN_QUESTIONS[: self.attributes]

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: the same tasks every time, the questions in turn."""
        rng = np.random.default_rng([self.seed, index])
        levels, drawings = self._at_random(rng)
        for first, asked in enumerate(self.questions):
            tasks = slice(first, None, len(self.questions))
            of_classes = distinct(rng, len(drawings[tasks]), LEVELS, self.ways)
            if asked == "character":
                drawings[tasks] = self._characters_as_classes(rng, len(of_classes))
            else:
                levels[asked][tasks] = of_classes[:, :, None]
        question = torch.arange(self.batch_size) % len(self.questions)
        return tasks_of_images(self._images(drawings, levels), drawings, self.shots, question)

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield the first ``tasks`` tasks in batches; the last batch may be shorter."""
        return sample_tasks(self, tasks)

    def _at_random(self, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Choose the levels of every attribute, and drawings by their numbers, ``[tasks, ways, shots + queries]``."""
        shape = (self.batch_size, self.ways, self.shots + self.queries)
        levels = {name: np.full(shape, usual) for name, usual in USUAL.items()}
        for name in HIDDEN_QUESTIONS[1 : self.attributes]:
            levels[name] = rng.integers(LEVELS, size=shape)
        drawings = self._drawings[distinct(rng, self.batch_size, len(self._drawings), math.prod(shape[1:]))]
        return levels, drawings.reshape(shape)

    def _images(self, drawings: np.ndarray, levels: dict[str, np.ndarray]) -> Tensor:
        """Draw the drawings with these levels: ``[tasks, ways, shots + queries, 1, 28, 28]``."""
        images = render(self._fields.of(drawings.ravel()), {name: level.ravel() for name, level in levels.items()})
        return images.unflatten(0, drawings.shape)

    def _characters_as_classes(self, rng: np.random.Generator, tasks: int) -> np.ndarray:
        """Choose drawings by their numbers, ``[tasks, ways, shots + queries]``; each class is of one character."""
        each = self.shots + self.queries
        enough = self._with_drawings(each)
        chosen = enough[distinct(rng, tasks, len(enough), self.ways)]
        return self._most * chosen[..., None] + choose_drawings(rng, self.characters, chosen, each)

    def _with_drawings(self, each: int) -> np.ndarray:
        return self.pool[self.characters.counts[self.pool] >= each]

    @cached_property
    def _drawings(self) -> np.ndarray:
        """The numbers of all drawings of the pool."""
        return np.concatenate([self._most * c + np.arange(self.characters.counts[c]) for c in self.pool])

    @property
    def _most(self) -> int:
        """How many drawings a character has at most: drawing d of character c is number ``c * most + d``."""
        return self.characters.images.shape[1]

    @cached_property
    def _fields(self) -> Fields:
        return Fields(self.characters)
