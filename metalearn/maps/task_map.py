"""A map of the task space: all tasks of a kind embedded, laid out and clustered once."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.geometry import centred_unit, nearest_rows
from metalearn.schema import check_arrays, floats, whole

EPISODE_MAP = "episodes"  # the embedder that conditioned learners use; its map shows episodes, not characters

PROJECTION_TITLES = {
    "umap-2d": "UMAP 2D",
    "umap-2d-again": "UMAP 2D, another seed",
    "umap-3d": "UMAP 3D",
    "pca-2d": "PCA 2D",
    "pca-3d": "PCA 3D",
}
COLOUR_TITLES = {
    "alphabet": "alphabet",
    "question": "question",
    "side": "split side",
    "kmeans": "k-means cluster",
    "hdbscan": "HDBSCAN cluster",
    "difficulty": "difficulty",
}
FIFTHS = ("easiest fifth", "second fifth", "third fifth", "fourth fifth", "hardest fifth")
FEWEST_CHARACTERS = 20  # characters on a map

# What the file of a map holds.
ENTRIES = {"data": str, "split": str, "family": str, "names": list[str], "explained": list[float]}
LAYOUT = {
    "drawings": whole("tasks", "each"),
    "embedding": floats("tasks", "D"),
    "pca": floats("tasks", 3),
    "umap": floats("tasks", 2),
    "umap_3d": floats("tasks", 3),
    "umap_again": floats("tasks", 2),
    "kmeans": whole("tasks"),
    "hdbscan": whole("tasks"),
    "difficulty": floats("tasks"),
}


@dataclass(frozen=True, repr=False)
class TaskMap:
    """Tasks as points: their embeddings, laid out and clustered once.

    Parameters
    ----------
    data : str
        The characters that the tasks are made of: "omniglot" or "glyphs", for example.
    split : str
        The split on which the base model was trained and the embedding fitted.
    family : str
        The embedding: "gradient", for example.
    names : tuple of str
        What each task is called: its character, or its question and number.
    drawings : ndarray of int
        Some drawings that stand for each task, ``[tasks, n]``, numbered like the ids of a ``TaskBatch``.
    embedding : ndarray
        The task embeddings, ``[tasks, D]``.
    pca, umap_3d : ndarray
        Coordinates in three dimensions, ``[tasks, 3]``.
    umap, umap_again : ndarray
        Coordinates in two dimensions, ``[tasks, 2]``; the second from another seed.
    kmeans, hdbscan : ndarray of int
        The cluster of each task; HDBSCAN's -1 means in no cluster.
    difficulty : ndarray
        The query loss of the learner "film" after adapting to each task, ``[tasks]``.
    explained : tuple of float
        The share of the embedding's variance on each of its leading components.

    Examples
    --------
    >>> import metalearn as ml
    >>> task_map = ml.load_map("gradient", "lake")
    >>> task_map
    <TaskMap: 1,623 tasks of omniglot, gradient embedding of 256 numbers, lake split>
    >>> [task_map.names[i] for i in task_map.neighbours(0, count=2)]
    ['Tagalog/character01', 'Angelic/character01']
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

    def __repr__(self) -> str:
        return (
            f"<TaskMap: {len(self.names):,} tasks of {self.data}, {self.family} embedding of {self.embedding.shape[1]} "
            f"numbers, {self.split} split>"
        )

    def _repr_html_(self) -> str:
        """Show the flat UMAP projection as a cloud of points, in a notebook."""
        import html

        from PIL import Image

        from metalearn.characters.png import png_address

        low, high = self.umap.min(0), self.umap.max(0)
        places = ((self.umap - low) / np.maximum(high - low, 1e-9) * 236).astype(int) + 2
        cloud = np.full((240, 240), 255, np.uint8)
        for dx in (0, 1):
            for dy in (0, 1):
                cloud[239 - places[:, 1] - dy, places[:, 0] + dx] = 90
        return f'<div>{html.escape(repr(self))}<br><img alt="" src="{png_address(Image.fromarray(cloud))}"></div>'

    @classmethod
    def load(cls, path: Path) -> "TaskMap":
        """Read the map at ``path``, without ``.json``. Raises MetalearnError where there is none, or something else."""
        arrays, fields = artifacts.load(path, "map", ENTRIES)
        check_arrays(path, arrays, LAYOUT, {"tasks": len(fields["names"])})
        known: dict[str, Any] = {name: fields[name] for name in ("data", "split", "family")}
        known |= {name: tuple(fields[name]) for name in ("names", "explained")}
        known |= {name: a if a.dtype.kind == "f" else a.astype(np.int64) for name, a in arrays.items()}
        return cls(**known)

    def save(self, path: Path) -> None:
        """Write the map to ``path.safetensors`` and ``path.json``, its numbers in half precision."""
        fields = asdict(self)
        arrays = {name: fields.pop(name) for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        small = {name: a if a.dtype.kind == "f" else a.astype(np.int32) for name, a in arrays.items()}
        artifacts.save(path, artifacts.halved(small), {"kind": "map", **fields})

    @property
    def projections(self) -> dict[str, np.ndarray]:
        """The coordinates of each projection, ``[tasks, 2 or 3]``; the names are the keys of ``PROJECTION_TITLES``."""
        return {
            "umap-2d": self.umap,
            "umap-2d-again": self.umap_again,
            "umap-3d": self.umap_3d,
            "pca-2d": self.pca[:, :2],
            "pca-3d": self.pca,
        }

    @property
    def unit(self) -> np.ndarray:
        """The embedding, centred and with rows of length one: inner products are centred cosines."""
        return centred_unit(self.embedding)

    def labels(self, characters: CharacterSet, colour: str) -> list[str]:
        """Return the label by which each task is coloured.

        ``colour`` is a key of ``COLOUR_TITLES``: "question" is for maps of episodes, "alphabet" and "side" are for
        maps of characters, and the others are for both.
        """
        if colour == "difficulty":
            fifth = np.searchsorted(np.quantile(self.difficulty, [0.2, 0.4, 0.6, 0.8]), self.difficulty)
            return [FIFTHS[i] for i in fifth]
        if colour in ("kmeans", "hdbscan"):
            numbers = self.kmeans if colour == "kmeans" else self.hdbscan
            return ["in no cluster" if n < 0 else f"cluster {n + 1}" for n in numbers]
        if colour == "side":
            side = np.full(len(self.names), "training", dtype=object)
            sides = split(characters, self.split)
            side[sides.validation], side[sides.test] = "validation", "test"
            return list(side)
        return [name.split("/")[0].replace("_", " ") for name in self.names]

    def neighbours(self, task: int, count: int = 8) -> np.ndarray:
        """Return the ``count`` tasks nearest to ``task`` in the full space, nearest first."""
        return nearest_rows(self.unit, count, np.array([task]))[0]
