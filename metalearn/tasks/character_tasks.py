"""One task per character: its drawings against a few drawings of other characters."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.glyphs import make_glyphs
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.tasks.task_batch import TaskBatch, gather_drawings


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
    panel : CharacterSet, optional
        The set that ``others`` are in; by default the same, ``characters``.
    shots : int
        Drawings of the character in the support set, or as many as it has. Tasks in a batch have equally many.
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
        Where a character has no drawing left for its support set, or there are too few others.

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
    panel: CharacterSet | None = None

    def __post_init__(self) -> None:
        short = self._own_shots < 1
        if short.any():
            name, needed = self.characters.characters[self.positions[short][0]], self.skip + 1 + self.queries
            raise MetalearnError("{name} has fewer than the {needed} drawings needed", name=name, needed=needed)
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

    @property
    def _own_shots(self) -> np.ndarray:
        """How many drawings of each character are in its support set, ``[tasks]``."""
        return np.minimum(self.shots, self.characters.counts[self.positions] - self.skip - self.queries)

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks in order, at most ``size`` at a time; those of a batch have equally many drawings."""
        shots = self._own_shots
        for alike in np.split(np.arange(len(self)), np.flatnonzero(np.diff(shots)) + 1):
            for start in range(0, len(alike), size):
                chosen = alike[start : start + size]
                yield self._batch(self.positions[chosen], int(shots[chosen[0]]))

    def _batch(self, targets: np.ndarray, shots: int) -> TaskBatch:
        taken = slice(self.skip, self.skip + shots + self.queries)
        # Seeded by the character, so that a task is the same in whatever batch it comes.
        own = np.stack(
            [np.random.default_rng([self.seed, c]).permutation(self.characters.counts[c])[taken] for c in targets]
        )
        rng = np.random.default_rng([self.seed])
        panel = rng.permutation(self.others)[: self.against + self.queries + 1]
        home = self.characters if self.panel is None else self.panel
        panel_drawing = rng.integers(home.counts[panel])
        # A character must not stand against itself: the panel has one to spare. It drops the character
        # itself or, where that is not in it, its last one.
        is_itself = (panel == targets[:, None]) & (home is self.characters)
        keep = np.argsort(is_itself, axis=1, kind="stable")[:, :-1]
        others = gather_drawings(home, panel[keep][:, None], panel_drawing[keep][:, None], self.against)
        if home is not self.characters:
            unknown = torch.full_like(others.support_ids, -1), torch.full_like(others.query_ids, -1)
            others = replace(others, support_ids=unknown[0], query_ids=unknown[1])
        itself = gather_drawings(
            self.characters, np.broadcast_to(targets[:, None, None], own[:, None].shape), own[:, None], shots
        )
        joined = {name: torch.cat([part, getattr(itself, name)], dim=1) for name, part in others.tensors().items()}
        for name in ("support_y", "query_y"):
            joined[name][:, getattr(others, name).shape[1] :] = 1
        return TaskBatch(ways=2, **joined)


STANDARD = ("omniglot", "glyphs")  # the sets whose own training characters make class 0


def other_characters(characters: CharacterSet, split_name: str) -> tuple[np.ndarray, CharacterSet]:
    """Return what class 0 of character tasks is drawn from: positions of characters, and the set they are in.

    Of Omniglot and of the glyphs, these are the split's training characters. Sets of your own stand against the
    training glyphs: the embedding of a character is then the same whatever else is in its set.
    """
    home = characters if characters.name in STANDARD else make_glyphs()
    return split(home, split_name).train, home


def all_character_tasks(
    characters: CharacterSet,
    split_name: str,
    positions: np.ndarray | None = None,
    drawings: int | None = None,
    seed: int = 0,
) -> CharacterTasks:
    """Return the character task of every character, against characters that are the same for all.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    split_name : str
        The split whose training characters make class 0, "article" or "lake": those of Omniglot or of the glyphs
        themselves; for a set of your own, those of the glyphs.
    positions : ndarray of int, optional
        Only these characters.
    drawings : int, optional
        Drawings of a character in its support set, if it has so many; by default all that it has.
    seed : int
        Of the drawings, and of the characters in class 0.

    Returns
    -------
    CharacterTasks
        An embedder can read them as they are.

    Raises
    ------
    MetalearnError
        For an unknown split.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> ml.all_character_tasks(characters, "lake", ml.split(characters, "lake").test)
    <CharacterTasks: 499 characters of glyphs, 20 drawings each against 10 others, seed 0>
    """
    everyone = np.arange(len(characters)) if positions is None else positions
    most = int(characters.counts.max())
    others, panel = other_characters(characters, split_name)
    return CharacterTasks(characters, everyone, others, min(most, drawings or most), seed=seed, panel=panel)
