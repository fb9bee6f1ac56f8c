"""The named learners: whole, described, trained on the training side alone, and the same again from the same seed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from metalearn import families, recipes, shipping, store
from metalearn.data import CharacterSet, split
from metalearn.errors import MetalearnError
from metalearn.tasks import Episodes, MixedQuestions, task_of

SHIPPED = [(folder, name) for folder, names in shipping.shipped().items() for name in names if name in recipes.RECIPES]


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_a_shipped_learner_says_what_it_is_and_adapts(characters: CharacterSet, folder: str, name: str) -> None:
    split_name, _, questions = folder.partition("-")
    _, description = store.load(store.PRETRAINED / folder / name)
    assert (description["learner"], description["split"], description["data"]) == (name, split_name, "omniglot")
    assert description["questions"] == (questions or "character")
    assert {"seed", "version", "schedule", "backbone", "validation", "wall_s", "threads"} <= set(description)
    learner = recipes.load_learner(name, split_name, description["questions"])
    task = task_of(characters, split(characters, split_name).test[[0, 20, 40]], shots=2, queries=5)
    with torch.no_grad():
        seen = learner.adapt(task)
    assert seen.steps == description["inner_steps"]
    assert seen.query_accuracy[-1].item() > 0.4


def test_every_conditioned_learner_has_an_unconditioned_twin() -> None:
    for name in recipes.CONDITIONED:
        twin = recipes.RECIPES[name].twin
        assert twin is not None
        assert recipes.RECIPES[twin].twin is None
        assert {name, twin} <= set(recipes.MIXED)


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
    recipes.make_episode_embedder(characters, "lake", "character", tmp_path)
    sides = split(characters, "lake")
    assert pools == [set(sides.validation), set(sides.train), set(sides.train)]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Trains as what ships is trained."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ["anil", "preinit", "neighbours", "recurrent", "selection", "wide", "ensemble"])
@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_ships_the_same_bytes(characters: CharacterSet, tmp_path: Path, name: str) -> None:
    checksums = []
    for folder in ("once", "again"):
        root = tmp_path / folder
        recipes.make_learner("prototypes", characters, "article", root, meta_steps=1)
        made = recipes.make_learner(name, characters, "article", root, meta_steps=2)
        assert made["schedule"]["meta_steps"] == 2
        checksums.append(store.load(root / "article" / name)[1]["sha256"])
    assert checksums[0] == checksums[1]
    with pytest.raises(MetalearnError, match="another schedule"):
        recipes.make_learner(name, characters, "article", tmp_path / "once", meta_steps=3)


def test_a_learner_of_mixed_questions_is_kept_apart(characters: CharacterSet, tmp_path: Path) -> None:
    for name in ("prototypes", "attention"):
        questions = "mixed" if name == "attention" else "character"
        recipes.make_learner(name, characters, "lake", tmp_path, meta_steps=1, questions=questions)
    assert (tmp_path / "lake-mixed" / "attention.json").exists()
    learner = recipes.load_learner(str(tmp_path / "lake-mixed" / "attention"), "lake")
    tasks = MixedQuestions(characters, split(characters, "lake").test, batch_size=3).batch(0)
    with torch.no_grad():
        attention = learner.adapt(tasks).attention
    assert attention is not None
    assert attention.shape == (learner.steps + 1, 3, 8)


def test_a_learner_on_another_base_model_is_refused(characters: CharacterSet, tmp_path: Path) -> None:
    recipes.make_learner("prototypes", characters, "article", tmp_path, meta_steps=1)
    recipes.make_learner("preinit", characters, "article", tmp_path, meta_steps=1)
    for file in tmp_path.glob("article/prototypes.*"):
        file.unlink()
    with pytest.raises(MetalearnError, match="another base model"):
        recipes.load_learner(str(tmp_path / "article" / "preinit"), "article")


def test_an_episode_embedder_comes_back_as_it_was_fitted(characters: CharacterSet, tmp_path: Path) -> None:
    recipes.make_learner("prototypes", characters, "article", tmp_path, meta_steps=1)
    recipes.make_episode_embedder(characters, "article", "character", tmp_path)
    tasks = Episodes(characters, split(characters, "article").test, 5, 1, 0, batch_size=8).batch(0)
    once, again = (families.load_embedder("article", "episodes", tmp_path).transform(tasks) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.shape == (8, families.EMBEDDING_SIZE)
    assert np.isfinite(once).all()


def test_the_best_learner_is_the_one_with_the_best_validation() -> None:
    for split_name in recipes.SPLITS:
        validation = {
            name: store.describe(store.PRETRAINED / split_name / f"{name}.json")["validation"]
            for folder, name in SHIPPED
            if folder == split_name
        }
        assert recipes.best(split_name) == max(validation, key=lambda name: validation[name])


def test_mixed_questions_are_judged_on_other_alphabets_than_they_are_learned_on(characters: CharacterSet) -> None:
    sides = split(characters, "lake")
    learned = set(recipes._mixed(characters, sides, 0).pool)
    judged = set(recipes._mixed(characters, sides, 1, validation=True).pool)
    of = characters.alphabet_ids
    assert not {of[i] for i in learned} & {of[i] for i in judged}
    assert learned | judged == set(sides.train) | set(sides.validation)
