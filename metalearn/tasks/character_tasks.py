"""One task per character: its drawings against a few drawings of other characters."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.tasks.task_batch import TaskBatch, check_drawings, gather_drawings


@dataclass(frozen=True, repr=False)
class CharacterTasks:
    """One task per character: its own drawings (class 1) against single drawings of other characters (class 0).

    These are the article's 1,200 + 423 tasks. The other characters are the same for every task, so that two tasks
    differ in their character alone.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    positions : ndarray of int
        The characters to make tasks of.
    others : ndarray of int
        The characters from which class 0 is drawn; these should be training characters.
    shots : int
        Drawings of the character in the support set.
    queries : int
        Drawings of the character in the query set, beside as many of class 0.
    against : int
        Drawings of class 0 in the support set, each of another character.
    skip : int
        Leave out this many of a character's drawings: the same task from other drawings.
    seed : int
        Another seed gives other drawings, and other characters in class 0.

    Raises
    ------
    MetalearnError
        Where a character has too few drawings, or there are too few others.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> sides = ml.split(characters, "lake")
    >>> tasks = ml.CharacterTasks(characters, sides.test[:6], others=sides.train, shots=5)
    >>> len(tasks)
    6
    """

    characters: CharacterSet
    positions: np.ndarray
    others: np.ndarray
    shots: int = 20
    queries: int = 0
    against: int = 10
    skip: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        needed = self.skip + self.shots + self.queries
        check_drawings(self.characters, needed)
        short = self.characters.counts[self.positions] < needed
        if short.any():
            name = self.characters.characters[self.positions[short][0]]
            raise MetalearnError("{name} has fewer than the {needed} drawings asked for", name=name, needed=needed)
        if len(self.others) <= self.against + self.queries:
            raise MetalearnError(
                "{count} characters are too few: more than {needed} others are needed",
                count=len(self.others),
                needed=self.against + self.queries,
            )

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return (
            f"<CharacterTasks: {len(self):,} characters of {self.characters.name}, {self.shots} drawings each against "
            f"{self.against} others, seed {self.seed}>"
        )

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self._batch(self.positions[start : start + size])

    def _batch(self, targets: np.ndarray) -> TaskBatch:
        taken = slice(self.skip, self.skip + self.shots + self.queries)
        # Seeded by the character, so that a task is the same in whatever batch it comes.
        own = np.stack(
            [np.random.default_rng([self.seed, c]).permutation(self.characters.counts[c])[taken] for c in targets]
        )
        rng = np.random.default_rng([self.seed])
        panel = rng.permutation(self.others)[: self.against + self.queries + 1]
        panel_drawing = rng.integers(self.characters.counts[panel])
        # A character must not stand against itself: the panel has one to spare. It drops the character
        # itself or, where that is not in it, its last one.
        keep = np.stack([np.argsort(panel == c, kind="stable")[:-1] for c in targets])
        others = gather_drawings(self.characters, panel[keep][:, None], panel_drawing[keep][:, None], self.against)
        itself = gather_drawings(
            self.characters, np.broadcast_to(targets[:, None, None], own[:, None].shape), own[:, None], self.shots
        )
        joined = {name: torch.cat([part, getattr(itself, name)], dim=1) for name, part in others.tensors().items()}
        for name in ("support_y", "query_y"):
            joined[name][:, getattr(others, name).shape[1] :] = 1
        return TaskBatch(ways=2, **joined)


ENOUGH_OTHERS = 16  # for ten other characters in the support set, five in the query set, and the one to spare


def other_characters(characters: CharacterSet, split_name: str) -> np.ndarray:
    """Return the characters that class 0 of character tasks is drawn from: the training ones, or all if too few."""
    train_side = split(characters, split_name).train
    return train_side if len(train_side) >= ENOUGH_OTHERS else np.arange(len(characters))


def all_character_tasks(
    characters: CharacterSet,
    split_name: str,
    positions: np.ndarray | None = None,
    drawings: int | None = None,
    seed: int = 0,
) -> CharacterTasks:
    """Return the character task of every character, against the training characters of a split.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    split_name : str
        The split whose training characters make class 0: "article" or "lake".
    positions : ndarray of int, optional
        Only these characters.
    drawings : int, optional
        Drawings of a character in its support set; by default as many as the character with the fewest has.
    seed : int
        Of the drawings, and of the characters in class 0.

    Returns
    -------
    CharacterTasks
        An embedder can read them as they are.

    Raises
    ------
    MetalearnError
        For an unknown split, or too few characters.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> ml.all_character_tasks(characters, "lake", ml.split(characters, "lake").test)
    <CharacterTasks: 499 characters of glyphs, 20 drawings each against 10 others, seed 0>
    """
    everyone = np.arange(len(characters)) if positions is None else positions
    fewest = int(characters.counts[everyone].min())
    others = other_characters(characters, split_name)
    return CharacterTasks(characters, everyone, others, min(fewest, drawings or fewest), seed=seed)
