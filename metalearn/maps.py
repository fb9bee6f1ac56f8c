"""Maps of the task space: all tasks of a kind embedded, laid out and clustered once, so that pages need not compute."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metalearn import reduce, store
from metalearn.data import CharacterSet, split
from metalearn.errors import MetalearnError

FAMILIES = ("gradient", "adaptation", "collaborative", "generative")  # one of each kind of embedding has a map
EPISODES = "episodes"  # the embedder of conditioned learners; its map is of episodes, not of characters
FEWEST = 20  # characters on a map


@dataclass(frozen=True)
class TaskMap:
    """Tasks as points. ``data`` and ``split`` are those of the tasks and of the base model, ``family`` the embedding.

    ``names``: of the tasks; ``drawings``: int64 ``[tasks, n]``, drawings that stand for each, numbered as in a
    :class:`~metalearn.tasks.TaskBatch`; ``embedding``: ``[tasks, D]``; ``pca``, ``umap_3d``: ``[tasks, 3]``; ``umap``,
    ``umap_again``: ``[tasks, 2]``, the second from another seed; ``kmeans``, ``hdbscan``: cluster of each task
    (HDBSCAN's -1: none); ``difficulty``: query loss ``[tasks]`` of the learner "film" after adapting to the task;
    ``explained``: the share of the embedding's variance on each of the leading components.
    """

    data: str
    split: str
    family: str
    names: tuple[str, ...]
    drawings: np.ndarray
    embedding: np.ndarray
    pca: np.ndarray
    umap: np.ndarray
    umap_3d: np.ndarray
    umap_again: np.ndarray
    kmeans: np.ndarray
    hdbscan: np.ndarray
    difficulty: np.ndarray
    explained: tuple[float, ...]

    @property
    def projections(self) -> dict[str, np.ndarray]:
        """Coordinates ``[tasks, 2 or 3]`` by the projection's name."""
        return {
            "UMAP 2D": self.umap,
            "UMAP 2D, another seed": self.umap_again,
            "UMAP 3D": self.umap_3d,
            "PCA 2D": self.pca[:, :2],
            "PCA 3D": self.pca,
        }

    @property
    def unit(self) -> np.ndarray:
        """The embedding, centred, with rows of length one."""
        return reduce.centred_unit(self.embedding)

    def neighbours(self, task: int, count: int = 8) -> np.ndarray:
        """Return the tasks nearest to ``task`` in the full space, nearest first."""
        return reduce.nearest(self.unit, count, np.array([task]))[0]


COLOURS = ("alphabet", "split side", "k-means cluster", "HDBSCAN cluster", "difficulty")
FIFTHS = ("easiest fifth", "second fifth", "third fifth", "fourth fifth", "hardest fifth")


def labels(shown: TaskMap, characters: CharacterSet, colour: str) -> list[str]:
    """Return what each task is coloured by; ``colour`` is one of ``COLOURS``, or "question" for a map of episodes."""
    if colour == "difficulty":
        fifth = np.searchsorted(np.quantile(shown.difficulty, [0.2, 0.4, 0.6, 0.8]), shown.difficulty)
        return [FIFTHS[i] for i in fifth]
    if colour in ("k-means cluster", "HDBSCAN cluster"):
        numbers = shown.kmeans if colour == "k-means cluster" else shown.hdbscan
        return ["in no cluster" if n < 0 else f"cluster {n + 1}" for n in numbers]
    if colour == "split side":
        side = np.full(len(shown.names), "training", dtype=object)
        sides = split(characters, shown.split)
        side[sides.validation], side[sides.test] = "validation", "test"
        return list(side)
    return [name.split("/")[0].replace("_", " ") for name in shown.names]


def path_of(split_name: str, family: str = "gradient", data: str = "omniglot", root: Path | None = None) -> Path:
    """Return where a map lies, without ending. That of episodes is beside what was trained on mixed questions."""
    folder = f"{split_name}-mixed" if family == EPISODES else split_name
    return (root or store.PRETRAINED) / folder / (f"map-{family}" if data == "omniglot" else f"map-{family}-{data}")


def load(split_name: str, family: str = "gradient", data: str = "omniglot") -> TaskMap:
    """Load a map that ships. Raises MetalearnError where there is none, or something else."""
    path = path_of(split_name, family, data)
    arrays, fields = store.load(path)
    if fields.pop("kind") != "map":
        raise MetalearnError(f"{path} is not a map; make it again with 'metalearn train --recipe all'")
    known: dict[str, Any] = {name: fields[name] for name in ("data", "split", "family")}
    known |= {name: tuple(fields[name]) for name in ("names", "explained")}
    known |= {name: a if a.dtype.kind == "f" else a.astype(np.int64) for name, a in arrays.items()}
    return TaskMap(**known)


def save(made: TaskMap, path: Path) -> None:
    """Write a map as an artifact, numbers in half precision."""
    fields = asdict(made)
    arrays = {name: fields.pop(name) for name, value in vars(made).items() if isinstance(value, np.ndarray)}
    small = {name: a if a.dtype.kind == "f" else a.astype(np.int32) for name, a in arrays.items()}
    store.save(path, store.halved(small), {"kind": "map", **fields})
