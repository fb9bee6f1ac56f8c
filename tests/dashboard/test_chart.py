"""Figures on pages: what a screen reader says of them, and how they grow with the type."""

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.widgets import chart
from metalearn import plots
from metalearn.pretrained.results import load_table
from tests.dashboard.conftest import APP

TWINS = [plots.Mark("film<br><i>hidden<br>questions</i>", "twin", 0.21, 0.02), plots.Mark("anil", "twin", -0.001, None)]


def dial() -> go.Figure:
    return plots.dial(load_table("worlds")).add_vrect(4.7, 5.3)


@pytest.mark.parametrize(
    ("figure", "read"),
    [
        (
            plots.curves({"film": [0.5, 0.9, 0.8]}, "accuracy", percent=True),
            ["film: 50.0% at 0; 90.0% at 1; 80.0% at 2."],
        ),
        (plots.curves({"loss": [2.5, 0.125]}, "loss"), ["loss: 2.5 at 0; 0.125 at 1."]),
        (plots.gains(TWINS, "gain"), ["twin: film, hidden questions +21.00 ± 2.00; anil -0.10 ± 0.00."]),
        (plots.dots(TWINS, "accuracy"), ["twin: film, hidden questions 21.0% ± 2.0%; anil -0.1%."]),
        (plots.dots(TWINS[:1], "correlation", percent=False), ["twin: film, hidden questions 0.21 ± 0.02."]),
        (plots.vector(np.linspace(-1, 1, 8)), []),
    ],
)
def test_the_values_of_a_figure_are_read(figure: go.Figure, read: list[str]) -> None:
    assert chart.values(figure) == read


def test_of_a_curve_its_ends_and_its_extremes_are_read_and_of_a_map_nothing() -> None:
    assert chart.values(dial())[0].startswith("told the truth: 98")
    task_map, names = np.random.default_rng(0).normal(size=(9, 2)), [f"Greek/character0{i}" for i in range(9)]
    figure = plots.with_neighbours(plots.task_map(task_map, ["task"] * 9, names, [1]), task_map, 1, [2, 3])
    assert chart.values(figure) == []


def test_of_many_means_the_lowest_and_the_highest_are_read() -> None:
    marks = [plots.Mark(f"line {i}", "all", i / 100, None) for i in range(chart.MOST_READ + 1)]
    (said,) = chart.values(plots.dots(marks, "accuracy"))
    assert said == "all: 31 values; lowest line 0 0.0%; highest line 30 30.0%."


@pytest.mark.parametrize("figure", [dial, lambda: plots.gains(TWINS, "gain"), lambda: plots.vector(np.ones(4))])
def test_a_figure_grows_and_its_letters_are_left_to_the_page(figure: Callable[[], go.Figure]) -> None:
    usual, large = figure(), chart.enlarged(figure(), 1.5)
    assert large.layout.height == round(1.5 * usual.layout.height)
    assert [shape.line.width for shape in large.layout.shapes] == [
        1.5 * (shape.line.width or chart.LINE) for shape in usual.layout.shapes
    ]
    assert large.layout.font == usual.layout.font
    assert chart.enlarged(figure(), 1) == usual


def test_every_figure_is_shown_with_its_text() -> None:
    found = [file.name for file in APP.parent.rglob("*.py") if "plotly_chart" in file.read_text("utf-8")]
    assert found == ["chart.py"]
