"""The worlds: what each trains on, validates on and tests on."""

import numpy as np
import pytest
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.pretrained.worlds import WORLDS, find_world
from metalearn.training.objectives import query_loss


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_trained_validated_and_tested_on_other_alphabets(characters: CharacterSet, name: str) -> None:
    world, sides = WORLDS[name], split(characters, "lake")
    practice = world.recipe("attention").practice(characters, sides, 0)
    pools = [practice.pool, world.validation(characters, sides, 1).pool, world.test(characters, sides, 2).pool]
    alphabets = [set(characters.alphabet_ids[pool]) for pool in pools]
    assert not alphabets[0] & alphabets[1]
    assert not (alphabets[0] | alphabets[1]) & alphabets[2]
    to_embed = world.embedder_tasks(characters, sides, 3)
    assert set(to_embed.pool) <= set(sides.train)
    assert to_embed.batch(0).query_y.shape[1] == 0
    np.testing.assert_array_equal(np.union1d(*pools[:2]), np.union1d(sides.train, sides.validation))


def test_the_dial_is_the_number_of_questions(characters: CharacterSet) -> None:
    sides = split(characters, "lake")
    for count in range(1, 9):
        tasks = WORLDS[f"hidden-{count}"].test(characters, sides, 0).batch(0)
        assert tasks.question is not None
        assert torch.equal(tasks.question, torch.arange(len(tasks)) % count)


def test_an_unknown_world_names_those_there_are() -> None:
    with pytest.raises(MetalearnError, match=r"unknown world 'hiden'; there are characters, mixed, hidden-1"):
        find_world("hiden")


@pytest.mark.parametrize("name", ["hidden-3", "which-part"])
def test_learners_of_one_world_are_trained_alike(name: str) -> None:
    recipe = WORLDS[name].recipe
    assert (recipe("prototypes").warm_start, recipe("prototypes").meta_steps) == (False, 1200)
    steps = {recipe(learner).meta_steps for learner in ("attention", "prototypes-twin", "ridge", "mahalanobis")}
    inner = {recipe(learner).meta_steps for learner in ("preinit", "film", "step-sizes-each", "film-metasgd")}
    assert (steps, inner) == ({400}, {200})
    assert {recipe(learner).learning_rate for learner in ("attention", "film", "mahalanobis")} == {2e-3}
    assert (recipe("maml").warm_start, recipe("maml").meta_steps) == (False, 1600)
    assert recipe("wide").objective is query_loss  # all pairs of all tasks would mix what classes mean
