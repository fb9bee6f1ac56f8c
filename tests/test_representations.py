"""Objects show themselves: one short line, and in a notebook a small picture or table."""

import numpy as np
import pytest

import metalearn as ml
from metalearn.pretrained.recipes import RECIPES


@pytest.fixture(scope="module")
def objects(characters: ml.CharacterSet) -> dict[str, object]:
    episodes = ml.Episodes(characters, np.arange(len(characters)), 5, 1, 3, batch_size=4)
    learner = ml.load_learner("preinit", "lake")
    return {
        "characters": characters,
        "batch": episodes.batch(0),
        "one task without queries": episodes.batch(0)[0].without_queries(),
        "episodes": episodes,
        "mixed questions": ml.MixedQuestions(characters, np.arange(len(characters))),
        "hidden questions": ml.HiddenQuestions(characters, np.arange(len(characters))),
        "character tasks": ml.all_character_tasks(characters, "lake"),
        "trajectory": learner.adapt(episodes.batch(0)),
        "trajectory without steps": ml.load_learner("prototypes").adapt(episodes.batch(0), every_query=False),
        "map": ml.load_map("gradient", "lake"),
        "learner": learner,
        "recipe": RECIPES["attention"],
        "evaluation": ml.evaluate(learner, episodes, tasks=8),
    }


NAMES = ("characters", "batch", "one task without queries", "trajectory", "trajectory without steps", "map", "recipe")


@pytest.mark.parametrize("name", [*NAMES, "episodes", "mixed questions", "character tasks", "learner", "evaluation"])
def test_a_line_says_what_it_is(objects: dict[str, object], name: str) -> None:
    line = repr(objects[name])
    assert len(line) < 250, line
    assert "\n" not in line
    assert "array(" not in line
    assert "tensor(" not in line


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_a_small_picture_or_table(objects: dict[str, object], name: str) -> None:
    shown = objects[name]._repr_html_()
    assert len(shown) < 100_000
    assert "<img" in shown or "<table" in shown or shown == repr(objects[name]).replace("<", "&lt;")


def test_numbers_in_a_line_are_those_of_the_object(objects: dict[str, object]) -> None:
    assert repr(objects["batch"]) == "<TaskBatch: 4 tasks, 5-way 1-shot, 3 queries per class>"
    assert repr(objects["one task without queries"]) == "<TaskBatch: 1 task, 5-way 1-shot, 0 queries per class>"
    trajectory = objects["trajectory"]
    assert f"{trajectory.query_accuracy.mean(1)[-1]:.1%}>" in repr(trajectory)
