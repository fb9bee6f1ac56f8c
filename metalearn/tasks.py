"""Tasks as plain tensors, and the samplers that make batches of them.

Batch ``i`` of a sampler is a pure function of the data, the sampler's settings, its seed and ``i``: resuming a run,
sharing it among processes and opening one very episode again need nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from metalearn.data import SIZE, CharacterSet
from metalearn.errors import MetalearnError

QUESTIONS = ("character", "alphabet", "drawer")


@dataclass(frozen=True)
class TaskBatch:
    """T tasks of the same shape: N-way K-shot with Q queries a class.

    ``support_x``: float32 ``[T, N*K, 1, 28, 28]`` in [0, 1]; ``support_y``: int64 ``[T, N*K]`` in 0..N-1; the same for
    the query set with ``N*Q``. ``support_ids`` and ``query_ids`` say which drawing each picture is: int64, character
    position times drawings per character plus drawing; -1 for a drawing that is in no character set.
    """

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor
    ways: int
    support_ids: Tensor
    query_ids: Tensor

    def __len__(self) -> int:
        return len(self.support_y)

    def __getitem__(self, tasks: int | slice | Tensor) -> "TaskBatch":
        """Return the chosen tasks (a tensor holds their numbers); one task is a batch of one."""
        chosen = slice(tasks, tasks + 1) if isinstance(tasks, int) else tasks
        return TaskBatch(ways=self.ways, **{name: tensor[chosen] for name, tensor in self.tensors().items()})

    def batches(self, size: int) -> Iterator["TaskBatch"]:
        """Yield the tasks ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def to(self, target: torch.device | torch.dtype | str) -> "TaskBatch":
        """Return the batch on another device, or its pictures in another floating-point type."""
        if isinstance(target, torch.dtype):
            return replace(self, support_x=self.support_x.to(target), query_x=self.query_x.to(target))
        return TaskBatch(ways=self.ways, **{name: tensor.to(target) for name, tensor in self.tensors().items()})

    def without_queries(self) -> "TaskBatch":
        """Return the tasks with their support sets alone, as an embedding may see them."""
        return replace(self, query_x=self.query_x[:, :0], query_y=self.query_y[:, :0], query_ids=self.query_ids[:, :0])

    def tensors(self) -> dict[str, Tensor]:
        """Return the fields that are tensors, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


def joined(batches: Iterable[TaskBatch]) -> TaskBatch:
    """Return one batch of all tasks; they must have the same shape."""
    parts = list(batches)
    tensors = {name: torch.cat([part.tensors()[name] for part in parts]) for name in parts[0].tensors()}
    return TaskBatch(ways=parts[0].ways, **tensors)


class Tasks(Protocol):
    """What an embedder reads: a known number of tasks, in batches of a size the reader chooses."""

    def __len__(self) -> int: ...

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks ``size`` at a time."""
        ...


@dataclass(frozen=True)
class Episodes:
    """Sampler of N-way K-shot episodes over ``pool``, positions of the characters it may use.

    ``question`` is what the classes are: characters (the usual), alphabets, or drawers of one alphabet; the last two
    are asked with different characters on every drawing, so that only the answer is shared within a class.
    ``within_alphabet`` draws the characters of an episode from one alphabet. ``rotations`` shows each class under a
    quarter turn of its own, which makes four characters of one (Santoro et al. 2016); within an alphabet the whole
    episode is turned.
    """

    data: CharacterSet
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
            raise MetalearnError(f"unknown question {self.question!r}; there are {', '.join(QUESTIONS)}")
        if self.question == "character":
            _check_drawings(self.data, self.shots + self.queries)
        self._groups()

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: ``batch_size`` tasks, the same ones every time."""
        rng = np.random.default_rng([self.seed, index])
        if self.question == "character":
            characters, turns = self._choose_characters(rng)
            drawings = _choose_drawings(rng, self.data, characters, self.shots + self.queries)
            characters = np.broadcast_to(characters[..., None], drawings.shape)
            turns = np.broadcast_to(turns[..., None], drawings.shape)
        else:
            choose = self._choose_by_alphabet if self.question == "alphabet" else self._choose_by_drawer
            chosen = [choose(rng) for _ in range(self.batch_size)]
            characters, drawings = (np.stack(part) for part in zip(*chosen, strict=True))
            turns = np.zeros_like(characters)
        return gather(self.data, characters, drawings, self.shots, turns)

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield ``tasks`` tasks in batches, from batch 0 on (the last batch may be cut)."""
        return _sample(self, tasks)

    def _groups(self) -> list[np.ndarray]:
        """Return the sets of characters from which one task (one class, for alphabets) is drawn."""
        enough = self.data.counts[self.pool] >= self.shots + self.queries
        pool = self.pool[enough] if self.question == "character" else self.pool
        if self.question == "character" and not self.within_alphabet:
            groups, needed = [pool], self.ways
        else:
            ids = self.data.alphabet_ids[pool]
            groups = [pool[ids == i] for i in np.unique(ids)]
            needed = self.ways if self.question == "character" else self.shots + self.queries
        groups = [group for group in groups if len(group) >= needed]
        if not groups or (self.question == "alphabet" and len(groups) < self.ways):
            raise self._too_few_characters(len(pool))
        if self.question == "drawer" and self.data.counts[pool].min() < self.ways:
            raise MetalearnError("too few drawers for {ways} ways: some character has fewer", ways=self.ways)
        return groups

    def _too_few_characters(self, count: int) -> MetalearnError:
        asked = {"ways": self.ways, "shots": self.shots, "queries": self.queries, "count": count}
        if self.within_alphabet:
            return MetalearnError(
                "too few characters for {ways}-way {shots}-shot tasks with {queries} queries within one alphabet: "
                "{count:,} in all may be used; ask for less",
                **asked,
            )
        return MetalearnError(
            "too few characters for {ways}-way {shots}-shot tasks with {queries} queries: {count:,} may be used; ask "
            "for less",
            **asked,
        )

    def _choose_characters(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the characters and quarter turns of each class, both ``[tasks, ways]``."""
        groups = self._groups()
        if self.within_alphabet:
            picked = rng.integers(len(groups), size=self.batch_size)
            characters = np.stack([rng.choice(groups[g], self.ways, replace=False) for g in picked])
            turns = rng.integers(4 if self.rotations else 1, size=(self.batch_size, 1))
            return characters, np.broadcast_to(turns, characters.shape)
        position = _distinct(rng, self.batch_size, len(groups[0]), self.ways)
        return groups[0][position], rng.integers(4 if self.rotations else 1, size=position.shape)

    def _choose_by_alphabet(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return characters and drawings, ``[ways, shots + queries]``: a class is an alphabet."""
        groups = self._groups()
        picked = rng.choice(len(groups), self.ways, replace=False)
        each = self.shots + self.queries
        characters = np.stack([rng.choice(groups[g], each, replace=False) for g in picked])
        return characters, rng.integers(self.data.counts[characters])

    def _choose_by_drawer(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return characters and drawings, ``[ways, shots + queries]``: a class is a drawer of one alphabet."""
        groups = self._groups()
        group = groups[rng.integers(len(groups))]
        each = self.shots + self.queries
        characters = np.stack([rng.choice(group, each, replace=False) for _ in range(self.ways)])
        drawers = rng.choice(self.data.counts[group].min(), self.ways, replace=False)
        return characters, np.broadcast_to(drawers[:, None], characters.shape)


@dataclass(frozen=True)
class MixedQuestions:
    """Sampler of tasks that ask different things of the same drawings: which character, which alphabet, which drawer.

    Task t of a batch asks question ``t % 3`` of ``QUESTIONS``; a learner is not told which. The other fields are those
    of :class:`Episodes`; ``batch_size`` is a multiple of three.
    """

    data: CharacterSet
    pool: np.ndarray
    ways: int = 5
    shots: int = 5
    queries: int = 5
    batch_size: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size % len(QUESTIONS):
            raise MetalearnError(f"a batch of mixed questions is a multiple of {len(QUESTIONS)}, not {self.batch_size}")
        self._samplers()

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: the same tasks every time, the questions in turn."""
        by_question = joined(sampler.batch(index) for sampler in self._samplers())
        return by_question[torch.arange(self.batch_size).view(len(QUESTIONS), -1).T.flatten()]

    def _samplers(self) -> list[Episodes]:
        each = self.batch_size // len(QUESTIONS)
        return [
            Episodes(self.data, self.pool, self.ways, self.shots, self.queries, q, batch_size=each, seed=self.seed)
            for q in QUESTIONS
        ]

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield ``tasks`` tasks in batches, from batch 0 on (the last batch may be cut)."""
        return _sample(self, tasks)


def _sample(sampler: "Episodes | MixedQuestions", tasks: int) -> Iterator[TaskBatch]:
    for index, start in enumerate(range(0, tasks, sampler.batch_size)):
        yield sampler.batch(index)[: tasks - start]


@dataclass(frozen=True)
class Stream:
    """The first ``count`` tasks of a sampler as an embedder reads them: made when they are asked for, and not kept."""

    sampler: Episodes | MixedQuestions
    count: int

    def __len__(self) -> int:
        return self.count

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks, ``size`` at a time or as many as the sampler has left in a batch."""
        for batch in self.sampler.sample(self.count):
            yield from batch.batches(size)


@dataclass(frozen=True)
class CharacterTasks:
    """One task a character: its drawings (class 1) against one drawing each of ``others`` (class 0).

    The article's 1,200 + 423 tasks. ``shots`` drawings of the character and one each of ``against`` others are the
    support set; ``queries`` more of both the query set. ``others`` are the positions to take those from, training
    characters by rights; they are the same for every task, so that two tasks differ in their character alone.
    ``skip`` leaves that many of a character's drawings out: the same task, from other drawings.
    """

    data: CharacterSet
    characters: np.ndarray
    others: np.ndarray
    shots: int = 20
    queries: int = 0
    against: int = 10
    skip: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        needed = self.skip + self.shots + self.queries
        _check_drawings(self.data, needed)
        short = self.data.counts[self.characters] < needed
        if short.any():
            name = self.data.characters[self.characters[short][0]]
            raise MetalearnError("{name} has fewer than the {needed} drawings asked for", name=name, needed=needed)
        if len(self.others) <= self.against + self.queries:
            raise MetalearnError(
                "{count} characters are too few to take {against} others from",
                count=len(self.others),
                against=self.against,
            )

    def __len__(self) -> int:
        return len(self.characters)

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self._batch(self.characters[start : start + size])

    def _batch(self, targets: np.ndarray) -> TaskBatch:
        taken = slice(self.skip, self.skip + self.shots + self.queries)
        # Seeded by the character, so that a task is the same in whatever batch it comes.
        own = np.stack([np.random.default_rng([self.seed, c]).permutation(self.data.counts[c])[taken] for c in targets])
        rng = np.random.default_rng([self.seed])
        panel = rng.permutation(self.others)[: self.against + self.queries + 1]
        panel_drawing = rng.integers(self.data.counts[panel])
        # A character does not stand against itself: the panel has one to spare.
        keep = np.stack([np.argsort(panel == c, kind="stable")[:-1] for c in targets])
        others = gather(self.data, panel[keep][:, None], panel_drawing[keep][:, None], self.against)
        itself = gather(
            self.data, np.broadcast_to(targets[:, None, None], own[:, None].shape), own[:, None], self.shots
        )
        joined = {name: torch.cat([part, getattr(itself, name)], dim=1) for name, part in others.tensors().items()}
        for name in ("support_y", "query_y"):
            joined[name][:, getattr(others, name).shape[1] :] = 1
        return TaskBatch(ways=2, **joined)


def task_of(
    data: CharacterSet, characters: Sequence[int] | np.ndarray, shots: int = 1, queries: int = 5, seed: int = 0
) -> TaskBatch:
    """Return the one task that tells the given ``characters`` (positions) apart; its drawings follow from ``seed``.

    Raises MetalearnError where a character has too few drawings, comes twice, or stands alone.
    """
    chosen = np.asarray(characters)
    if len(chosen) < 2 or len(np.unique(chosen)) < len(chosen):
        raise MetalearnError("choose at least two characters, each once")
    _check_drawings(data, shots + queries)
    short = data.counts[chosen] < shots + queries
    if short.any():
        i = chosen[short][0]
        raise MetalearnError(
            "{name} has {count} drawings; {shots} shots and {queries} queries need more",
            name=data.characters[i],
            count=int(data.counts[i]),
            shots=shots,
            queries=queries,
        )
    drawings = np.stack(
        [np.random.default_rng([seed, c]).permutation(data.counts[c])[: shots + queries] for c in chosen]
    )
    return gather(data, np.broadcast_to(chosen[:, None], drawings.shape)[None], drawings[None], shots)


def gather(
    data: CharacterSet, characters: np.ndarray, drawings: np.ndarray, shots: int, turns: np.ndarray | None = None
) -> TaskBatch:
    """Return the tasks made of these drawings: all arrays ``[tasks, ways, shots + queries]``, the shots first."""
    tasks, ways, each = characters.shape
    pictures = data.images[characters, drawings]
    if turns is not None and turns.any():
        pictures = pictures.copy()
        for quarter in (1, 2, 3):
            pictures[turns == quarter] = np.rot90(pictures[turns == quarter], quarter, axes=(1, 2))
    ids = torch.from_numpy(characters * data.images.shape[1] + drawings)
    x = torch.from_numpy(pictures).reshape(tasks, ways, each, 1, SIZE, SIZE)
    y = torch.arange(ways)[None, :, None].expand(tasks, ways, each)
    parts = {}
    for name, of_part in (("support", slice(None, shots)), ("query", slice(shots, None))):
        parts[f"{name}_x"] = x[:, :, of_part].flatten(1, 2).float() / 255
        parts[f"{name}_y"] = y[:, :, of_part].flatten(1)
        parts[f"{name}_ids"] = ids[:, :, of_part].flatten(1)
    return TaskBatch(ways=ways, **parts)


def _check_drawings(data: CharacterSet, needed: int) -> None:
    if needed > data.counts.max():
        raise MetalearnError(
            "{needed} drawings of a character are needed; {name} has at most {most}",
            needed=needed,
            name=data.name,
            most=int(data.counts.max()),
        )


def _choose_drawings(rng: np.random.Generator, data: CharacterSet, characters: np.ndarray, each: int) -> np.ndarray:
    """Choose ``each`` distinct drawings of every character: ``[tasks, ways, each]``."""
    keys = rng.random((*characters.shape, data.images.shape[1]))
    keys[np.arange(data.images.shape[1]) >= data.counts[characters][..., None]] = 2  # not a real drawing: comes last
    return keys.argsort(axis=-1)[..., :each]


def _distinct(rng: np.random.Generator, rows: int, of: int, each: int) -> np.ndarray:
    """Draw ``each`` distinct numbers below ``of`` in every row: ``[rows, each]``."""
    return np.stack([rng.choice(of, each, replace=False) for _ in range(rows)])
