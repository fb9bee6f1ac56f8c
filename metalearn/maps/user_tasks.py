"""A user's own characters on a map: where they lie, what they are near to, and whether they are far from everything."""

from collections.abc import Sequence

import numpy as np
from sklearn.pipeline import Pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.geometry import centred_unit
from metalearn.maps.task_map import TaskMap
from metalearn.tasks.character_tasks import CharacterTasks, other_characters

FAR = 0.05  # the share of held-out characters that count as far from everything


def embed_own_characters(
    own: Sequence[Sequence[np.ndarray]], split_name: str, characters: CharacterSet, embedder: Pipeline
) -> np.ndarray:
    """Embed a user's own characters, ``[classes, D]``, as the tasks on the map of ``characters`` were.

    ``own`` are the drawings of each class, uint8 ``[28, 28]``; classes may have different numbers of them. They stand
    against the same others as the characters of the map.
    """
    counts = np.array([len(drawings) for drawings in own])
    images = np.zeros((len(own), counts.max(), *characters.images.shape[2:]), np.uint8)
    for row, drawings in zip(images, own, strict=True):
        row[: len(drawings)] = np.stack(drawings)
    set_of_own = CharacterSet(
        name="own",
        images=images,
        characters=tuple(f"own/{i}" for i in range(len(own))),
        drawers=tuple(f"drawing{i}" for i in range(counts.max())),
        source="the user",
        citation="none",
        counts=counts,
    )
    others, panel = other_characters(characters, split_name)
    found: np.ndarray = embedder.transform(CharacterTasks(set_of_own, np.arange(len(own)), others, panel=panel))
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
