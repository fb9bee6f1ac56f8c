"""The named learners: whole, described, and each conditioned one beside its twin."""

import pytest
import torch

from metalearn import recipes, shipping, store
from metalearn.data import CharacterSet, split
from metalearn.tasks import task_of

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


def test_the_best_learner_is_the_one_with_the_best_validation() -> None:
    for split_name in recipes.SPLITS:
        validation = {
            name: store.describe(store.PRETRAINED / split_name / f"{name}.json")["validation"]
            for folder, name in SHIPPED
            if folder == split_name
        }
        assert recipes.best(split_name) == max(validation, key=lambda name: validation[name])
