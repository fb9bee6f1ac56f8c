"""What ships: whole, described, made from the training side alone, and the same again from the same seed."""

from pathlib import Path

import numpy as np
import pytest
import torch

from metalearn import recipes, reduce, store
from metalearn.data import CharacterSet, split
from metalearn.errors import MetalearnError
from metalearn.tasks import Episodes, task_of


@pytest.mark.parametrize("split_name", recipes.SPLITS)
@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_learner_ships_for_both_splits_and_adapts(characters: CharacterSet, name: str, split_name: str) -> None:
    _, description = store.load(store.PRETRAINED / split_name / name)
    assert (description["learner"], description["split"], description["data"]) == (name, split_name, "omniglot")
    assert {"seed", "version", "schedule", "backbone", "validation", "wall_s", "threads"} <= set(description)
    learner = recipes.load_learner(name, split_name)
    task = task_of(characters, split(characters, split_name).test[[0, 20, 40]], shots=2, queries=5)
    with torch.no_grad():
        seen = learner.adapt(task)
    assert seen.steps == description["inner_steps"]
    assert seen.query_accuracy[-1].item() > 0.4


@pytest.mark.parametrize("split_name", recipes.SPLITS)
def test_the_shipped_map_is_of_all_tasks(split_name: str) -> None:
    shipped = reduce.load_map(split_name)
    assert len(shipped.characters) == len(shipped.embedding) == len(shipped.umap) == 1623
    assert np.isfinite(shipped.embedding).all()
    assert sum(shipped.explained) < 1


def test_the_map_of_the_glyphs_fits_the_glyphs() -> None:
    from metalearn.glyphs import glyphs

    assert reduce.load_map("article", "glyphs").characters == glyphs().characters


def test_the_map_shows_what_the_embedder_gives(omniglot: CharacterSet) -> None:
    shipped = reduce.load_map("lake")
    some = np.array([0, 700, 1600])
    fresh = recipes.load_embedder("lake").transform(recipes.character_tasks(omniglot, "lake", some))
    np.testing.assert_allclose(fresh, shipped.embedding[some], atol=0.02)


def test_training_sees_the_training_side_alone(
    characters: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = []

    class Watched(Episodes):
        def __post_init__(self) -> None:
            super().__post_init__()
            pools.append(set(self.pool.tolist()))

    monkeypatch.setattr(recipes, "Episodes", Watched)
    recipes.make_learner("prototypes", characters, "lake", tmp_path, meta_steps=1)
    recipes.fit_episode_embedder(characters, "lake", tmp_path)
    sides = split(characters, "lake")
    assert pools == [set(sides.train), set(sides.validation), set(sides.train)]


def test_the_same_seed_ships_the_same_bytes(characters: CharacterSet, tmp_path: Path) -> None:
    for folder in ("once", "again"):
        for name in ("prototypes", "anil"):
            recipes.make_learner(name, characters, "article", tmp_path / folder, meta_steps=2)
    for name in ("prototypes", "anil"):
        once, again = (store.load(tmp_path / folder / name)[1]["sha256"] for folder in ("once", "again"))
        assert once == again
    with pytest.raises(MetalearnError, match="another schedule"):
        recipes.make_learner("anil", characters, "article", tmp_path / "once", meta_steps=3)


def test_an_embedder_comes_back_as_it_was_fitted(characters: CharacterSet, tmp_path: Path) -> None:
    recipes.make_learner("prototypes", characters, "article", tmp_path, meta_steps=1)
    fitted = recipes.fit_episode_embedder(characters, "article", tmp_path)
    tasks = Episodes(characters, split(characters, "article").test, 5, 1, 0, batch_size=8).batch(0)
    loaded = recipes.load_embedder("article", "episodes", tmp_path)
    np.testing.assert_array_equal(loaded.transform(tasks), fitted.transform(tasks))
    assert loaded.transform(tasks).shape == (8, recipes.EMBEDDING_SIZE)


def test_only_omniglot_makes_what_ships(small: CharacterSet, tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="this is small"):
        recipes.make_all(small, tmp_path)
