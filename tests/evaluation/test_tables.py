"""Tables as files and as figures: nothing is lost on the way, and a figure shows the rows it is about."""

import csv
from pathlib import Path

import pytest

from metalearn.errors import MetalearnError
from metalearn.evaluation.tables import Row, write_table
from metalearn.plots.result_tables import VIEWS, View, table_figure
from metalearn.pretrained.results import load_table, shipped_tables

FAMILIES = [
    {"embedding": "gradient", "split": "article", "reducer": "whitened", "measure": "retrieval_1nn", "entries": None},
    {"embedding": "gradient", "split": "lake", "reducer": "whitened", "measure": "retrieval_1nn", "entries": None},
    {"embedding": "random", "split": "lake", "reducer": "whitened", "measure": "retrieval_1nn", "entries": None},
    {"embedding": "gradient", "split": "lake", "reducer": "whitened", "measure": "nmi"},
    {"embedding": "collaborative", "split": "lake", "reducer": "whitened", "measure": "retrieval_1nn", "entries": 4},
]
MIXED = [
    {"learner": "preinit", "measure": "accuracy", "told": "own", "what": "ablation"},
    {"learner": "preinit", "measure": "gain", "over": "zero", "what": "ablation"},
    {"learner": "preinit", "measure": "gain", "over": "twin", "what": "ablation"},
    {"learner": "preinit", "measure": "gain", "over": "twin", "what": "ablation", "question": "drawer"},
]
LEARNERS = [
    {"learner": "maml", "protocol": "unstructured", "what": "ablation", "measure": "accuracy", "told": "own"},
    {"learner": "maml", "protocol": "within-alphabet", "what": "ablation", "measure": "accuracy", "told": "own"},
    {"learner": "maml", "protocol": "unstructured", "what": "ablation", "measure": "accuracy", "told": "zero"},
    {"learner": "maml", "protocol": "unstructured", "what": "steps", "measure": "accuracy", "steps": 0},
]
HEADLINE = [
    {"learner": "wide", "protocol": "unstructured", "split": "lake", "ways": ways, "shots": shots}
    for ways in (5, 20)
    for shots in (1, 5)
] + [{"learner": "wide", "protocol": "within-alphabet", "ways": 20, "shots": 1, "split": "lake", "alphabet": "Greek"}]


def test_a_correlation_is_no_percentage() -> None:
    rows = [{"embedding": "gradient", "measure": "transfer", "mean": 0.4, "ci95": 0.1, "data": "omniglot", "seed": 0}]
    shares, correlations = VIEWS["families"][0], VIEWS["families"][5]
    assert table_figure("families", rows, correlations).layout.xaxis.tickformat is None
    rows[0]["measure"] = "retrieval_1nn"
    assert table_figure("families", rows, shares).layout.xaxis.tickformat == ".0%"


@pytest.mark.parametrize(
    ("table", "rows", "shown", "label", "group"),
    [
        ("families", FAMILIES, [0, 1, 2], ["gradient", "random"], ["article whitened", "lake whitened"]),
        ("mixed", MIXED, [1, 2], ["preinit"], ["zero", "twin"]),
        ("learners", LEARNERS, [0, 1], ["maml"], ["unstructured", "within-alphabet"]),
        (
            "headline",
            HEADLINE,
            [0, 1, 2, 3],
            ["5-way 1-shot", "5-way 5-shot", "20-way 1-shot", "20-way 5-shot"],
            ["wide lake unstructured"],
        ),
    ],
)
def test_a_figure_draws_the_rows_it_is_about_and_no_others(
    table: str, rows: list[Row], shown: list[int], label: list[str], group: list[str]
) -> None:
    rows = [row | {"mean": 0.1 * i, "ci95": 0.01 * i, "data": "small", "seed": 0} for i, row in enumerate(rows)]
    figure = table_figure(table, rows)
    drawn = [(x, e) for trace in figure.data for x, e in zip(trace.x, trace.error_x.array, strict=True)]
    assert sorted(drawn) == [(rows[i]["mean"], rows[i]["ci95"]) for i in shown]
    assert list(figure.layout.yaxis.ticktext) == label
    assert [trace.name for trace in figure.data] == group
    assert "small, seed 0" in figure.layout.title.text


def test_a_view_of_alphabets_draws_their_rows_alone() -> None:
    rows = [row | {"mean": 0.9, "ci95": 0.01, "data": "small", "seed": 0} for row in HEADLINE]
    figure = table_figure("headline", rows, VIEWS["headline"][1])
    assert list(figure.layout.yaxis.ticktext) == ["Greek"]


@pytest.mark.parametrize(("table", "view"), [(table, view) for table in VIEWS for view in VIEWS[table]])
def test_a_view_of_nothing_says_so(table: str, view: View) -> None:
    with pytest.raises(MetalearnError, match="no rows to draw yet"):
        table_figure(table, [], view)


def test_a_table_that_ships_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.artifacts.PRETRAINED", tmp_path)
    assert shipped_tables() == []
    with pytest.raises(MetalearnError, match=r"no table 'mixed' ships; measure it with 'metalearn compare --table mix"):
        load_table("mixed")
    write_table(tmp_path / "results" / "mixed.json", MIXED)
    assert load_table("mixed") == MIXED
    assert shipped_tables() == ["mixed"]


def test_the_csv_has_every_column(tmp_path: Path) -> None:
    write_table(tmp_path / "mixed.json", MIXED)
    with (tmp_path / "mixed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {key for row in MIXED for key in row}
    assert rows == [{key: str(row.get(key, "")) for key in columns} for row in MIXED]
