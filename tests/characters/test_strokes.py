import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.characters.strokes import PEN_WIDTH, fit_to_frame, rasterise
from metalearn.errors import MetalearnError

coordinate = st.floats(0, 1, width=32)
stroke = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=12)
drawing = st.lists(stroke, min_size=1, max_size=6)
quick = settings(max_examples=60, deadline=None)


def box(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the ink."""
    rows, columns = np.flatnonzero((picture > 40).any(1)), np.flatnonzero((picture > 40).any(0))
    return rows[0], rows[-1], columns[0], columns[-1]


@quick
@given(drawing)
def test_a_picture_is_ink_on_an_empty_ground(strokes):
    picture = rasterise(strokes)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    assert picture.max() > 100, "even a dot leaves ink"


@quick
@given(drawing, st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_direction_of_strokes_shows(strokes, random):
    shuffled = [points[::-1] if random.random() < 0.5 else points for points in random.sample(strokes, len(strokes))]
    np.testing.assert_allclose(rasterise(shuffled).astype(int), rasterise(strokes), atol=1)


@quick
@given(drawing, stroke)
def test_one_more_stroke_only_adds_ink(strokes, another):
    assert np.all(rasterise([*strokes, another]) >= rasterise(strokes))


@quick
@given(drawing, st.floats(0.1, 2.9), st.floats(0, 0.1))
def test_a_wider_pen_only_adds_ink(strokes, width, more):
    assert np.all(rasterise(strokes, width + more) >= rasterise(strokes, width))


def test_a_stroke_looks_as_if_drawn_large_and_averaged():
    """Omniglot's own way: a one-bit picture, here 15 times as large, averaged over the 28 x 28 grid."""
    angle = np.linspace(0, 5, 40)
    points = 0.5 + 0.3 * np.stack([np.cos(angle), np.sin(1.3 * angle)], 1)
    fine = ((np.arange(28 * 15) + 0.5) / 15).astype(np.float32)
    large = np.zeros((len(fine), len(fine)), bool)
    for x, y in 28 * np.linspace(points[:-1], points[1:], 20).reshape(-1, 2):
        large |= (fine - x) ** 2 + (fine[:, None] - y) ** 2 <= (PEN_WIDTH / 2) ** 2
    averaged = 255 * large.reshape(28, 15, 28, 15).mean((1, 3))
    picture = rasterise([points]).astype(float)
    assert np.abs(picture - averaged).max() < 60
    assert picture.sum() == pytest.approx(averaged.sum(), rel=0.03)


def test_x_goes_right_and_y_goes_down():
    row, column = np.unravel_index(rasterise([[(0.9, 0.1)]]).argmax(), (28, 28))
    assert (row, column) == (2, 25)


@quick
@given(drawing, st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.2, 0.5))
def test_where_and_how_large_a_character_was_drawn_does_not_matter(strokes, right, down, scale):
    large = [[(0.0, 0.0), (1.0, 0.3)], *strokes]  # not so small that scaling it down makes it a dot
    moved = [[(right + scale * x, down + scale * y) for x, y in points] for points in large]
    fitted, fitted_moved = rasterise(fit_to_frame(large)), rasterise(fit_to_frame(moved))
    np.testing.assert_allclose(fitted_moved.astype(int), fitted, atol=1)


@quick
@given(drawing)
def test_a_fitted_drawing_is_centred_and_leaves_a_margin(strokes):
    points = np.concatenate(fit_to_frame(strokes))
    np.testing.assert_allclose(points.min(0) + points.max(0), 1, atol=1e-9)
    assert points.min() >= 0.19
    assert points.max() <= 0.81


def test_a_fitted_drawing_is_as_large_as_characters_of_omniglot():
    top, bottom, left, right = box(rasterise(fit_to_frame([[(0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2)]])))
    assert 17 <= bottom - top + 1 <= 20  # theirs: 18.3 pixels
    assert 17 <= right - left + 1 <= 20


def test_a_dot_stays_a_dot():
    assert (rasterise(fit_to_frame([[(0.2, 0.9), (0.201, 0.9)]])) > 0).sum() < 12


@pytest.mark.parametrize(
    ("strokes", "why"),
    [
        ([], "0 strokes"),
        ([[]], "none is empty"),
        ([[(0.5, 0.5)]] * 65, "65 strokes"),
        ([[(0.5, 0.5)] * 4097], "4,097 points"),
        ([[(0.5, 1.01)]], "leaves the drawing area"),
        ([[(-0.01, 0.5)]], "leaves the drawing area"),
        ([[(float("nan"), 0.5)]], "leaves the drawing area"),
        ([[(float("inf"), 0.5)]], "leaves the drawing area"),
        ([[(10**400, 0.5)]], "two numbers each"),
        ([[(0.5, 0.5, 0.5)]], "two numbers each"),
        ([[(0.5, 0.5), (0.5,)]], "two numbers each"),
        ([0.5, 0.5], "two numbers each"),
        ([["left", "right"]], "two numbers each"),
        (None, "two numbers each"),
    ],
)
@pytest.mark.parametrize("function", [rasterise, fit_to_frame])
def test_bad_strokes_are_refused_in_one_line(function, strokes, why):
    with pytest.raises(MetalearnError, match=why) as caught:
        function(strokes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("width", [0, -1, 3.1, float("nan")])
def test_a_pen_that_cannot_draw_is_refused(width):
    with pytest.raises(MetalearnError, match="pen"):
        rasterise([[(0.5, 0.5)]], width)
