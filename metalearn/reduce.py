"""From the matrix of task embeddings E ``[tasks, D]`` to maps one can look at and clusters one can name."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from metalearn.learners.learner import Embedder
    from metalearn.tasks import Tasks


def pca_in_chunks(embedder: "Embedder", tasks: "Tasks", size: int = 32, chunk: int = 500) -> np.ndarray:
    """Embed tasks and reduce them to ``size`` whitened components: float32 ``[tasks, size]``.

    The matrix E is never whole in memory (incremental PCA, Ross et al. 2008). The tasks are embedded twice, once to
    learn the components and once to project on them; a last chunk of fewer than ``size`` tasks is only projected.
    """
    from sklearn.decomposition import IncrementalPCA

    reducer = IncrementalPCA(size, whiten=True)
    for batch in tasks.batches(chunk):
        if len(batch) >= size:
            reducer.partial_fit(embedder.transform(batch))
    rows = [reducer.transform(embedder.transform(batch)) for batch in tasks.batches(chunk)]
    return np.concatenate(rows).astype(np.float32)


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


# --- how far a map can be trusted ------------------------------------------------------------------------------------


def preserved(unit: np.ndarray, coordinates: np.ndarray, count: int = 10) -> float:
    """Return the share of tasks' ``count`` nearest in the full space that are among the nearest on the map."""
    apart = np.linalg.norm(coordinates[:, None] - coordinates[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(_common(nearest(unit, count), np.argsort(apart, axis=1, kind="stable")[:, :count]).mean())


def shared_neighbours(first: np.ndarray, second: np.ndarray, count: int = 10) -> np.ndarray:
    """Return for each task the share of its ``count`` nearest that two embeddings agree on, ``[tasks]``."""
    return _common(nearest(first, count), nearest(second, count))


def _common(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a[:, :, None] == b[:, None, :]).any(2).mean(1)


def typical(unit: np.ndarray, members: np.ndarray, count: int) -> np.ndarray:
    """Return the ``count`` of ``members`` (positions) that lie nearest to their common mean, nearest first."""
    similarity = unit[members] @ unit[members].mean(0)
    return members[np.argsort(-similarity, kind="stable")[:count]]
