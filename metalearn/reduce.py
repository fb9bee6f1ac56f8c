"""From the matrix of task embeddings E ``[tasks, D]`` to maps one can look at and clusters one can name."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from metalearn import store
from metalearn.errors import MetalearnError


def centred_unit(embedding: np.ndarray) -> np.ndarray:
    """Return the rows less their mean, each of length one: their inner products are centred cosines."""
    centred = embedding - embedding.mean(0)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)


def nearest(unit: np.ndarray, count: int, rows: np.ndarray | None = None) -> np.ndarray:
    """Return for each of ``rows`` (all, by default) the ``count`` other rows of ``unit`` nearest to it, nearest first.

    ``unit`` ``[tasks, D]`` has rows of length one, as :func:`centred_unit` returns them; the measure is the cosine in
    the full space, whatever map is being looked at. Returns int64 ``[rows, count]``.
    """
    rows = np.arange(len(unit)) if rows is None else np.asarray(rows)
    similarity = unit[rows] @ unit.T
    similarity[np.arange(len(rows)), rows] = -np.inf
    return np.argsort(-similarity, axis=1, kind="stable")[:, :count]


def umap_coordinates(embedding: np.ndarray, count: int = 2, seed: int = 0) -> np.ndarray:
    """Lay the tasks out with UMAP (McInnes et al. 2018), cosine distances: ``[tasks, count]``. Takes half a minute."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_jobs value")  # a fixed seed means one thread: we know
        from umap import UMAP

        return np.asarray(
            UMAP(n_components=count, metric="cosine", random_state=seed).fit_transform(embedding), dtype=np.float32
        )


def kmeans_clusters(embedding: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Partition the tasks into ``count`` clusters: int64 ``[tasks]``."""
    from sklearn.cluster import KMeans

    return KMeans(count, n_init=10, random_state=seed).fit_predict(embedding)


def density_clusters(embedding: np.ndarray, smallest: int = 8) -> np.ndarray:
    """Find dense groups of at least ``smallest`` tasks with HDBSCAN (Campello et al. 2013); -1 is in none."""
    from sklearn.cluster import HDBSCAN

    return HDBSCAN(min_cluster_size=smallest, copy=True).fit_predict(embedding)


# --- the map that ships ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskMap:
    """All character tasks of a set, embedded, laid out and clustered, so that a page can show them without computing.

    ``embedding``: whitened principal components ``[tasks, D]``, the leading ones first; ``umap``: ``[tasks, 2]``;
    ``kmeans``, ``hdbscan``: cluster of each task (HDBSCAN's -1: none); ``explained``: the share of the raw gradients'
    variance on each of the leading components; ``data`` and ``split`` are those of the tasks and the base model.
    """

    data: str
    split: str
    characters: tuple[str, ...]
    embedding: np.ndarray
    umap: np.ndarray
    kmeans: np.ndarray
    hdbscan: np.ndarray
    explained: tuple[float, ...]

    @property
    def projections(self) -> dict[str, np.ndarray]:
        """Coordinates ``[tasks, 2 or 3]`` by the projection's name."""
        return {"PCA 2D": self.embedding[:, :2], "PCA 3D": self.embedding[:, :3], "UMAP 2D": self.umap}

    def neighbours(self, task: int, count: int = 8) -> np.ndarray:
        """Return the tasks nearest to ``task`` in the full space, nearest first."""
        return nearest(centred_unit(self.embedding), count, np.array([task]))[0]


def save_map(made: TaskMap, path: Path) -> None:
    """Write a map as an artifact; embeddings are kept in half precision."""
    fields = asdict(made)
    arrays = {name: fields.pop(name) for name in ("embedding", "umap", "kmeans", "hdbscan")}
    arrays = {name: a if a.dtype.kind == "f" else a.astype(np.int16) for name, a in arrays.items()}
    store.save(path, store.halved(arrays), {"kind": "map", **fields})


def map_name(data: str) -> str:
    """Return the file name, without ending, of the map of ``data``."""
    return "map" if data == "omniglot" else f"map-{data}"


def load_map(split: str, data: str = "omniglot") -> TaskMap:
    """Load the shipped map of ``data`` made with the base model of ``split``."""
    path = store.PRETRAINED / split / map_name(data)
    arrays, fields = store.load(path)
    if fields.get("kind") != "map":
        raise MetalearnError(f"{path} is not a map; make it again with 'metalearn train --recipe all'")
    arrays = {name: a if a.dtype.kind == "f" else a.astype(np.int64) for name, a in arrays.items()}
    return TaskMap(
        data=fields["data"],
        split=fields["split"],
        characters=tuple(fields["characters"]),
        explained=tuple(fields["explained"]),
        **arrays,
    )
