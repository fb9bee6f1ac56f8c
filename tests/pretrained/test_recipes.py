"""The named learners: whole, described, and each conditioned one beside its twin."""

import pytest
import torch

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.pretrained import release
from metalearn.pretrained.learners import best_learner, load_learner
from metalearn.pretrained.recipes import CONDITIONED, FULL_SPLITS, MIXED, RECIPES
from metalearn.tasks.episodes import Episodes

SHIPPED = [(folder, name) for folder, names in release.shipped().items() for name in names if name in RECIPES]


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_a_shipped_learner_says_what_it_is_and_adapts(characters: CharacterSet, folder: str, name: str) -> None:
    split_name, _, world = folder.partition("-")
    if split_name == "vinyals" and characters.name != "omniglot":
        pytest.skip("the vinyals split is one of Omniglot: set METALEARN_DATA to a folder with it")
    _, description = artifacts.load(artifacts.PRETRAINED / folder / name)
    assert (description["learner"], description["split"], description["data"]) == (name, split_name, "omniglot")
    assert description["world"] == (world or "characters")
    assert {"seed", "version", "schedule", "backbone", "validation", "wall_s", "threads"} <= set(description)
    learner = load_learner(name, split_name, description["world"])
    tasks = Episodes(characters, split(characters, split_name).test, ways=3, shots=2, queries=5, batch_size=4).batch(0)
    with torch.no_grad():
        seen = learner.adapt(tasks)
    assert seen.steps == description["inner_steps"]
    assert seen.query_accuracy[-1].mean() > 0.4


def test_every_conditioned_learner_has_an_unconditioned_twin() -> None:
    for name in CONDITIONED:
        twin = RECIPES[name].twin
        assert twin is not None
        assert RECIPES[twin].twin is None
        assert {name, twin} <= set(MIXED)


def test_the_best_learner_is_the_one_with_the_best_validation() -> None:
    for split_name in FULL_SPLITS:
        validation = {
            name: artifacts.describe(artifacts.PRETRAINED / split_name / f"{name}.json")["validation"]
            for folder, name in SHIPPED
            if folder == split_name
        }
        assert best_learner(split_name) == max(validation, key=lambda name: validation[name])


@pytest.mark.parametrize(("folder", "name"), SHIPPED)
def test_steps_are_for_as_many_classes_as_they_were_learned_on(
    characters: CharacterSet, folder: str, name: str
) -> None:
    split_name, _, world = folder.partition("-")
    learner = load_learner(name, split_name, world or "characters")
    if world:
        assert learner.step_ways is None  # its tasks have as many classes in training as in use
    elif learner.step_ways:
        sides = split(characters, split_name)
        assert learner.step_ways == RECIPES[name].practice(characters, sides, 0).batch(0).ways
