"""Figures say what they were given: checked on the figure's data, not on pixels."""

import numpy as np
import pytest

from metalearn import plots

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_map_has_every_task_once_under_its_label(dimensions: int) -> None:
    coordinates = RNG.normal(size=(30, dimensions))
    labels = [f"label {i % 4}" for i in range(30)]
    figure = plots.task_map(coordinates, labels, [f"A/character{i:02d}" for i in range(30)])
    positions = np.concatenate([trace.customdata for trace in figure.data])
    assert sorted(positions) == list(range(30))
    for trace in figure.data:
        assert {labels[i] for i in trace.customdata} == {trace.name}
        np.testing.assert_array_equal(trace.x, coordinates[trace.customdata, 0])


def test_labels_are_told_apart_by_colour_or_symbol_and_a_long_legend_is_left_out() -> None:
    labels = [f"alphabet {i}" for i in range(50)]
    figure = plots.task_map(RNG.normal(size=(50, 2)), labels, labels)
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == 50
    assert not figure.layout.showlegend
    assert plots.task_map(RNG.normal(size=(50, 2)), ["one"] * 50, labels).layout.showlegend


def test_highlighted_tasks_stand_out_and_are_named() -> None:
    names = [f"Alphabet_of_the_Magi/character{i:02d}" for i in range(5)]
    coordinates = RNG.normal(size=(5, 2))
    chosen = plots.task_map(coordinates, ["a"] * 5, names, highlighted=[3]).data[-1]
    assert (chosen.x[0], chosen.y[0]) == tuple(coordinates[3])
    assert chosen.text == ("Alphabet 03",)


def test_drawings_appear_where_they_should_with_their_captions() -> None:
    pictures = RNG.integers(0, 256, (5, 28, 28)).astype(np.uint8)
    figure = plots.drawings(pictures, captions=list("abcde"), columns=3)
    sheet = np.asarray(figure.data[0].z)
    assert sheet.shape == (84, 90)
    np.testing.assert_array_equal(sheet[43:71, 31:59], pictures[4])
    assert [note.text for note in figure.layout.annotations] == list("abcde")
    assert np.asarray(plots.drawings(pictures, columns=3).data[0].z).shape == (60, 90)


def test_curves_and_bars_show_the_numbers_given() -> None:
    figure = plots.curves({"loss": [3.0, 2.0], "other": [1.0, 0.5]}, "loss")
    assert [list(trace.y) for trace in figure.data] == [[3.0, 2.0], [1.0, 0.5]]
    figure = plots.bars({"a": 0.9, "b": 0.4}, {"a": 0.05}, "accuracy", baseline=0.2)
    assert list(figure.data[0].y) == [0.9, 0.4]
    assert list(figure.data[0].error_y.array) == [0.05, 0]
    assert figure.layout.shapes[0].y0 == 0.2


def test_gains_of_all_sizes_can_be_told_apart_and_their_intervals_end_where_they_should() -> None:
    marks = [plots.Mark("a", "twin", 0.3, 0.1), plots.Mark("b", "twin", 0.001, 0.002), plots.Mark("c", "twin", -0.3, 0)]
    figure = plots.gains(marks, "gain")
    (trace,) = figure.data
    x, up, down = (np.array(values) for values in (trace.x, trace.error_x.array, trace.error_x.arrayminus))
    np.testing.assert_allclose(np.sinh(x), [30, 0.1, -30])
    np.testing.assert_allclose(np.sinh(x + up), [40, 0.3, -30])
    np.testing.assert_allclose(np.sinh(x - down), [20, -0.1, -30])
    ticks = dict(zip(figure.layout.xaxis.ticktext, figure.layout.xaxis.tickvals, strict=True))
    assert ticks["0"] == 0
    assert ticks["-30"] == pytest.approx(x[2])
    assert ticks["+30"] == pytest.approx(x[0])
    assert figure.layout.shapes[0].x0 == 0


def test_dots_stand_on_the_line_of_their_label_in_the_colour_of_their_group() -> None:
    marks = [
        plots.Mark("film", "lake", 0.8, 0.01),
        plots.Mark("maml", "lake", 0.7, 0.02),
        plots.Mark("maml", "article", 0.9, 0.03),
    ]
    figure = plots.dots(marks, "accuracy", "title")
    lines = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    drawn = {
        (next(label for label, line in lines.items() if abs(line - y) < 0.35), trace.name, x, interval)
        for trace in figure.data
        for x, y, interval in zip(trace.x, trace.y, trace.error_x.array, strict=True)
    }
    assert drawn == set(marks)
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 2
    assert figure.layout.showlegend
    assert (figure.layout.title.text, figure.layout.xaxis.title.text) == ("title", "accuracy")
    assert not plots.dots(marks[:2], "accuracy").layout.showlegend
