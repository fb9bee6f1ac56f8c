"""Maps come back as they were written, and what ships is of the tasks it says it is of."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.maps.task_map import EPISODE_MAP, TaskMap
from metalearn.pretrained.maps import load_map, map_path

RNG = np.random.default_rng(0)


def some_map(tasks: int = 5, size: int = 6) -> TaskMap:
    def points(columns: int) -> np.ndarray:
        return RNG.normal(size=(tasks, columns)).astype(np.float32)

    return TaskMap(
        data="omniglot",
        split="lake",
        family="gradient",
        names=tuple(f"A/character{i:02d}" for i in range(tasks)),
        drawings=20 * np.arange(tasks)[:, None],
        embedding=points(size),
        pca=points(3),
        umap=points(2),
        umap_3d=points(3),
        umap_again=points(2),
        kmeans=np.arange(tasks) % 2,
        hdbscan=np.arange(tasks) % 2 - 1,
        difficulty=points(1)[:, 0],
        explained=(0.5, 0.2),
    )


def test_a_map_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.artifacts.PRETRAINED", tmp_path)
    made, path = some_map(), tmp_path / "lake" / "map-gradient"
    made.save(path)
    back = load_map("gradient", "lake")
    for field in fields(TaskMap):
        before, after = getattr(made, field.name), getattr(back, field.name)
        if isinstance(before, np.ndarray):
            assert before.shape == after.shape
            np.testing.assert_allclose(after, before, atol=2e-3)
        else:
            assert after == before
    assert {coordinates.shape for coordinates in back.projections.values()} == {(5, 2), (5, 3)}
    assert 0 not in back.neighbours(0, 4)
    artifacts.save(path, {}, {"kind": "learner"})
    with pytest.raises(MetalearnError, match="not 'map'"):
        load_map("gradient", "lake")


def test_maps_of_episodes_lie_beside_what_was_trained_on_mixed_questions() -> None:
    assert map_path("lake", EPISODE_MAP).parent.name == "lake-mixed"
    assert map_path("lake", "gradient").parent.name == "lake"
    assert map_path("article", "gradient", "glyphs").name == "map-gradient-glyphs"
