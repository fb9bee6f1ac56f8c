"""A scene holds what was recorded, as JSON: answers, regions, places, step sizes and attention."""

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from metalearn.errors import MetalearnError
from metalearn.plots.player import NO_ANSWER, PLAYER_JS, WORDS, TaskOnMap, make_scene
from metalearn.plots.player.scene import TEXTS, letter
from tests.plots.player.scenes import (
    ANSWERS,
    DRAWINGS,
    GRID,
    NAMES,
    STEPS,
    WAYS,
    full,
    on_map,
    recorded,
    view,
    without_answers,
)


def image(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))


def test_answers_and_curves_are_those_recorded() -> None:
    shown = view("one")
    made = make_scene(recorded([shown]))
    (learner,) = made["learners"]
    assert made["steps"] == STEPS - 1
    assert made["queries"] == ANSWERS.tolist()
    assert learner["guesses"] == shown.guesses.tolist()
    np.testing.assert_allclose(learner["shares"], shown.probabilities.max(-1), rtol=1e-3)
    np.testing.assert_allclose(learner["accuracy"], shown.query_accuracy, rtol=1e-3)
    np.testing.assert_allclose(learner["loss"], shown.support_loss, rtol=1e-3)
    assert [entry["name"] for entry in made["classes"]] == NAMES


@pytest.mark.parametrize("count", [1, 31, 32, 33, 70])
@pytest.mark.parametrize("size", [(28, 28), (56, 40)])
def test_every_drawing_is_on_the_sheet(count: int, size: tuple[int, int]) -> None:
    drawings = np.random.default_rng(count).integers(0, 256, (count, *size)).astype(np.uint8)
    made = make_scene(replace(recorded([view("one")]), support=drawings[:0], images=drawings))
    ink = np.asarray(image(made["drawings"]))[..., -1]
    (height, width), columns = made["side"], made["columns"]
    for i, drawing in enumerate(drawings):
        top, left = i // columns * height, i % columns * width
        np.testing.assert_array_equal(ink[top : top + height, left : left + width], drawing)


def test_support_drawings_come_before_the_queries() -> None:
    ink = np.asarray(image(make_scene(recorded([view("one")]))["drawings"]))[..., -1]
    for i, drawing in enumerate(DRAWINGS):
        np.testing.assert_array_equal(ink[:28, 28 * i : 28 * i + 28], drawing)


def test_regions_are_an_image_per_step_with_nothing_where_there_is_no_answer() -> None:
    shown = without_answers(full("one"))
    assert shown.plane is not None
    plane = make_scene(recorded([shown]))["learners"][0]["plane"]
    regions = np.asarray(image(plane["regions"])).astype(int).reshape(STEPS, GRID, GRID)
    np.testing.assert_array_equal(regions[:, ::-1] - 1, shown.plane.regions)
    colours = np.asarray(image(plane["regions"]).convert("RGBA")).reshape(STEPS, GRID * GRID, 4)
    assert (colours[0, :, 3] == 0).all()
    assert (colours[1:, :, 3] > 0).all()
    assert len(np.unique(colours[1:].reshape(-1, 4), axis=0)) == WAYS


def test_places_in_the_plane_are_shares_from_the_top_left() -> None:
    shown = full("one")
    assert shown.plane is not None
    plane = make_scene(recorded([shown]))["learners"][0]["plane"]
    for kind, places in (("support", shown.plane.support), ("queries", shown.plane.queries)):
        x, y = np.moveaxis(np.array(plane[kind]), -1, 0)
        np.testing.assert_allclose(np.stack([2 * x - 1, 1 - 2 * y], -1), places, atol=2e-3)


def test_what_says_nothing_is_left_out() -> None:
    shown = full("one")
    constant = replace(shown, step_sizes={"a": np.full(3, 0.1), "b": np.full(3, 0.1)}, attention=np.full((4, 5), 0.2))
    bare = replace(shown, plane=None, step_sizes=None, attention=None)
    told, silent, without = make_scene(recorded([shown, constant, bare]))["learners"]
    assert shown.step_sizes is not None
    assert told["sizes"]["layers"] == ["layer 0", "layer 1", "layer 2"]
    np.testing.assert_allclose(told["sizes"]["values"], np.stack(list(shown.step_sizes.values())), rtol=1e-3)
    assert shown.attention is not None
    np.testing.assert_allclose(told["attention"], shown.attention, rtol=1e-3)
    assert (silent["sizes"], silent["attention"]) == (None, None)
    assert (without["plane"], without["sizes"], without["attention"]) == (None, None, None)


def test_where_a_learner_looks_is_kept() -> None:
    lit = replace(view("one"), spotlight=np.array([[1, 0.25], [0.5, 0.125]]))
    one, other = make_scene(recorded([lit, view("two")]))["learners"]
    assert one["spotlight"] == [[1, 0.25], [0.5, 0.125]]
    assert other["spotlight"] is None


def test_the_map_keeps_its_shape_and_the_task_is_nowhere_at_first() -> None:
    place = on_map()
    made = make_scene(recorded([view("one")], place))["map"]
    assert made["path"][0] == [None, None]
    everything = np.concatenate([place.tasks, place.path[1:]])
    shown = np.array(made["tasks"] + made["path"][1:])
    across = np.ptp(everything, axis=0)
    np.testing.assert_allclose(np.ptp(shown, axis=0), 1000 * across / across.max(), atol=1)
    assert shown[everything[:, 1].argmax(), 1] == 0  # the highest is uppermost
    assert made["classes"] == [made["tasks"][i] for i in place.classes]
    assert make_scene(recorded([view("one")]))["map"] is None


def test_a_large_map_is_thinned_and_a_map_of_one_place_is_no_error() -> None:
    tasks = np.random.default_rng(1).normal(size=(5000, 2))
    assert len(make_scene(recorded([view("one")], TaskOnMap(tasks, [4999], np.zeros((4, 2)))))["map"]["tasks"]) <= 2000
    made = make_scene(recorded([view("one")], TaskOnMap(np.zeros((3, 2)), [0], np.zeros((4, 2)))))["map"]
    assert made["tasks"] == [[0, 0]] * 3


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_learner_that_runs_away_is_still_json(broken: float) -> None:
    shown = full("one")
    assert shown.plane is not None
    queries = shown.plane.queries.copy()
    queries[-1] = broken
    lost = replace(shown, support_loss=np.array([1, 2, broken, broken]), plane=replace(shown.plane, queries=queries))
    made = make_scene(recorded([lost]))
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["learners"][0]["loss"] == [1, 2, None, None]


@pytest.mark.parametrize("count", [0, 4])
def test_one_to_three_learners_can_be_shown(count: int) -> None:
    with pytest.raises(MetalearnError, match=f"1 to 3 learners, not {count}"):
        make_scene(recorded([view(str(i)) for i in range(count)]))


def test_more_classes_than_colours_or_letters() -> None:
    many = replace(recorded([view("one")]), class_names=[str(i) for i in range(40)])
    classes = make_scene(many)["classes"]
    assert len({entry["letter"] for entry in classes}) == 40
    assert all(re.fullmatch("#[0-9A-F]{6}", entry["colour"]) for entry in classes)


@given(some.integers(0, 10_000))
def test_letters_are_told_apart(number: int) -> None:
    assert letter(number) != letter(number + 1)
    assert letter(number).isalpha()
    assert letter(number).isupper()


def test_every_text_can_be_in_another_language() -> None:
    marks = {text: f"[word {i}]" for i, text in enumerate(WORDS)}
    assert set(make_scene(recorded([view("one")]), marks)["words"].values()) == set(marks.values())


def test_the_drawing_code_uses_every_text_and_no_other() -> None:
    of_film_strip = {"at"}
    asked = set(re.findall(r'say\(view, (?:[^"()]*\? )?"(\w+)"(?: : "(\w+)")?', PLAYER_JS))
    asked_for = {name for names in asked for name in names if name}
    kinds = set(re.findall(r'panel\(view, "(\w+)"', PLAYER_JS)) | {"sizes", "attention"}
    assert asked_for | kinds | of_film_strip == set(TEXTS)


def test_it_is_small() -> None:
    assert len(json.dumps(make_scene(recorded([full(n) for n in "abc"], on_map())))) < 40_000


def test_no_answer_is_minus_one_as_the_drawing_code_has_it() -> None:
    assert f"const NONE = {NO_ANSWER};" in PLAYER_JS
