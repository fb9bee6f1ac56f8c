"""What is watched of a learner is what it does: regions, places, step sizes, and what it was told."""

import numpy as np
import pytest
import torch

from metalearn import recipes, watching
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.player import AdaptationView
from metalearn.tasks import QUESTIONS
from metalearn.watching import Question

STEPS = 3


@pytest.fixture(scope="module")
def question(characters: CharacterSet) -> Question:
    return Question("character", tuple(characters.characters[i] for i in (3, 40, 90)), 3, 2, 4, seed=1)


@pytest.fixture(scope="module")
def learners() -> dict[str, Learner]:
    return {name: recipes.load_learner(name, "article") for name in ("prototypes", "film", "attention", "alfa")}


@pytest.mark.parametrize("name", ["prototypes", "film", "attention", "alfa"])
def test_it_shows_what_the_learner_did(
    characters: CharacterSet, question: Question, learners: dict[str, Learner], name: str
) -> None:
    task, learner = question.task(characters), learners[name]
    with torch.no_grad():
        seen = learner.adapt(task, steps=STEPS)
    view = watching.watch(name, learner, task, STEPS)
    np.testing.assert_array_equal(view.support_loss, seen.support_loss[:, 0])
    np.testing.assert_array_equal(view.probabilities, seen.query_logits[:, 0].softmax(-1))
    assert view.step_sizes is not None
    assert {layer: len(sizes) for layer, sizes in view.step_sizes.items()} == dict.fromkeys(seen.parameters[0], STEPS)
    assert (view.attention is None) == (name != "attention")


@pytest.mark.parametrize("name", ["film", "attention"])
def test_regions_are_what_the_classifier_says_of_the_plane(
    characters: CharacterSet, question: Question, learners: dict[str, Learner], name: str
) -> None:
    """Along the plane the classes are linear, so that each class has one convex region: cell between two cells."""
    plane = watching.watch(name, learners[name], question.task(characters), STEPS).plane
    assert plane is not None
    assert plane.regions.shape == (STEPS + 1, watching.GRID, watching.GRID)
    assert len(np.unique(plane.regions[-1])) == 3
    for regions in plane.regions:
        for label in np.unique(regions):
            for line in (*(regions == label), *(regions == label).T):
                inside = np.flatnonzero(line)
                assert len(inside) == 0 or line[inside[0] : inside[-1] + 1].all()
    # The support drawings were learned: most lie in the region of their class at the end.
    columns, rows = (np.searchsorted(axis, plane.support[-1][:, i]) for i, axis in enumerate((plane.x, plane.y)))
    assert (plane.regions[-1][rows, columns] == plane.support_y).mean() > 0.6
    moved = np.abs(plane.support[-1] - plane.support[0]).max()
    assert moved > 0 if name == "film" else moved == 0


def test_told_otherwise_a_learner_does_otherwise(
    characters: CharacterSet, question: Question, learners: dict[str, Learner]
) -> None:
    task, another = question.task(characters), question.another(characters)
    assert task.ways == another.ways

    def watched(kind: str) -> AdaptationView:
        told = watching.told(learners["alfa"], question, characters, kind)
        return watching.watch(kind, learners["alfa"], task, STEPS, told)

    own, *others = (watched(kind) for kind in ("own", "shuffled", "zero", "random"))
    np.testing.assert_array_equal(own.probabilities, watching.watch("", learners["alfa"], task, STEPS).probabilities)
    for other in others:
        assert np.abs(own.probabilities[-1] - other.probabilities[-1]).max() > 1e-4
    assert watching.told(learners["film"], question, characters, "zero") is None
    with pytest.raises(MetalearnError, match="unknown kind of embedding 'none'"):
        watching.told(learners["film"], question, characters, "none")


@pytest.mark.parametrize("asked", QUESTIONS)
def test_every_question_has_a_task_and_names(characters: CharacterSet, question: Question, asked: str) -> None:
    some = Question(asked, question.characters, 3, 2, 4, seed=5)
    task = some.task(characters)
    assert (task.ways, task.support_y.shape, task.query_y.shape) == (3, (1, 6), (1, 12))
    assert torch.equal(task.support_x, some.task(characters).support_x)
    assert len(set(some.class_names(characters))) == 3


def test_a_character_that_is_not_there(characters: CharacterSet) -> None:
    with pytest.raises(MetalearnError, match="no character 'Nowhere/character01'"):
        watching.positions(characters, ["Nowhere/character01"])
