"""Neighbours, clusters, and how far a map can be trusted."""

import numpy as np
import pytest

from metalearn.embeddings.geometry import (
    centred_unit,
    density_clusters,
    kmeans_clusters,
    most_typical,
    nearest_rows,
    preserved_neighbours,
    shared_neighbours,
)
from metalearn.maps.projections import umap_coordinates


@pytest.fixture
def blobs() -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(3), 30)
    rng = np.random.default_rng(0)
    return 10 * np.eye(3, 8)[labels] + rng.normal(size=(90, 8)), labels


def test_neighbours_are_others_nearest_first(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    unit = centred_unit(blobs[0])
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1)
    rows = np.array([5, 40])
    found = nearest_rows(unit, 4, rows)
    assert found.shape == (2, 4)
    assert not (found == rows[:, None]).any()
    cosine = np.take_along_axis(unit[rows] @ unit.T, found, 1)
    assert (np.diff(cosine, axis=1) <= 0).all()
    np.testing.assert_array_equal(nearest_rows(unit, 4)[rows], found)


def test_clusters_find_what_is_plainly_there(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    unit, labels = centred_unit(blobs[0]), blobs[1]
    for found in (kmeans_clusters(unit, 3), density_clusters(unit)):
        assert all(len(set(found[labels == label])) == 1 for label in range(3))
        assert len(set(found)) == 3


def test_umap_keeps_neighbours_together(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    embedding, labels = blobs
    laid_out = umap_coordinates(centred_unit(embedding))
    assert laid_out.shape == (90, 2)
    centres = np.stack([laid_out[labels == label].mean(0) for label in range(3)])
    nearest_centre = ((laid_out[:, None] - centres) ** 2).sum(-1).argmin(1)
    assert (nearest_centre == labels).mean() > 0.8


def test_a_map_of_the_points_themselves_keeps_all_neighbours(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    flat = np.random.default_rng(0).normal(size=(40, 2))
    flat -= flat.mean(0)
    circle = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    assert preserved_neighbours(circle, circle) == 1  # on a circle, cosine and distance order points alike
    by_chance = np.random.default_rng(1).normal(size=(90, 2))
    assert preserved_neighbours(centred_unit(blobs[0]), by_chance) < 0.3


def test_embeddings_agree_with_themselves_and_not_with_noise(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    unit = centred_unit(blobs[0])
    noise = centred_unit(np.random.default_rng(1).normal(size=(90, 8)))
    assert (shared_neighbours(unit, unit) == 1).all()
    assert shared_neighbours(unit, noise).shape == (90,)
    assert shared_neighbours(unit, noise).mean() < 0.3


def test_typical_members_are_nearest_to_the_middle() -> None:
    unit = centred_unit(np.array([[1.0, 0.0], [1.0, 0.1], [1.0, -0.4], [-3.0, 0.3]]))
    found = most_typical(unit, np.array([0, 1, 2]), 2)
    middle = unit[:3].mean(0)
    order = np.argsort(-(unit[:3] @ middle))
    assert found.tolist() == order[:2].tolist()
