"""The player's frames show each step as it was: curves, answers and path."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.basedatatypes import BaseTraceType

from metalearn.errors import MetalearnError
from metalearn.plots.player import (
    NO_ANSWER,
    RIGHT,
    WORDS,
    WRONG,
    AdaptationView,
    Plane,
    Recording,
    TaskOnMap,
    adaptation_player,
)

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
    return AdaptationView(name, np.linspace(1, 0, STEPS), accuracy, probabilities, probabilities.argmax(-1))


def recorded(views: Sequence[AdaptationView], on_map: TaskOnMap | None = None) -> Recording:
    return Recording(views, pictures(), ANSWERS, NAMES, on_map)


@pytest.fixture
def on_map() -> TaskOnMap:
    path = np.concatenate([np.full((1, 2), np.nan), RNG.normal(size=(STEPS - 1, 2))])
    return TaskOnMap(RNG.normal(size=(20, 2)), [3, 5, 7], path)


@pytest.mark.parametrize("learners", [["one"], ["one", "other"], ["one", "other", "third"]])
def test_a_frame_a_step_and_the_figure_starts_at_the_first(learners: list[str], on_map: TaskOnMap) -> None:
    figure = adaptation_player(recorded([view(n) for n in learners], on_map))
    assert [frame.name for frame in figure.frames] == ["0", "1", "2", "3"]
    for moving, trace in zip(figure.frames[0].traces, figure.frames[0].data, strict=True):
        assert figure.data[moving].type == trace.type
        np.testing.assert_array_equal(figure.data[moving].x, trace.x)
    assert len(figure.layout.sliders[0].steps) == STEPS


def test_answers_change_from_wrong_to_right(on_map: TaskOnMap) -> None:
    figure = adaptation_player(recorded([view("one")], on_map))

    def words(step: int, colour: str) -> list[str]:
        frame = figure.frames[step]
        known = [figure.data[moving] for moving in frame.traces]
        (found,) = [i for i, t in enumerate(known) if t.mode == "text" and t.textfont.color == colour]
        return list(frame.data[found].text)

    assert words(0, WRONG) == ["A 93%"] * 4
    assert words(0, RIGHT) == ["A 93%"] * 2
    assert words(3, WRONG) == []
    assert words(3, RIGHT) == ["A 93%", "A 93%", "B 93%", "B 93%", "C 93%", "C 93%"]


def test_the_path_grows_and_the_dots_walk_along_the_curves(on_map: TaskOnMap) -> None:
    shown = view("one")
    figure = adaptation_player(recorded([shown], on_map))
    for step, frame in enumerate(figure.frames):
        loss, accuracy, path = frame.data[:3]
        np.testing.assert_array_equal(np.stack([path.x, path.y], 1), on_map.path[: step + 1])
        assert (loss.x[0], loss.y[0]) == (step, shown.support_loss[step])
        assert (accuracy.x[0], accuracy.y[0]) == (step, shown.query_accuracy[step])


def test_queries_are_drawn_a_class_a_row_with_letters_before(on_map: TaskOnMap) -> None:
    figure = adaptation_player(recorded([view("one")], on_map))
    (sheet,) = [trace for trace in figure.data if trace.type == "heatmap"]
    np.testing.assert_array_equal(np.asarray(sheet.z)[44 + 3 : 44 + 31, 34 + 3 : 34 + 31], pictures()[3])
    labels = [axis.ticktext for axis in figure.select_yaxes() if axis.ticktext]
    assert labels == [("Greek 01 <b>A</b>", "Latin 05 <b>B</b>", "Mkhedrul 28 <b>C</b>")]


def full(name: str, layers: int = 3) -> AdaptationView:
    """A learner of which everything is known."""
    grid = np.linspace(-1, 1, 5)
    plane = Plane(
        x=grid,
        y=grid,
        regions=RNG.integers(0, WAYS, (STEPS, 5, 5)).astype(np.uint8),
        support=RNG.normal(size=(STEPS, WAYS, 2)),
        support_y=np.arange(WAYS),
        queries=RNG.normal(size=(STEPS, len(ANSWERS), 2)),
    )
    sizes = {f"layer_{i}": np.linspace(0.1, 0.2 + i, STEPS - 1) for i in range(layers)}
    return replace(view(name), plane=plane, step_sizes=sizes, attention=RNG.dirichlet(np.ones(4), STEPS))


def moving(figure: go.Figure, step: int, kind: str) -> list[BaseTraceType]:
    return [trace for trace in figure.frames[step].data if trace.type == kind]


def without_answers(shown: AdaptationView) -> AdaptationView:
    """The same, but before the first step all classes tie."""
    guesses, regions = shown.guesses.copy(), shown.plane.regions.astype(np.int8)
    guesses[0] = regions[0] = NO_ANSWER
    return replace(shown, guesses=guesses, plane=replace(shown.plane, regions=regions))


def test_no_answer_yet_is_drawn_as_such(on_map: TaskOnMap) -> None:
    figure = adaptation_player(recorded([without_answers(full("one"))], on_map))
    moving = figure.frames[0].traces
    texts = [
        i
        for i, trace in enumerate(moving)
        if figure.data[trace].type == "scatter" and figure.data[trace].mode == "text"
    ]  # of right, wrong, none yet
    first, second = ([list(frame.data[i].text) for i in texts] for frame in figure.frames[:2])
    assert first == [[], [], ["?"] * len(ANSWERS)]
    assert second[2] == []
    (plane,) = [trace for trace in figure.data if trace.type == "heatmap" and trace.zmin == NO_ANSWER - 0.5]
    assert (plane.z == NO_ANSWER).all()
    assert plane.colorscale[0][1] == plane.colorscale[1][1] == "#ffffff"
    assert plane.colorscale[1][0] == 1 / (WAYS + 1)


@pytest.mark.parametrize("narrow", [False, True])
def test_regions_attention_and_the_step_just_taken_move(on_map: TaskOnMap, narrow: bool) -> None:
    shown = full("one")
    figure = adaptation_player(recorded([shown], on_map), narrow=narrow)
    assert shown.plane is not None
    assert shown.attention is not None
    for step in range(STEPS):
        (regions,) = moving(figure, step, "heatmap")
        np.testing.assert_array_equal(regions.z, shown.plane.regions[step])
        (attention,) = moving(figure, step, "bar")
        np.testing.assert_array_equal(attention.y, shown.attention[step])
        queries, support, taken = moving(figure, step, "scatter")[-3:]
        np.testing.assert_allclose(np.stack([queries.x, queries.y], 1), shown.plane.queries[step], rtol=1e-6)
        np.testing.assert_allclose(np.stack([support.x, support.y], 1), shown.plane.support[step], rtol=1e-6)
        assert np.nanmean(taken.x[:-1]) == step if step else np.isnan(taken.x).all()


def test_step_sizes_are_drawn_a_layer_a_row(on_map: TaskOnMap) -> None:
    shown = full("one")
    figure = adaptation_player(recorded([shown], on_map))
    (sizes,) = [t for t in figure.data if t.type == "heatmap" and t.text is not None]
    assert shown.step_sizes is not None
    np.testing.assert_allclose(sizes.z, np.stack(list(shown.step_sizes.values())), rtol=1e-6)
    assert "step sizes, 0.1 (dark) to 2.2 (light)" in titles(figure)[-2]
    assert ("layer 0", "layer 1", "layer 2") in [axis.ticktext for axis in figure.select_yaxes()]


@pytest.mark.parametrize("narrow", [False, True])
def test_panels_do_not_overlap(on_map: TaskOnMap, narrow: bool) -> None:
    views = [full("one"), view("other"), full("third", layers=2)]
    figure = adaptation_player(recorded(views, on_map), narrow=narrow)
    boxes = [(*x.domain, *y.domain) for x, y in zip(figure.select_xaxes(), figure.select_yaxes(), strict=True)]
    for (l1, r1, b1, t1), (l2, r2, b2, t2) in combinations(boxes, 2):
        assert r1 <= l2 or r2 <= l1 or t1 <= b2 or t2 <= b1
    if narrow:
        assert {box[:2] for box in boxes} == {(0, 1)}


def test_it_opens_at_a_step_and_steps_lead_to_the_next(on_map: TaskOnMap) -> None:
    figure = adaptation_player(recorded([full("one")], on_map), start=2)
    assert figure.layout.sliders[0].active == 2
    assert figure.data[figure.frames[0].traces[0]].x == (2,)

    def targets(layout: go.Layout) -> list[str]:
        return [button.args[0][0] for button in layout.updatemenus[0].buttons if "Step" in button.label]

    assert targets(figure.layout) == ["1", "3"]
    assert [targets(frame.layout) for frame in figure.frames] == [["0", "1"], ["0", "2"], ["1", "3"], ["2", "3"]]


def test_it_is_small(on_map: TaskOnMap) -> None:
    figure = adaptation_player(recorded([full(n) for n in "abc"], on_map))
    assert len(figure.to_json()) < 300_000


def test_four_learners_are_one_too_many() -> None:
    with pytest.raises(MetalearnError, match="1 to 3 learners, not 4"):
        adaptation_player(recorded([view(n) for n in "abcd"]))


def test_every_text_can_be_in_another_language(on_map: TaskOnMap) -> None:
    varying = without_answers(full("one"))
    constant = replace(varying, step_sizes={"layer_0": np.full(STEPS - 1, 0.1)})
    marks = {text: f"[word {i}]" for i, text in enumerate(WORDS)}
    figure = adaptation_player(recorded([varying, constant], on_map), words=marks)
    said = figure.to_json()
    assert [text for text, mark in marks.items() if mark not in said] == []


def test_blanks_are_filled_in_any_language(on_map: TaskOnMap) -> None:
    words = {"step sizes, {low} (dark) to {high} (light)": "{high} hell, {low} dunkel"}
    figure = adaptation_player(recorded([full("one")], on_map), words=words)
    assert any("2.2 hell, 0.1 dunkel" in title for title in titles(figure))


def titles(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_without_a_map_there_is_no_empty_panel() -> None:
    figure = adaptation_player(recorded([view("one")]))
    assert "the task on the map" not in [note.text for note in figure.layout.annotations]
    assert len(list(figure.select_xaxes())) == 3


def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (len(ANSWERS), 28, 28)).astype(np.uint8)
