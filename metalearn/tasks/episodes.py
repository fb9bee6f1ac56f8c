"""The sampler of N-way K-shot episodes."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch, check_drawings, gather_drawings

log = logging.getLogger("metalearn")


@dataclass(frozen=True, repr=False)
class Episodes:
    """Sampler of N-way K-shot episodes.

    Batch ``i`` is always the same: it follows from the data, these settings and ``i`` alone.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    pool : ndarray of int
        The positions of the characters that may be used: one side of a split.
    ways, shots, queries : int
        Classes in an episode, and drawings of each class in the support set and in the query set.
    question : str
        What makes a class: "character", as is usual; "alphabet"; or "drawer" (of one alphabet). For the last two, every
        drawing of a class shows a different character, so that they have nothing but the answer in common.
    within_alphabet : bool
        Whether all characters of an episode come from one alphabet, which is harder. Only for the question "character".
    rotations : bool
        Whether each class is turned by some quarter turns, which makes four characters of one. Within an alphabet, the
        whole episode is turned alike. Only for the question "character".
    batch_size : int
        Tasks in a batch.
    seed : int
        Another seed gives other episodes.

    Raises
    ------
    MetalearnError
        For an unknown question, and where the pool has too few characters, alphabets or drawings.

    References
    ----------
    Vinyals et al. 2016, "Matching networks for one shot learning" (episodes); Santoro et al. 2016, "Meta-learning with
    memory-augmented neural networks" (quarter turns).

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> episodes = ml.Episodes(characters, ml.split(characters, "lake").train, ways=5, shots=1, batch_size=8)
    >>> episodes.batch(0)
    <TaskBatch: 8 tasks, 5-way 1-shot, 15 queries per class>
    """

    characters: CharacterSet
    pool: np.ndarray
    ways: int = 5
    shots: int = 1
    queries: int = 15
    question: str = "character"
    within_alphabet: bool = False
    rotations: bool = False
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if self.ways < 2 or self.shots < 1 or self.queries < 0:
            raise MetalearnError("an episode needs at least 2 ways and 1 shot, and no negative number of queries")
        if self.question not in QUESTIONS:
            raise MetalearnError(
                "unknown question {question!r}; there are {known}", question=self.question, known=", ".join(QUESTIONS)
            )
        if self.question == "character":
            check_drawings(self.characters, self.shots + self.queries)
        _ = self._groups  # raises where there are too few characters: now, not at the first batch

    def __repr__(self) -> str:
        kind = "" if self.question == "character" else f", which {self.question}?"
        kind += ", within an alphabet" if self.within_alphabet else ""
        return (
            f"<Episodes: {self.ways}-way {self.shots}-shot, {self.queries} queries per class{kind}, from "
            f"{len(self.pool):,} characters of {self.characters.name}, seed {self.seed}>"
        )

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: ``batch_size`` tasks, the same ones every time."""
        # A generator of its own for every batch: batch 1000 needs none of those before it.
        rng = np.random.default_rng([self.seed, index])
        if self.question == "character":
            characters, turns = self._choose_characters(rng)
            drawings = choose_drawings(rng, self.characters, characters, self.shots + self.queries)
            characters = np.broadcast_to(characters[..., None], drawings.shape)
            turns = np.broadcast_to(turns[..., None], drawings.shape)
        else:
            choose = self._choose_by_alphabet if self.question == "alphabet" else self._choose_by_drawer
            chosen = [choose(rng) for _ in range(self.batch_size)]
            characters, drawings = (np.stack(part) for part in zip(*chosen, strict=True))
            turns = np.zeros_like(characters)
        return gather_drawings(self.characters, characters, drawings, self.shots, turns)

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield the first ``tasks`` tasks in batches; the last batch may be shorter."""
        return sample_tasks(self, tasks)

    @cached_property
    def _groups(self) -> list[np.ndarray]:
        """Return groups of characters: a task is drawn from one group, or for alphabets each class from one."""
        # Characters with too few drawings cannot be a class. Where a class is an alphabet or a drawer, each drawing is
        # of another character, and one drawing of each is enough.
        enough = self.characters.counts[self.pool] >= self.shots + self.queries
        pool = self.pool[enough] if self.question == "character" else self.pool
        if self.question == "character" and not self.within_alphabet:
            groups, needed = [pool], self.ways
        else:
            ids = self.characters.alphabet_ids[pool]
            groups = [pool[ids == i] for i in np.unique(ids)]
            needed = self.ways if self.question == "character" else self.shots + self.queries
        groups = [group for group in groups if len(group) >= needed]
        if not groups or (self.question == "alphabet" and len(groups) < self.ways):
            raise self._too_few_characters(len(pool))
        if self.question == "drawer" and self.characters.counts[pool].min() < self.ways:
            raise MetalearnError("too few drawers for {ways} ways: some character has fewer", ways=self.ways)
        return groups

    def _too_few_characters(self, count: int) -> MetalearnError:
        if not self.within_alphabet:
            return too_few_characters(self.ways, self.shots, self.queries, count)
        return MetalearnError(
            "too few characters for {ways}-way {shots}-shot tasks with {queries} queries within one alphabet: "
            "{count:,} in all may be used; ask for less",
            ways=self.ways,
            shots=self.shots,
            queries=self.queries,
            count=count,
        )

    def _choose_characters(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the characters and quarter turns of each class, both ``[tasks, ways]``."""
        groups = self._groups
        if self.within_alphabet:
            picked = rng.integers(len(groups), size=self.batch_size)
            characters = np.stack([rng.choice(groups[g], self.ways, replace=False) for g in picked])
            turns = rng.integers(4 if self.rotations else 1, size=(self.batch_size, 1))
            return characters, np.broadcast_to(turns, characters.shape)
        position = distinct(rng, self.batch_size, len(groups[0]), self.ways)
        return groups[0][position], rng.integers(4 if self.rotations else 1, size=position.shape)

    def _choose_by_alphabet(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the characters and drawings of one task, ``[ways, shots + queries]``: each class is an alphabet."""
        groups = self._groups
        picked = rng.choice(len(groups), self.ways, replace=False)
        each = self.shots + self.queries
        characters = np.stack([rng.choice(groups[g], each, replace=False) for g in picked])
        return characters, rng.integers(self.characters.counts[characters])

    def _choose_by_drawer(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the characters and drawings of one task, ``[ways, shots + queries]``: each class is a drawer.

        All are drawers of one alphabet: within it, drawing d of every character is by the same hand.
        """
        groups = self._groups
        group = groups[rng.integers(len(groups))]
        each = self.shots + self.queries
        characters = np.stack([rng.choice(group, each, replace=False) for _ in range(self.ways)])
        drawers = rng.choice(self.characters.counts[group].min(), self.ways, replace=False)
        return characters, np.broadcast_to(drawers[:, None], characters.shape)


def fitting_episodes(
    characters: CharacterSet, pool: np.ndarray, ways: int, shots: int, queries: int, **settings: Any
) -> Episodes:
    """Return episodes of the size asked for or, where the pool is too small for that, of the largest that it has.

    Fewer ways are taken first, then fewer queries, then fewer shots; a log line says so. ``settings`` are other
    parameters of :class:`Episodes`. Raises MetalearnError where there are not even two characters with two drawings.
    """
    groups = [pool]
    if settings.get("within_alphabet"):
        ids = characters.alphabet_ids[pool]
        groups = [pool[ids == i] for i in np.unique(ids)]
    largest = np.sort(characters.counts[max(groups, key=len)])[::-1] if groups else np.zeros(0, int)
    able = largest[largest >= 2]
    if len(able) < 2:
        raise MetalearnError(
            "at least 2 characters with 2 drawings each are needed here; there are {count} in {name}",
            count=len(able),
            name=characters.name,
        )
    fewer_ways = min(ways, len(able))
    drawings = int(able[fewer_ways - 1])
    fewer_queries = min(queries, max(1, drawings - shots))
    fewer_shots = min(shots, drawings - fewer_queries)
    if (fewer_ways, fewer_shots, fewer_queries) != (ways, shots, queries):
        log.info(
            "%s is small: tasks are %d-way %d-shot with %d queries, not %d-way %d-shot with %d",
            *(characters.name, fewer_ways, fewer_shots, fewer_queries, ways, shots, queries),
        )
    return Episodes(characters, pool, fewer_ways, fewer_shots, fewer_queries, **settings)


def alphabets_of(characters: CharacterSet, batch: TaskBatch) -> np.ndarray:
    """Return the alphabet of each task's first drawing, ``[T]``; of a task within one alphabet, that is the task's."""
    first = batch.support_ids[:, 0].cpu().numpy() // characters.images.shape[1]
    return np.array(characters.alphabets)[first]


def too_few_characters(ways: int, shots: int, queries: int, count: int) -> MetalearnError:
    """Return the error of a sampler that may use ``count`` characters, and needs more."""
    return MetalearnError(
        "too few characters for {ways}-way {shots}-shot tasks with {queries} queries: {count:,} may be used; ask "
        "for less",
        ways=ways,
        shots=shots,
        queries=queries,
        count=count,
    )


def choose_drawings(rng: np.random.Generator, data: CharacterSet, characters: np.ndarray, each: int) -> np.ndarray:
    """Choose ``each`` distinct drawings of every character: ``[tasks, ways, each]``."""
    # Sorting random keys shuffles the drawings of all characters at once, without a loop.
    keys = rng.random((*characters.shape, data.images.shape[1]))
    keys[np.arange(data.images.shape[1]) >= data.counts[characters][..., None]] = 2  # an empty place: sort it last
    return keys.argsort(axis=-1)[..., :each]


def distinct(rng: np.random.Generator, rows: int, below: int, each: int) -> np.ndarray:
    """Draw ``each`` distinct numbers below ``below`` for every row: ``[rows, each]``."""
    return np.stack([rng.choice(below, each, replace=False) for _ in range(rows)])
