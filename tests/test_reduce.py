"""Neighbours, clusters, and the map that ships."""

from pathlib import Path

import numpy as np
import pytest

from metalearn import reduce, store
from metalearn.errors import MetalearnError
from metalearn.reduce import TaskMap


@pytest.fixture
def blobs() -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(3), 30)
    rng = np.random.default_rng(0)
    return 10 * np.eye(3, 8)[labels] + rng.normal(size=(90, 8)), labels


def test_neighbours_are_others_nearest_first(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    unit = reduce.centred_unit(blobs[0])
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1)
    rows = np.array([5, 40])
    found = reduce.nearest(unit, 4, rows)
    assert found.shape == (2, 4)
    assert not (found == rows[:, None]).any()
    cosine = np.take_along_axis(unit[rows] @ unit.T, found, 1)
    assert (np.diff(cosine, axis=1) <= 0).all()
    np.testing.assert_array_equal(reduce.nearest(unit, 4)[rows], found)


def test_clusters_find_what_is_plainly_there(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    unit, labels = reduce.centred_unit(blobs[0]), blobs[1]
    for found in (reduce.kmeans_clusters(unit, 3), reduce.density_clusters(unit)):
        assert all(len(set(found[labels == label])) == 1 for label in range(3))
        assert len(set(found)) == 3


def test_umap_keeps_neighbours_together(blobs: tuple[np.ndarray, np.ndarray]) -> None:
    embedding, labels = blobs
    laid_out = reduce.umap_coordinates(reduce.centred_unit(embedding))
    assert laid_out.shape == (90, 2)
    centres = np.stack([laid_out[labels == label].mean(0) for label in range(3)])
    nearest_centre = ((laid_out[:, None] - centres) ** 2).sum(-1).argmin(1)
    assert (nearest_centre == labels).mean() > 0.8


def test_a_map_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PRETRAINED", tmp_path)
    rng = np.random.default_rng(0)
    made = TaskMap(
        data="omniglot",
        split="lake",
        characters=("A/character01", "A/character02", "B/character01"),
        embedding=rng.normal(size=(3, 5)).astype(np.float32),
        umap=rng.normal(size=(3, 2)).astype(np.float32),
        kmeans=np.array([0, 1, 0]),
        hdbscan=np.array([-1, 0, 0]),
        explained=(0.5, 0.2),
    )
    reduce.save_map(made, tmp_path / "lake" / "map")
    back = reduce.load_map("lake")
    np.testing.assert_allclose(back.embedding, made.embedding, atol=2e-3)
    assert (back.characters, back.explained, back.kmeans.tolist()) == (made.characters, made.explained, [0, 1, 0])
    assert {name: c.shape for name, c in back.projections.items()} == {
        "PCA 2D": (3, 2),
        "PCA 3D": (3, 3),
        "UMAP 2D": (3, 2),
    }
    assert back.neighbours(0, 2).shape == (2,)
    store.save(tmp_path / "lake" / "map", {}, {"kind": "learner"})
    with pytest.raises(MetalearnError, match="not a map"):
        reduce.load_map("lake")
