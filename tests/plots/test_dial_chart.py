"""The dial shows what each row of the table says, and nothing of other worlds."""

import pytest

import metalearn as ml
from metalearn.errors import MetalearnError
from metalearn.evaluation.tables import Row


def row(world: str, told: str, mean: float, learner: str = "attention", **more: str) -> Row:
    return {"world": world, "learner": learner, "measure": "accuracy", "told": told, "mean": mean, "ci95": 0.01, **more}


ROWS = [
    row("hidden-3", "own", 0.9),
    row("hidden-1", "own", 0.98),
    row("hidden-1", "own", 0.5, question="pen"),
    row("hidden-3", "twin", 0.7),
    row("which-part", "own", 0.4),
    row("hidden-3", "own", 0.3, learner="preinit"),
]


def test_each_line_is_what_the_learner_is_told() -> None:
    own, twin = ml.plots.dial(ROWS).data
    assert (list(own.x), list(own.y)) == ([1, 3], [0.98, 0.9])
    assert (list(twin.x), list(twin.y)) == ([3], [0.7])
    assert list(own.error_y.array) == [0.01, 0.01]


def test_words_can_be_of_another_language() -> None:
    figure = ml.plots.dial(ROWS, {"told nothing: its twin": "对照", "accuracy, 5-way 2-shot": "准确率"})
    assert figure.data[1].name == "对照"
    assert figure.layout.yaxis.title.text == "准确率"


def test_a_table_without_hidden_questions_is_no_dial() -> None:
    with pytest.raises(MetalearnError, match="no hidden questions"):
        ml.plots.dial([row("which-part", "own", 0.4)])
