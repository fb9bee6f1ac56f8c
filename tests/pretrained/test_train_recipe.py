"""The training of the named learners: on the training side alone, and the same again from the same seed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import Split, split
from metalearn.errors import MetalearnError
from metalearn.pretrained.embedders import EMBEDDING_SIZE, load_embedder
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.recipes import RECIPES, Recipe
from metalearn.pretrained.train_recipe import make_episode_embedder, make_learner
from metalearn.pretrained.worlds import WORLDS
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.hidden_questions import HiddenQuestions
from metalearn.tasks.mixed_questions import MixedQuestions

pytestmark = pytest.mark.usefixtures("briefly")


def test_training_sees_the_training_side_alone(
    few: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = []

    class Watched(Episodes):
        def __post_init__(self) -> None:
            super().__post_init__()
            pools.append(set(self.pool.tolist()))

    monkeypatch.setattr("metalearn.tasks.episodes.Episodes", Watched)
    make_learner("prototypes", few, "lake", tmp_path, meta_steps=1)
    make_episode_embedder(few, "lake", "characters", tmp_path)
    sides = split(few, "lake")
    assert pools == [set(sides.validation), *3 * [set(sides.train)]]


def test_a_finish_trains_on_the_validation_characters_too(
    few: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = []

    def practice(characters: CharacterSet, sides: Split, seed: int) -> Episodes:
        pools.append(set(sides.train.tolist()))
        return Episodes(characters, sides.train, 5, 1, 1, batch_size=2, seed=seed)

    recipe = replace(RECIPES["prototypes"], practice=practice, meta_steps=4, finish=2)
    monkeypatch.setitem(RECIPES, "prototypes", recipe)
    made = make_learner("prototypes", few, "lake", tmp_path)
    sides = split(few, "lake")
    assert pools == [set(sides.train), set(sides.train), set(sides.train) | set(sides.validation)]
    assert (made["schedule"]["meta_steps"], made["finish"]["meta_steps"]) == (4, 2)
    assert made["finish"]["learning_rate"] == recipe.learning_rate / 2
    before, after = (
        artifacts.load(tmp_path / "lake" / ".runs" / run / "checkpoint")[0]
        for run in ("prototypes", "prototypes-finish")
    )
    shipped = load_learner(str(tmp_path / "lake" / "prototypes"), "lake").shared["conv1"].detach().numpy()
    np.testing.assert_allclose(shipped, after["now/start.conv1"], rtol=1e-3, atol=1e-6)
    assert not np.allclose(shipped, before["best/start.conv1"], rtol=1e-3, atol=1e-6)
    # What it is judged by is from before, as the validation characters say nothing of it any more.
    assert made["validation"] == max(found for _, found in made["validation_curve"])


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Trains as what ships is trained."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ["anil", "preinit", "neighbours", "selection", "ensemble"])
@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_ships_the_same_bytes(few: CharacterSet, tmp_path: Path, name: str) -> None:
    checksums = []
    for folder in ("once", "again"):
        root = tmp_path / folder
        make_learner("prototypes", few, "article", root, meta_steps=1)
        made = make_learner(name, few, "article", root, meta_steps=2)
        assert made["schedule"]["meta_steps"] == 2
        checksums.append(artifacts.load(root / "article" / name)[1]["sha256"])
    assert checksums[0] == checksums[1]
    with pytest.raises(MetalearnError, match="meta_steps: 2 there, 3 here"):
        make_learner(name, few, "article", tmp_path / "once", meta_steps=3)


def test_a_learner_of_mixed_questions_is_kept_apart(characters: CharacterSet, tmp_path: Path) -> None:
    for name in ("prototypes", "attention"):
        world = "mixed" if name == "attention" else "characters"
        make_learner(name, characters, "lake", tmp_path, meta_steps=1, world=world)
    assert (tmp_path / "lake-mixed" / "attention.json").exists()
    learner = load_learner(str(tmp_path / "lake-mixed" / "attention"), "lake")
    tasks = MixedQuestions(characters, split(characters, "lake").test, batch_size=3).batch(0)
    with torch.no_grad():
        attention = learner.adapt(tasks).attention
    assert attention is not None
    assert attention.shape == (learner.steps + 1, 3, 8)


def test_a_learner_on_another_base_model_is_refused(few: CharacterSet, tmp_path: Path) -> None:
    make_learner("prototypes", few, "article", tmp_path, meta_steps=1)
    make_learner("preinit", few, "article", tmp_path, meta_steps=1)
    for file in tmp_path.glob("article/prototypes.*"):
        file.unlink()
    with pytest.raises(MetalearnError, match="another base model"):
        load_learner(str(tmp_path / "article" / "preinit"), "article")


def test_an_episode_embedder_comes_back_as_it_was_fitted(few: CharacterSet, tmp_path: Path) -> None:
    make_learner("prototypes", few, "article", tmp_path, meta_steps=1)
    make_episode_embedder(few, "article", "characters", tmp_path)
    tasks = Episodes(few, split(few, "article").test, 5, 1, 0, batch_size=8).batch(0)
    once, again = (load_embedder(str(tmp_path / "article" / "episodes")).transform(tasks) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.shape == (8, EMBEDDING_SIZE)
    assert np.isfinite(once).all()


@pytest.mark.parametrize(("embedding", "saved"), [("own", "attention"), ("shuffled", "attention-shuffled")])
def test_a_world_with_its_own_base_model_makes_what_is_missing(
    few: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedding: str, saved: str
) -> None:
    monkeypatch.setitem(WORLDS, "hidden-2", replace(WORLDS["hidden-2"], recipe=_briefly(WORLDS["hidden-2"].recipe)))
    made = make_learner("attention", few, "lake", tmp_path, world="hidden-2", embedding=embedding)
    folder = tmp_path / "lake-hidden-2"
    assert {path.stem for path in folder.glob("*.json")} == {"prototypes", "episodes", saved}
    assert (made["world"], made["embedding"]) == ("hidden-2", embedding)
    assert made["base_sha256"] == artifacts.describe(folder / "prototypes.json")["sha256"]
    tasks = HiddenQuestions(few, split(few, "lake").test, 2, batch_size=6).batch(0)
    learner = load_learner(str(folder / saved))
    own = load_embedder(str(folder / "episodes")).transform(tasks)
    told = learner.embed(tasks)
    assert told is not None
    assert np.array_equal(told.numpy(), own) == (embedding == "own")
    np.testing.assert_array_equal(np.sort(told.numpy(), axis=0), np.sort(own, axis=0))


def test_a_learner_that_is_told_the_truth_is_told_which_question(
    few: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WORLDS, "hidden-2", replace(WORLDS["hidden-2"], recipe=_briefly(WORLDS["hidden-2"].recipe)))
    make_learner("attention", few, "lake", tmp_path, world="hidden-2", embedding="truth")
    tasks = HiddenQuestions(few, split(few, "lake").test, 2, batch_size=4).batch(0)
    told = load_learner(str(tmp_path / "lake-hidden-2" / "attention-truth")).embed(tasks)
    assert told is not None
    assert told.argmax(1).tolist() == [0, 1, 0, 1]
    with pytest.raises(MetalearnError, match="do not say which question"):
        load_learner(str(tmp_path / "lake-hidden-2" / "attention-truth")).embed(replace(tasks, question=None))


def _briefly(recipe: Callable[[str], Recipe]) -> Callable[[str], Recipe]:
    return lambda name: replace(recipe(name), meta_steps=1)
