"""The sampler of drawings about which two questions can be asked, to see which of the two a learner answers."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.tasks.episodes import distinct
from metalearn.tasks.hidden_questions import HIDDEN_QUESTIONS, HiddenQuestions
from metalearn.tasks.rendering import LEVELS
from metalearn.tasks.task_batch import TaskBatch, tasks_of_images


@dataclass(frozen=True, repr=False)
class TwoQuestions(HiddenQuestions):
    """Sampler of tasks whose every drawing has a class by each of two attributes, and not the same one.

    In each task the classes of either attribute are balanced: there are as many drawings of each in the support set,
    and in the query set. All other attributes vary at random, as in :class:`HiddenQuestions`, whose parameters these
    are; ``asked`` names the two attributes.

    Parameters
    ----------
    agree : bool
        Whether the two attributes give each support drawing the same class. The support set then answers both
        questions, and does not say which one is asked. Only the queries tell: by each attribute they are of another
        class.

    Raises
    ------
    MetalearnError
        For other than two attributes, and more shots than there are classes to give them.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> pool = ml.split(characters, "lake").test
    >>> by_pen, by_size = ml.TwoQuestions(characters, pool, asked=("pen", "size"), agree=True).pair(0)
    >>> (by_pen.support_y == by_size.support_y).all(), (by_pen.query_y == by_size.query_y).any()
    (tensor(True), tensor(False))
    """

    agree: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.asked) != 2 or self.asked[0] == self.asked[1]:
            raise MetalearnError("two questions are asked about two attributes; name them both")
        if not self.agree and self.shots >= self.ways:
            raise MetalearnError("each drawing of a class is of another class by the other question: use fewer shots")

    def batch(self, index: int) -> TaskBatch:
        """Return the tasks of :meth:`pair` with the classes of the first question."""
        return self.pair(index)[0]

    def pair(self, index: int) -> tuple[TaskBatch, TaskBatch]:
        """Return the same drawings twice: with the classes of the first question, and with those of the second."""
        rng = np.random.default_rng([self.seed, index])
        levels, drawings = self._at_random(rng)
        # Drawing d of class c by the first question is of class c + offset[d] by the second.
        by_first = np.broadcast_to(np.arange(self.ways)[:, None], drawings.shape)
        by_second = (by_first + self._offsets(rng)[:, None]) % self.ways
        for asked, of_class in zip(self.asked, (by_first, by_second), strict=True):
            if asked == "character":
                characters = self._characters_as_classes(rng, self.batch_size)
                drawings = np.take_along_axis(characters, of_class, axis=1)
            else:
                of_classes = distinct(rng, self.batch_size, LEVELS, self.ways)
                levels[asked] = np.take_along_axis(of_classes[..., None], of_class, axis=1)
        first = tasks_of_images(self._images(drawings, levels), drawings, self.shots, self._number(self.asked[0]))
        support, query = np.split(by_second, [self.shots], axis=2)
        support_y, query_y = (torch.from_numpy(classes.reshape(self.batch_size, -1)) for classes in (support, query))
        return first, replace(first, support_y=support_y, query_y=query_y, question=self._number(self.asked[1]))

    def _number(self, asked: str) -> Tensor:
        return torch.full((self.batch_size,), HIDDEN_QUESTIONS.index(asked))

    def _offsets(self, rng: np.random.Generator) -> np.ndarray:
        """Choose by how much the classes of the second question are shifted, ``[tasks, shots + queries]``.

        Two support drawings of one class by either question are of different classes by the other.
        """
        shifts = np.arange(1, self.ways)
        support = rng.permuted(np.tile(shifts, (self.batch_size, 1)), axis=1)[:, : self.shots]
        if self.agree:
            support = np.zeros((self.batch_size, self.shots), int)
        return np.concatenate([support, rng.choice(shifts, (self.batch_size, self.queries))], axis=1)
