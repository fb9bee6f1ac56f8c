"""The geometry of the embedding space: cosines, neighbours and clusters."""

import numpy as np


def centred_unit(embedding: np.ndarray, centre: np.ndarray | None = None) -> np.ndarray:
    """Subtract ``centre`` (by default the mean of the rows) and scale each row to length one.

    Inner products of the rows are then centred cosines.
    """
    centred = embedding - (embedding.mean(0) if centre is None else centre)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)


def nearest_rows(unit: np.ndarray, count: int, rows: np.ndarray | None = None) -> np.ndarray:
    """Return the ``count`` nearest other rows of ``unit`` for each of ``rows``, nearest first: int64 ``[rows, count]``.

    ``unit`` ``[tasks, D]`` has rows of length one, as :func:`centred_unit` returns them. Nearness is the cosine in the
    full space, not on a map. ``rows`` are row numbers, all by default.
    """
    rows = np.arange(len(unit)) if rows is None else np.asarray(rows)
    similarity = unit[rows] @ unit.T
    similarity[np.arange(len(rows)), rows] = -np.inf
    return np.argsort(-similarity, axis=1, kind="stable")[:, :count]


def kmeans_clusters(embedding: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Partition the tasks into ``count`` clusters: int64 ``[tasks]``."""
    from sklearn.cluster import KMeans

    return KMeans(count, n_init=10, random_state=seed).fit_predict(embedding)


def density_clusters(embedding: np.ndarray) -> np.ndarray:
    """Find dense groups of at least eight tasks with HDBSCAN (Campello et al. 2013); -1 means in no group."""
    from sklearn.cluster import HDBSCAN

    return HDBSCAN(min_cluster_size=8, copy=True).fit_predict(embedding)


def preserved_neighbours(unit: np.ndarray, coordinates: np.ndarray, count: int = 10) -> float:
    """Return the share of a task's ``count`` nearest in the full space that are also its nearest on the map."""
    apart = np.linalg.norm(coordinates[:, None] - coordinates[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(_common(nearest_rows(unit, count), np.argsort(apart, axis=1, kind="stable")[:, :count]).mean())


def shared_neighbours(first: np.ndarray, second: np.ndarray, count: int = 10) -> np.ndarray:
    """Return the share of each task's ``count`` nearest on which two embeddings agree, ``[tasks]``."""
    return _common(nearest_rows(first, count), nearest_rows(second, count))


def _common(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a[:, :, None] == b[:, None, :]).any(2).mean(1)


def most_typical(unit: np.ndarray, members: np.ndarray, count: int) -> np.ndarray:
    """Return the ``count`` of ``members`` (positions) that lie nearest to their common mean, nearest first."""
    similarity = unit[members] @ unit[members].mean(0)
    return members[np.argsort(-similarity, kind="stable")[:count]]
