"""Watch adaptation in a world: told something else than the truth, a learner falls; and the tasks behind the dial."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import adaptation_jobs, worlds
from dashboard.adaptation_request import AdaptationRequest, Entrant
from dashboard.widgets import adaptation_figure
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.player import Player
from metalearn.pretrained.worlds import SHIPPED, TEST_SEED, find_world
from metalearn.tasks.questions import HIDDEN_QUESTIONS
from metalearn.tasks.rendering import USUAL
from tests.dashboard.conftest import by_link


def scene(page: AppTest) -> dict[str, Any]:
    """What the player plays."""
    (shown,) = [
        found.proto for found in page.get("bidi_component") if found.proto.component_name.endswith("metalearn_player")
    ]
    played: dict[str, Any] = json.loads(shown.json)["scene"]
    return played


def request(data: str, world: str, told: str, number: int = 6) -> AdaptationRequest:
    name, twin = worlds.LEARNERS[world]
    entrants = (Entrant(name, told, "told"), Entrant(twin, "own", "twin"))
    return AdaptationRequest(data, "lake", False, world, (), 5, 2, 3, number, 0, entrants)


def throw(page: AppTest, world: str) -> None:
    """Throw the switch to another question's embedding, and see what becomes of the learner and of its twin."""
    assert not page.exception
    assert not page.warning
    assert page.multiselect(key="learners").value == list(worlds.LEARNERS[world])
    switch = page.segmented_control(key="told")
    assert switch.options == ["the truth", "a similar task's", "another question's", "nothing"]
    truth = scene(page)
    assert truth["steps"] == 0
    assert truth["map"] is None
    switch.set_value("question").run()
    assert page.query_params["told"] in ("question", ["question"])
    fooled = scene(page)
    for key in ("drawings", "support", "queries", "classes"):  # the same task
        assert fooled[key] == truth[key]
    (before, twin), (after, twin_after) = truth["learners"], fooled["learners"]
    assert after["accuracy"] != before["accuracy"]
    assert after["attention"] != before["attention"]
    assert (after["spotlight"] is None) == (world != "which-part")
    assert twin == twin_after
    (means,) = [text.value for text in page.markdown if "forty" in text.value]
    assert means.count("\n- ") == 2


def test_a_switch_says_what_the_learner_is_told(app: AppTest) -> None:
    page = by_link(app, "adaptation", question="which-part", task="6")
    throw(page, "which-part")
    page.selectbox(key="question").set_value("hidden-5").run()
    assert page.segmented_control(key="told").value == "own"
    throw(page, "hidden-5")
    assert set(page.query_params) == {"question", "task", "told"}
    page.selectbox(key="question").set_value("character").run()  # and back to Omniglot's own tasks
    assert not page.exception
    assert page.multiselect(key="learners").value == ["preinit", "scratch"]
    assert page.segmented_control(key="told").value == "own"
    assert scene(page)["steps"] == 10


def test_a_link_asks_in_vain_for_what_a_world_lacks(app: AppTest) -> None:
    page = by_link(app, "adaptation", question="which-part", told="random", learners=["places", "anil"], task="9999")
    assert not page.exception
    assert all(what in page.warning[0].value for what in ("told=random", "learners=anil", "task=9999"))
    assert len(scene(page)["learners"]) == 1


def test_what_can_be_watched_is_what_ships() -> None:
    assert all(set(learners) <= set(SHIPPED[world]) for world, learners in worlds.LEARNERS.items())
    assert {world: find_world(world).questions for world in worlds.WORLDS} == worlds.WORLDS
    assert HIDDEN_QUESTIONS[1:] == tuple(USUAL)


def test_tasks_are_those_that_learners_were_measured_on(characters: CharacterSet) -> None:
    assert TEST_SEED == 1000
    for world, asked in worlds.WORLDS.items():
        batch = adaptation_jobs.world_batch(world, 0)
        assert len(batch) == worlds.BATCH
        assert batch.question is not None
        for number in (0, 3, 8):
            assert worlds.asked(world, number) == asked[batch.question[number]]
            assert worlds.asked(world, worlds.another(world, number, "shuffled")) == worlds.asked(world, number)
            assert worlds.asked(world, worlds.another(world, number, "question")) != worlds.asked(world, number)


@pytest.mark.parametrize("world", list(worlds.WORLDS))
def test_over_forty_tasks_another_questions_embedding_is_a_disaster(characters: CharacterSet, world: str) -> None:
    name, twin = worlds.LEARNERS[world]
    told = adaptation_jobs.accuracies(world, name, worlds.TOLD)
    (alone,) = adaptation_jobs.accuracies(world, twin, ["own"]).values()
    assert told["own"] > alone > told["question"]
    assert abs(told["shuffled"] - told["own"]) < 0.1
    assert told["own"] - told["question"] > 0.3
    assert told["zero"] < told["own"]


@pytest.mark.parametrize(("world", "told"), [("which-part", "question"), ("hidden-5", "shuffled")])
def test_the_code_plays_the_same(characters: CharacterSet, world: str, told: str) -> None:
    asked = request(characters.name, world, told)
    code = adaptation_figure.code(asked, start=0, with_map=False)
    assert "dashboard" not in code
    found: dict[str, Player] = {}
    exec(code.removesuffix("figure.show()"), found)
    assert found["figure"].scene == adaptation_figure.scene(asked, "en")


def test_the_dial_shows_the_very_tasks_and_links_to_them(app: AppTest, characters: CharacterSet) -> None:
    page = by_link(app, "does_it_help", dial="5")
    assert not page.exception
    links = [found.proto for found in page.get("page_link") if found.proto.label.startswith("task ")]
    assert [link.query_string for link in links] == [f"question=hidden-5&task={i}" for i in range(10)]
    (said,) = [text.value for text in page.markdown if "Asked one of 5:" in text.value]
    assert said.count("%**") == 5
    drawn = adaptation_jobs.support_drawings("hidden-5", 10)
    played = adaptation_jobs.record_adaptation(request(characters.name, "hidden-5", "own"), None, {})
    np.testing.assert_array_equal(drawn[6], played.support.reshape(5, 2, 28, 28).swapaxes(0, 1).reshape(10, 28, 28))
    page.slider(key="dial").set_value(2).run()
    assert page.query_params["dial"] in ("2", ["2"])
    assert not [found for found in page.get("page_link") if found.proto.label.startswith("task ")]
    shown = [found.value for found in page.caption if found.value.startswith("task ")]
    assert shown[:3] == ["task 0: character", "task 1: pen", "task 2: character"]
    assert len(shown) == 10
