"""A drawn sheet as a text in an address: it comes back the same, it fits, and a bad one is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import drawn_sheet
from dashboard.drawn_sheet import CELLS, own_characters, packed, read, unpacked
from metalearn.characters.uploads import images_from_strokes
from metalearn.errors import MetalearnError
from tests.characters.test_uploads import CROSS, strokes

LONGEST = 6_000  # letters in an address
BOX = [[[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]]]
places = st.floats(0, 1, allow_nan=False)
sheets = st.lists(
    st.fixed_dictionaries(
        {
            "cell": st.integers(0, CELLS - 1),
            "points": st.lists(st.tuples(places, places).map(list), min_size=1, max_size=30),
        }
    ),
    max_size=12,
)


@given(sheets)
@settings(max_examples=60, deadline=None)
def test_a_sheet_comes_back_and_packing_it_again_changes_nothing(sheet: drawn_sheet.Strokes) -> None:
    text = packed(sheet)
    back = unpacked(text)
    assert packed(back) == text
    assert len(text) <= LONGEST
    assert [stroke["cell"] for stroke in back] == [stroke["cell"] for stroke in sheet]


def test_a_drawing_looks_the_same_after_it_was_in_an_address() -> None:
    turn = np.linspace(0, 2 * np.pi, 300)
    circle = np.stack([0.5 + 0.4 * np.cos(turn), 0.5 + 0.4 * np.sin(turn)], 1).tolist()
    sheet = [{"cell": 4, "points": circle}, *strokes(8)]
    text = packed(sheet)
    assert len(text) < 200
    for drawn, back in zip(images_from_strokes(sheet, CELLS), images_from_strokes(unpacked(text), CELLS), strict=True):
        assert (drawn is None) == (back is None)
        if drawn is not None and back is not None:
            assert np.abs(drawn.astype(int) - back).mean() < 4


def test_the_fullest_sheet_that_is_read_fits() -> None:
    scribble = np.random.default_rng(0).random((400, 150, 2)).tolist()
    sheet = [{"cell": i % CELLS, "points": points} for i, points in enumerate(scribble)]
    text = packed(sheet)
    assert 0 < len(text) <= LONGEST
    assert packed(unpacked(text)) == text


@pytest.mark.parametrize(
    "bad",
    ["?", "A", "AAAA" * 2000, "BAA", "BAUz", "/w==", "ä", "_wEAAA", "BAIzM8zMBALMMzPMB"],
    ids=["letters", "length", "too long", "no points", "cut off", "padding", "umlaut", "cell 255", "cut in a stroke"],
)
def test_another_text_is_no_sheet(bad: str) -> None:
    with pytest.raises(MetalearnError):
        unpacked(bad)
    assert read([bad]) is None


@pytest.mark.parametrize(
    "bad",
    [
        [{"cell": 0, "points": [[2, 2]]}],
        [{"cell": 0, "points": "x"}],
        [{"cell": CELLS, "points": CROSS[0]}],
        [{"cell": 0, "points": CROSS[0]}] * 401,
        [{"cell": 0, "points": CROSS[0]}] * 65,
        [{"points": CROSS[0]}],
        "x",
    ],
)
def test_what_is_no_sheet_is_not_packed(bad: object) -> None:
    with pytest.raises(MetalearnError):
        packed(bad)


def test_nothing_drawn_is_an_empty_text() -> None:
    assert packed([]) == ""
    assert own_characters("").classes == []


def test_the_last_drawing_of_a_class_is_a_query_of_the_task() -> None:
    text = packed([*strokes(4), *strokes(5), *strokes(8, BOX), *strokes(16, BOX), *strokes(17), *strokes(0)])
    own = own_characters(text)
    assert own.names == ["A", "B", "D"]
    assert own.drawn_twice.names == ["A", "D"]
    assert own_characters(text, most=2).names == ["A", "B"]
    task = drawn_sheet.task(text)
    assert (task.ways, task.support_y.tolist(), task.query_y.tolist()) == (2, [[0, 1]], [[0, 1]])
    assert (255 * task.query_x[0, 1, 0]).round().byte().numpy().tolist() == own.classes[2][1].tolist()


def test_without_a_second_drawing_there_is_nothing_to_test_learners_on() -> None:
    with pytest.raises(MetalearnError, match="a second time"):
        drawn_sheet.task(packed([*strokes(4), *strokes(5), *strokes(8, BOX)]))
