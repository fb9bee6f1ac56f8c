"""Tasks as plain tensors: a batch of tasks of the same shape."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.errors import MetalearnError


@dataclass(frozen=True, repr=False)
class TaskBatch:
    """T tasks of the same shape, as plain tensors.

    It has a length, can be sliced, and shows the first task's support set in a notebook.

    Parameters
    ----------
    support_x, query_x : Tensor
        The images, float32 in [0, 1]: ``[T, ways*shots, 1, 28, 28]`` and ``[T, ways*queries, 1, 28, 28]``.
    support_y, query_y : Tensor
        Their classes, int64 from 0 to ways - 1: ``[T, ways*shots]`` and ``[T, ways*queries]``. For regression, float32:
        the number that belongs to each point; the points may then have any shape.
    ways : int
        How many classes a task has; 1 for regression.
    support_ids, query_ids : Tensor
        Which drawing each image is, int64, in the shape of the classes: the character's position times the drawings per
        character, plus the drawing's number. -1 for an image that is in no character set.
    question : Tensor, optional
        Where tasks ask different questions: the number of the question each asks, int64 ``[T]``. Learners and embedders
        are not told; it is for probes, and for oracles that show what knowing it is worth.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").train, batch_size=8).batch(0)
    >>> batch[:2]
    <TaskBatch: 2 tasks, 5-way 1-shot, 15 queries per class>
    >>> batch.support_x.shape
    torch.Size([8, 5, 1, 28, 28])
    """

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor
    ways: int
    support_ids: Tensor
    query_ids: Tensor
    question: Tensor | None = None

    def __len__(self) -> int:
        return len(self.support_y)

    def __getitem__(self, tasks: int | slice | Tensor) -> "TaskBatch":
        """Return some of the tasks, by number, slice or tensor of numbers; a single task is a batch of one."""
        rows = slice(tasks, tasks + 1) if isinstance(tasks, int) else tasks
        return TaskBatch(ways=self.ways, **{name: tensor[rows] for name, tensor in self.tensors().items()})

    @property
    def is_regression(self) -> bool:
        """Whether the answers are numbers, and not classes."""
        return self.support_y.is_floating_point()

    @property
    def shape_in_words(self) -> str:
        """The size of its tasks: "5-way 1-shot, 15 queries per class"."""
        if self.is_regression:
            return f"regression, {self.support_y.shape[1]} points, {self.query_y.shape[1]} queries"
        shots, queries = (y.shape[1] / self.ways for y in (self.support_y, self.query_y))
        return f"{self.ways}-way {shots:g}-shot, {queries:g} {'query' if queries == 1 else 'queries'} per class"

    def __repr__(self) -> str:
        return f"<TaskBatch: {len(self)} task{'s' * (len(self) != 1)}, {self.shape_in_words}>"

    def _repr_html_(self) -> str:
        """Show the support set of the first task, in a notebook: one column per class."""
        from metalearn.characters.png import html_with_sheet

        if not len(self) or self.is_regression:
            return repr(self).replace("<", "&lt;")
        order = torch.argsort(self.support_y[0], stable=True)
        drawings = (255 * self.support_x[0, order, 0]).round().byte().cpu().numpy()
        shots = max(1, len(drawings) // self.ways)
        if len(drawings) == shots * self.ways:  # classes of different sizes would not fill a grid
            drawings = drawings.reshape(self.ways, shots, *drawings.shape[1:]).swapaxes(0, 1).reshape(drawings.shape)
        return html_with_sheet(f"{self!r}, the support set of the first:", drawings, self.ways)

    def batches(self, size: int) -> Iterator["TaskBatch"]:
        """Yield the tasks ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def to(self, target: torch.device | torch.dtype | str) -> "TaskBatch":
        """Return the batch on another device, or its images in another floating-point type."""
        if isinstance(target, torch.dtype):
            numbers = {name: value.to(target) for name, value in self.tensors().items() if value.is_floating_point()}
            return replace(self, **numbers)  # type: ignore[arg-type]
        return TaskBatch(ways=self.ways, **{name: tensor.to(target) for name, tensor in self.tensors().items()})

    def without_queries(self) -> "TaskBatch":
        """Return the tasks with their support sets alone, as an embedding may see them."""
        return replace(self, query_x=self.query_x[:, :0], query_y=self.query_y[:, :0], query_ids=self.query_ids[:, :0])

    def tensors(self) -> dict[str, Tensor]:
        """Return the fields that are tensors, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


def join_batches(batches: Iterable[TaskBatch]) -> TaskBatch:
    """Join batches of the same shape into one."""
    parts = list(batches)
    tensors = {name: torch.cat([part.tensors()[name] for part in parts]) for name in parts[0].tensors()}
    return TaskBatch(ways=parts[0].ways, **tensors)


class Tasks(Protocol):
    """What an embedder reads: a known number of tasks, in batches of a size that the embedder chooses."""

    def __len__(self) -> int: ...

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks ``size`` at a time."""
        ...


def gather_drawings(
    data: CharacterSet, characters: np.ndarray, drawings: np.ndarray, shots: int, turns: np.ndarray | None = None
) -> TaskBatch:
    """Return tasks made of some drawings, given by the positions of their characters and their own numbers.

    ``characters``, ``drawings`` and ``turns`` (quarter turns) are all ``[tasks, ways, shots + queries]``, shots first.
    """
    images = data.images[characters, drawings]
    if turns is not None and turns.any():
        images = images.copy()
        for quarter in (1, 2, 3):
            images[turns == quarter] = np.rot90(images[turns == quarter], quarter, axes=(1, 2))
    x = torch.from_numpy(images).reshape(*characters.shape, 1, IMAGE_SIZE, IMAGE_SIZE)
    return tasks_of_images(x.float() / 255, characters * data.images.shape[1] + drawings, shots)


def tasks_of_images(x: Tensor, ids: np.ndarray, shots: int, question: Tensor | None = None) -> TaskBatch:
    """Return tasks made of images ``[tasks, ways, shots + queries, 1, 28, 28]``, shots first; ``ids`` says which."""
    parts = {"x": x, "y": torch.arange(x.shape[1])[None, :, None].expand(x.shape[:3]), "ids": torch.from_numpy(ids)}
    tensors = {
        f"{side}_{name}": part[:, :, columns].flatten(1, 2)
        for side, columns in (("support", slice(None, shots)), ("query", slice(shots, None)))
        for name, part in parts.items()
    }
    return TaskBatch(ways=x.shape[1], question=question, **tensors)


def check_drawings(data: CharacterSet, needed: int) -> None:
    """Raise MetalearnError where no character has so many drawings."""
    if needed > data.counts.max():
        raise MetalearnError(
            "{needed} drawings of a character are needed; {name} has at most {most}",
            needed=needed,
            name=data.name,
            most=int(data.counts.max()),
        )
