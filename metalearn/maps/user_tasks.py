"""A user's own characters on a map: where they lie, what they are near to, and whether they are far from everything."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.pipeline import Pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.geometry import centred_unit
from metalearn.maps.task_map import TaskMap
from metalearn.tasks.character_tasks import CharacterTasks

FAR = 0.05  # the share of held-out characters that count as far from everything


def common_shots(own: Sequence[Sequence[np.ndarray]], characters: CharacterSet) -> int:
    """Return how many drawings of each character can be used, if all characters are to have as many.

    ``own`` are the user's own characters: the drawings of each class.
    """
    return min(*map(len, own), int(characters.counts.min()))


def embed_own_characters(
    own: Sequence[Sequence[np.ndarray]], characters: CharacterSet, others: np.ndarray, embedder: Pipeline
) -> np.ndarray:
    """Embed a user's own characters, ``[classes, D]``, as the tasks on the map were: each against the same ``others``.

    Of each class the first :func:`common_shots` drawings are used.
    """
    shots = common_shots(own, characters)
    images = np.zeros((len(own), *characters.images.shape[1:]), np.uint8)
    for row, drawings in zip(images, own, strict=True):
        row[:shots] = np.stack(drawings[:shots])
    together = replace(
        characters,
        images=np.concatenate([characters.images, images]),
        characters=(*characters.characters, *(f"own/{i}" for i in range(len(own)))),
        counts=np.concatenate([characters.counts, np.full(len(own), shots)]),
    )
    positions = np.arange(len(characters), len(together))
    found: np.ndarray = embedder.transform(CharacterTasks(together, positions, others, shots=shots))
    return found


def nearest_similarity(embedded: np.ndarray, shown: TaskMap, known: np.ndarray) -> np.ndarray:
    """Return how near each row of ``embedded`` is to the nearest of the ``known`` tasks on a map: a cosine, ``[n]``."""
    return map_similarities(embedded, shown)[:, known].max(1)


def map_similarities(embedded: np.ndarray, shown: TaskMap) -> np.ndarray:
    """Return the cosines ``[n, tasks]`` of embeddings ``[n, D]`` with all tasks of a map, centred as the map is."""
    return centred_unit(embedded, shown.embedding.mean(0)) @ shown.unit.T


def far_threshold(
    characters: CharacterSet, held_out: np.ndarray, known: np.ndarray, shots: int, embedder: Pipeline, shown: TaskMap
) -> float:
    """Return the cosine below which a character counts as far from everything on the map.

    One in twenty of the ``held_out`` characters, embedded from as many drawings, lies below it.
    """
    embedded = embedder.transform(CharacterTasks(characters, held_out, known, shots=shots))
    return float(np.quantile(nearest_similarity(embedded, shown, known), FAR))
