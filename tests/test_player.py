"""The player's frames show each step as it was: curves, answers and path."""

import numpy as np
import pytest

from metalearn.player import RIGHT, WRONG, AdaptationView, TaskOnMap, adaptation_player

STEPS, WAYS, QUERIES = 4, 3, 2
RNG = np.random.default_rng(0)
ANSWERS = np.repeat(np.arange(WAYS), QUERIES)
NAMES = ["Greek 01", "Latin 05", "Mkhedruli (Georgian) 28"]


def view(name: str) -> AdaptationView:
    """A learner that learns: every query is taken for class 0 at first, and for its own at the end."""
    share = np.linspace(0, 1, STEPS)[:, None, None]
    wrong, right = np.eye(WAYS)[np.zeros(len(ANSWERS), int)], np.eye(WAYS)[ANSWERS]
    probabilities = 0.9 * ((1 - share) * wrong + share * right) + 0.1 / WAYS
    accuracy = (probabilities.argmax(-1) == ANSWERS).mean(-1)
    return AdaptationView(name, np.linspace(1, 0, STEPS), accuracy, probabilities)


@pytest.fixture
def on_map() -> TaskOnMap:
    path = np.concatenate([np.full((1, 2), np.nan), RNG.normal(size=(STEPS - 1, 2))])
    return TaskOnMap(RNG.normal(size=(20, 2)), [3, 5, 7], path)


@pytest.mark.parametrize("learners", [["one"], ["one", "other"]])
def test_a_frame_a_step_and_the_figure_starts_at_the_first(learners: list[str], on_map: TaskOnMap) -> None:
    figure = adaptation_player([view(n) for n in learners], pictures(), ANSWERS, NAMES, on_map)
    assert [frame.name for frame in figure.frames] == ["0", "1", "2", "3"]
    for moving, trace in zip(figure.frames[0].traces, figure.frames[0].data, strict=True):
        assert figure.data[moving].mode == trace.mode
        np.testing.assert_array_equal(figure.data[moving].x, trace.x)
    assert len(figure.layout.sliders[0].steps) == STEPS


def test_answers_change_from_wrong_to_right(on_map: TaskOnMap) -> None:
    figure = adaptation_player([view("one")], pictures(), ANSWERS, NAMES, on_map)

    def words(step: int, colour: str) -> list[str]:
        (trace,) = [t for t in figure.frames[step].data if t.mode == "text" and t.textfont.color == colour]
        return list(trace.text)

    assert words(0, WRONG) == ["A 93%"] * 4
    assert words(0, RIGHT) == ["A 93%"] * 2
    assert words(3, WRONG) == []
    assert words(3, RIGHT) == ["A 93%", "A 93%", "B 93%", "B 93%", "C 93%", "C 93%"]


def test_the_path_grows_and_the_dots_walk_along_the_curves(on_map: TaskOnMap) -> None:
    shown = view("one")
    figure = adaptation_player([shown], pictures(), ANSWERS, NAMES, on_map)
    for step, frame in enumerate(figure.frames):
        path, loss, accuracy = frame.data[:3]
        np.testing.assert_array_equal(np.stack([path.x, path.y], 1), on_map.path[: step + 1])
        assert (loss.x[0], loss.y[0]) == (step, shown.support_loss[step])
        assert (accuracy.x[0], accuracy.y[0]) == (step, shown.query_accuracy[step])


def test_queries_are_drawn_a_class_a_row_with_letters_before(on_map: TaskOnMap) -> None:
    figure = adaptation_player([view("one")], pictures(), ANSWERS, NAMES, on_map)
    (sheet,) = [trace for trace in figure.data if trace.type == "heatmap"]
    np.testing.assert_array_equal(np.asarray(sheet.z)[44 + 3 : 44 + 31, 34 + 3 : 34 + 31], pictures()[3])
    labels = [axis.ticktext for axis in figure.select_yaxes() if axis.ticktext]
    assert labels == [("Greek 01 <b>A</b>", "Latin 05 <b>B</b>", "Mkhedrul 28 <b>C</b>")]


def test_without_a_map_there_is_no_empty_panel() -> None:
    figure = adaptation_player([view("one")], pictures(), ANSWERS, NAMES)
    assert "the task on the map" not in [note.text for note in figure.layout.annotations]
    assert len(list(figure.select_xaxes())) == 3


def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (len(ANSWERS), 28, 28)).astype(np.uint8)
