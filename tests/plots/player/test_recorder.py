"""What is watched of a learner is what it does: regions, places, step sizes, and what it was told."""

import numpy as np
import pytest
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.evaluation.accuracy import embedding_for
from metalearn.evaluation.embedding_sources import EMBEDDING_SOURCES
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.plots.player import AdaptationView
from metalearn.plots.player.recorder import GRID, adaptation, class_names, watch
from metalearn.plots.style import short_name
from metalearn.pretrained.learners import load_learner
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.hidden_questions import HiddenQuestions
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.single_task import make_task
from metalearn.tasks.task_batch import TaskBatch
from metalearn.tasks.which_part import WhichPart

STEPS = 3


@pytest.fixture(scope="module")
def task(characters: CharacterSet) -> TaskBatch:
    return make_task(characters, [characters.characters[i] for i in (3, 40, 90)], shots=2, queries=4, seed=1)


@pytest.fixture(scope="module")
def learners() -> dict[str, Learner]:
    return {name: load_learner(name, "article") for name in ("prototypes", "film", "attention", "step-sizes")}


@pytest.mark.parametrize("name", ["prototypes", "film", "attention", "step-sizes"])
def test_it_shows_what_the_learner_did(task: TaskBatch, learners: dict[str, Learner], name: str) -> None:
    learner = learners[name]
    with torch.no_grad():
        seen = learner.adapt(task, steps=STEPS)
    view = watch(name, learner, task, STEPS)
    np.testing.assert_array_equal(view.support_loss, seen.support_loss[:, 0])
    np.testing.assert_array_equal(view.probabilities, seen.query_logits[:, 0].softmax(-1))
    assert view.step_sizes is not None
    assert {layer: len(sizes) for layer, sizes in view.step_sizes.items()} == dict.fromkeys(seen.parameters[0], STEPS)
    assert (view.attention is None) == (name != "attention")


@pytest.mark.parametrize("name", ["film", "attention"])
def test_regions_are_what_the_classifier_says_of_the_plane(
    task: TaskBatch, learners: dict[str, Learner], name: str
) -> None:
    """Along the plane the classes are linear, so that each class has one convex region: cell between two cells."""
    plane = watch(name, learners[name], task, STEPS).plane
    assert plane is not None
    assert plane.regions.shape == (STEPS + 1, GRID, GRID)
    assert len(np.unique(plane.regions[-1])) == 3
    for regions in plane.regions:
        for label in np.unique(regions):
            for line in (*(regions == label), *(regions == label).T):
                inside = np.flatnonzero(line)
                assert len(inside) == 0 or line[inside[0] : inside[-1] + 1].all()
    # The support drawings were learned: most lie in the region of their class at the end.
    columns, rows = (np.searchsorted(axis, plane.support[-1][:, i]) for i, axis in enumerate((plane.x, plane.y)))
    assert (plane.regions[-1][rows, columns] == task.support_y[0].numpy()).mean() > 0.6
    moved = np.abs(plane.support[-1] - plane.support[0]).max()
    assert moved > 0 if name == "film" else moved == 0


def test_told_otherwise_a_learner_does_otherwise(
    characters: CharacterSet, task: TaskBatch, learners: dict[str, Learner]
) -> None:
    another = Episodes(characters, np.arange(len(characters)), 3, 2, 4, batch_size=1, seed=1).batch(1)

    def watched(source: str) -> AdaptationView:
        told = embedding_for(learners["step-sizes"], task, source, another, seed=1)
        return watch(source, learners["step-sizes"], task, STEPS, told)

    own, *others = (watched(source) for source in EMBEDDING_SOURCES)
    np.testing.assert_array_equal(own.probabilities, watch("", learners["step-sizes"], task, STEPS).probabilities)
    for other in others:
        assert np.abs(own.probabilities[-1] - other.probabilities[-1]).max() > 1e-4
    assert embedding_for(learners["film"], task, "zero") is None
    with pytest.raises(MetalearnError, match="unknown kind of embedding 'none'"):
        embedding_for(learners["film"], task, "none")
    with pytest.raises(MetalearnError, match="another task is needed"):
        embedding_for(learners["step-sizes"], task, "shuffled")


def test_a_learner_that_runs_away_is_shown_without_a_plane(task: TaskBatch, learners: dict[str, Learner]) -> None:
    film = learners["film"]
    lost = Learner(film.backbone, init=film.init, update=SGD(float("inf")), steps=STEPS)
    (shown,) = adaptation(lost, task).scene["learners"]
    assert shown["plane"] is None
    assert None in shown["loss"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_classes_are_called_what_their_drawings_have_in_common(characters: CharacterSet, question: str) -> None:
    asked = Episodes(characters, np.arange(len(characters)), 3, 2, 4, question, batch_size=1, seed=5).batch(0)
    known = {
        "character": [short_name(name) for name in characters.characters],
        "alphabet": [name.replace("_", " ") for name in characters.alphabet_names],
        "drawer": list(characters.drawers),
    }
    names = class_names(asked, characters)
    assert len(set(names)) == 3
    assert set(names) <= set(known[question])


def test_classes_that_have_no_name_in_common_have_none(characters: CharacterSet) -> None:
    sides = split(characters, "lake")
    sizes = HiddenQuestions(characters, sides.test, attributes=3, asked=("size",), batch_size=1).batch(0)
    assert class_names(sizes, characters) == [""] * 5


def test_a_spotlight_is_what_the_learner_attends_to(characters: CharacterSet) -> None:
    pages = WhichPart(characters, split(characters, "lake").test, batch_size=4, seed=3).batch(0)
    learner = load_learner("places", "lake", "which-part")
    view = watch("places", learner, pages[1], steps=0)
    assert view.attention is not None
    assert view.spotlight is not None
    np.testing.assert_allclose(view.spotlight.ravel(), view.attention[-1] / view.attention[-1].max(), rtol=1e-5)
    other = watch("places", learner, pages[1], steps=0, embedding=learner.embed(pages[2])).spotlight
    assert other is not None
    assert other.argmax() != view.spotlight.argmax()
    assert watch("twin", load_learner("prototypes-twin", "lake", "which-part"), pages[1], steps=0).spotlight is None


def test_the_player_shows_several_learners_and_names_their_classes(
    characters: CharacterSet, task: TaskBatch, learners: dict[str, Learner]
) -> None:
    both = {"one": learners["film"], "another": learners["step-sizes"]}
    player = adaptation(both, task, steps=STEPS, characters=characters, start=1)
    assert (player.scene["steps"], player.start) == (STEPS, 1)
    assert [learner["name"] for learner in player.scene["learners"]] == ["one", "another"]
    assert [entry["name"] for entry in player.scene["classes"]] == class_names(task, characters)
    assert player.scene["support"] == task.support_y[0].tolist()
    assert adaptation(learners["prototypes"], task).scene["steps"] == 0
    with pytest.raises(MetalearnError, match="1 to 3 learners, not 4"):
        adaptation({str(i): learners["film"] for i in range(4)}, task, steps=1)
