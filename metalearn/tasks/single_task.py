"""One task of your choice: from characters that you name, or from single images."""

from collections.abc import Sequence

import numpy as np
import torch

from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.task_batch import TaskBatch, check_drawings, gather_drawings


def make_task(
    characters: CharacterSet,
    classes: Sequence[str] | Sequence[int] | np.ndarray,
    shots: int = 1,
    queries: int = 5,
    seed: int = 0,
) -> TaskBatch:
    """Make the one task that tells some characters apart.

    Parameters
    ----------
    characters : CharacterSet
        Where the drawings come from.
    classes : sequence of str or int
        Two or more characters, by name ("Greek/character01") or position, each once.
    shots, queries : int
        Drawings of each character in the support and in the query set.
    seed : int
        Which drawings: the same seed gives the same ones.

    Returns
    -------
    TaskBatch
        A batch of one task, with as many ways as there are characters.

    Raises
    ------
    MetalearnError
        Where a character is unknown, has too few drawings, comes twice, or stands alone.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> ml.make_task(characters, characters.characters[:5], shots=1, queries=3)
    <TaskBatch: 1 task, 5-way 1-shot, 3 queries per class>
    """
    names = [name for name in classes if isinstance(name, str)]
    chosen = characters.find(names) if names else np.asarray(classes)
    if len(chosen) < 2 or len(np.unique(chosen)) < len(chosen):
        raise MetalearnError("choose at least two characters, each once")
    check_drawings(characters, shots + queries)
    short = characters.counts[chosen] < shots + queries
    if short.any():
        i = chosen[short][0]
        raise MetalearnError(
            "{name} has {count} drawings; {shots} shots and {queries} queries need more",
            name=characters.characters[i],
            count=int(characters.counts[i]),
            shots=shots,
            queries=queries,
        )
    # Seeded by the character too, so that its drawings do not depend on what it is put beside.
    drawings = np.stack(
        [np.random.default_rng([seed, c]).permutation(characters.counts[c])[: shots + queries] for c in chosen]
    )
    positions = np.broadcast_to(chosen[:, None], drawings.shape)
    return gather_drawings(characters, positions[None], drawings[None], shots)


def task_from_images(classes: Sequence[Sequence[np.ndarray]], queries: Sequence[np.ndarray]) -> TaskBatch:
    """Make the one task that tells some classes of drawings apart.

    Parameters
    ----------
    classes : sequence of sequences of ndarray
        The drawings of each class, uint8 ``[28, 28]``; classes may have different numbers of them.
    queries : sequence of ndarray
        Drawings to be classified, uint8 ``[28, 28]``.

    Returns
    -------
    TaskBatch
        A batch of one task. The classes of the queries are not known: ``query_y`` is zero.

    Raises
    ------
    MetalearnError
        For fewer than two classes, or a class without a drawing.
    """
    if len(classes) < 2 or not all(len(drawings) for drawings in classes):
        raise MetalearnError("a task needs two classes or more, and a drawing of each")
    support = [drawing for drawings in classes for drawing in drawings]
    answers = [number for number, drawings in enumerate(classes) for _drawing in drawings]
    return TaskBatch(
        support_x=images_to_tensor(support),
        support_y=torch.tensor(answers)[None],
        query_x=images_to_tensor(queries),
        query_y=torch.zeros(1, len(queries), dtype=torch.int64),
        ways=len(classes),
        support_ids=torch.full((1, len(support)), -1),
        query_ids=torch.full((1, len(queries)), -1),
    )


def images_to_tensor(drawings: Sequence[np.ndarray]) -> torch.Tensor:
    """Return drawings, uint8 ``[28, 28]`` each, as the images of one task: float32 ``[1, n, 1, 28, 28]``."""
    stacked = np.stack(drawings) if len(drawings) else np.zeros((0, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    return torch.from_numpy(stacked)[None, :, None].float() / 255
