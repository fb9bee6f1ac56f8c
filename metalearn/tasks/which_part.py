"""The sampler of tasks about pages of several characters, of which one counts, without saying which."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.episodes import choose_drawings, distinct, too_few_characters
from metalearn.tasks.questions import PLACES
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch, tasks_of_images

SIDE = 2  # rows and columns of a page


@dataclass(frozen=True, repr=False)
class WhichPart:
    """Sampler of tasks about pages of four characters. The character in one place makes the class; the rest distract.

    The place is the same for all pages of a task. A learner is not told which: it has to see where pages of one class
    agree. Task t of a batch asks about place ``t % 4``.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    pool : ndarray of int
        The positions of the characters that may be used: one side of a split.
    ways, shots, queries : int
        Classes in a task, and pages of each class in the support set and in the query set.
    batch_size : int
        Tasks in a batch, a multiple of four.
    seed : int
        Another seed gives other tasks.

    Raises
    ------
    MetalearnError
        For another batch size, and for too few characters or drawings.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> ml.WhichPart(characters, ml.split(characters, "lake").test).batch(0)
    <TaskBatch: 8 tasks, 5-way 2-shot, 3 queries per class>
    """

    characters: CharacterSet
    pool: np.ndarray
    ways: int = 5
    shots: int = 2
    queries: int = 3
    batch_size: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size % len(PLACES):
            raise MetalearnError(
                "a batch of tasks about {count} places is a multiple of {count}, not {batch_size}",
                count=len(PLACES),
                batch_size=self.batch_size,
            )
        if self.ways < 2 or self.shots < 1 or self.queries < 0:
            raise MetalearnError("a task needs at least 2 ways, 1 shot, and no negative number of queries")
        if len(self._enough) < self.ways:
            raise too_few_characters(self.ways, self.shots, self.queries, len(self._enough))

    def __repr__(self) -> str:
        return (
            f"<WhichPart: {self.ways}-way {self.shots}-shot, {self.queries} queries per class, pages of {len(PLACES)} "
            f"from {len(self.pool):,} characters of {self.characters.name}, seed {self.seed}>"
        )

    @property
    def questions(self) -> tuple[str, ...]:
        """The places that tasks ask about, in turn."""
        return PLACES

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: the same tasks every time, the places in turn."""
        rng = np.random.default_rng([self.seed, index])
        each = self.shots + self.queries
        shape = (self.batch_size, self.ways, each)
        others = self.pool[rng.integers(len(self.pool), size=(*shape, len(PLACES)))]
        drawings = rng.integers(self.characters.counts[others])
        classes = self._enough[distinct(rng, self.batch_size, len(self._enough), self.ways)]
        place = np.arange(self.batch_size) % len(PLACES)
        tasks = np.arange(self.batch_size)
        others[tasks, :, :, place] = classes[..., None]
        drawings[tasks, :, :, place] = choose_drawings(rng, self.characters, classes, each)
        pages = _pages(torch.from_numpy(self.characters.images[others, drawings]).float() / 255)
        # A page holds several drawings; it is named by the one that counts.
        ids = (others * self.characters.images.shape[1] + drawings)[tasks, :, :, place]
        return tasks_of_images(pages, ids, self.shots, torch.from_numpy(place))

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield the first ``tasks`` tasks in batches; the last batch may be shorter."""
        return sample_tasks(self, tasks)

    @cached_property
    def _enough(self) -> np.ndarray:
        """Return the characters that have enough drawings to make a class."""
        return self.pool[self.characters.counts[self.pool] >= self.shots + self.queries]


def _pages(images: Tensor) -> Tensor:
    """Lay images ``[..., 4, 28, 28]`` out on pages ``[..., 1, 28, 28]``, each at half its size."""
    small = F.avg_pool2d(images.flatten(0, -3)[:, None], SIDE)
    # A thin stroke fades where four pixels become one; it is drawn as dark as before.
    small = (small * 1.6).clamp_max(1)
    rows = small.reshape(-1, SIDE, SIDE, *small.shape[-2:])
    pages = rows.transpose(2, 3).reshape(-1, 1, IMAGE_SIZE, IMAGE_SIZE)
    return pages.reshape(*images.shape[:-3], 1, IMAGE_SIZE, IMAGE_SIZE)
