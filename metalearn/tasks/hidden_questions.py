"""The sampler of tasks that each ask about one attribute of drawings, without saying which."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.rendering import LEVELS, USUAL, Fields, render
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch, gather_drawings

HIDDEN_QUESTIONS = ("character", *USUAL)


@dataclass(frozen=True, repr=False)
class HiddenQuestions:
    """Sampler of tasks that each ask about one attribute: the character, the pen, the size, the turn, the paper, …

    Every drawing is drawn anew, with some level of each attribute. The classes of a task are levels of one attribute
    (or characters), and all other attributes vary at random from drawing to drawing. A learner is not told which one
    counts: it has to see that from the support set. The more attributes there are, the more there is to know.

    Task t of a batch asks question ``t % len(asked)``.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    pool : ndarray of int
        The positions of the characters that may be used: one side of a split.
    attributes : int
        How many attributes vary, 1 to 8: the first so many of ``HIDDEN_QUESTIONS``. The others keep one level.
    asked : tuple of str, optional
        The attributes that tasks ask about; by default, all that vary. One that varies and is never asked about can be
        kept for the test.
    ways, shots, queries : int
        Classes in a task (at most five), and drawings of each class in the support set and in the query set.
    batch_size : int
        Tasks in a batch.
    seed : int
        Another seed gives other tasks.

    Raises
    ------
    MetalearnError
        For more ways than levels, an attribute that does not vary, and too few characters.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> world = ml.HiddenQuestions(characters, ml.split(characters, "lake").test, attributes=4)
    >>> world.asked
    ('character', 'pen', 'size', 'turn')
    >>> world.batch(0)
    <TaskBatch: 10 tasks, 5-way 5-shot, 5 queries per class>
    """

    characters: CharacterSet
    pool: np.ndarray
    attributes: int = 5
    asked: tuple[str, ...] = ()
    ways: int = 5
    shots: int = 5
    queries: int = 5
    batch_size: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.attributes <= len(HIDDEN_QUESTIONS):
            raise MetalearnError(
                "{attributes} attributes cannot vary; there are 1 to {count}: {known}",
                attributes=self.attributes,
                count=len(HIDDEN_QUESTIONS),
                known=", ".join(HIDDEN_QUESTIONS),
            )
        varied = HIDDEN_QUESTIONS[: self.attributes]
        object.__setattr__(self, "asked", tuple(self.asked) or varied)
        for name in set(self.asked) - set(varied):
            raise MetalearnError("{name!r} does not vary; there are {known}", name=name, known=", ".join(varied))
        if not 1 <= self.ways <= LEVELS:
            raise MetalearnError("an attribute has {levels} levels, not {ways}", levels=LEVELS, ways=self.ways)
        each = self.shots + self.queries
        if (self.characters.counts[self.pool] >= each).sum() < self.ways or len(self._drawings) < self.ways * each:
            raise MetalearnError(
                "too few characters for {ways}-way tasks with {each} drawings of each: {count:,} may be used",
                ways=self.ways,
                each=each,
                count=len(self.pool),
            )

    def __repr__(self) -> str:
        return (
            f"<HiddenQuestions: {self.ways}-way {self.shots}-shot, {self.queries} queries per class, which of "
            f"{', '.join(self.asked)}?, from {len(self.pool):,} characters of {self.characters.name}, seed {self.seed}>"
        )

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: the same tasks every time, the questions in turn."""
        rng = np.random.default_rng([self.seed, index])
        shape = (self.batch_size, self.ways, self.shots + self.queries)
        levels = {name: np.full(shape, usual) for name, usual in USUAL.items()}
        for name in HIDDEN_QUESTIONS[1 : self.attributes]:
            levels[name] = rng.integers(LEVELS, size=shape)
        drawings = np.empty(shape, np.int64)
        for task in range(self.batch_size):
            asked = self.asked[task % len(self.asked)]
            drawings[task] = self._choose_drawings(rng, by_character=asked == "character")
            if asked != "character":
                levels[asked][task] = rng.permutation(LEVELS)[: self.ways, None]
        batch = gather_drawings(self.characters, *np.divmod(drawings, self._most), self.shots)
        support, query = self._draw(batch, levels)
        return replace(batch, support_x=support, query_x=query)

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield the first ``tasks`` tasks in batches; the last batch may be shorter."""
        return sample_tasks(self, tasks)

    def _choose_drawings(self, rng: np.random.Generator, by_character: bool) -> np.ndarray:
        """Choose the drawings of a task by their numbers, ``[ways, shots + queries]``; none comes twice."""
        each = self.shots + self.queries
        if not by_character:
            return rng.choice(self._drawings, (self.ways, each), replace=False)
        enough = self.pool[self.characters.counts[self.pool] >= each]
        chosen = rng.choice(enough, self.ways, replace=False)
        return np.stack([self._most * c + rng.choice(self.characters.counts[c], each, replace=False) for c in chosen])

    @cached_property
    def _drawings(self) -> np.ndarray:
        """The numbers of all drawings of the pool."""
        return np.concatenate([self._most * c + np.arange(self.characters.counts[c]) for c in self.pool])

    @property
    def _most(self) -> int:
        """How many drawings a character has at most: drawing d of character c is number ``c * most + d``."""
        return self.characters.images.shape[1]

    def _draw(self, batch: TaskBatch, levels: dict[str, np.ndarray]) -> list[torch.Tensor]:
        """Return the images of the support set and of the query set, ``[tasks, n, 1, 28, 28]`` each."""
        images = []
        for ids, columns in (
            (batch.support_ids, slice(None, self.shots)),
            (batch.query_ids, slice(self.shots, None)),
        ):
            chosen = {name: level[:, :, columns].reshape(-1) for name, level in levels.items()}
            drawn = render(self._fields.of(ids.flatten().numpy()), chosen)
            images.append(drawn.unflatten(0, ids.shape))
        return images

    @cached_property
    def _fields(self) -> Fields:
        return Fields(self.characters)
