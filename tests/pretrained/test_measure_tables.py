"""Result tables: every row is written with what it needs to be read, and an interruption costs one measurement."""

import csv
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from metalearn import __version__
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import CIRCUMSTANCES, Row
from metalearn.plots.result_tables import VIEWS
from metalearn.pretrained.measure_tables import TABLES, Found, Measurement, Setting, measure_table

SAMPLES = np.array([0.0, 1.0, 1.0, 1.0])


class LostError(Exception):
    pass


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two measurements make the table "quick"; the list says which were made, and they break where it holds "break"."""
    made: list[str] = []

    def measure(name: str, setting: Setting) -> Iterator[Found]:
        yield {"measure": "accuracy"}, Estimate.of(SAMPLES)
        if name == "second" and "break" in made:
            raise LostError
        yield {"measure": "gain", "over": "twin"}, Estimate.of(SAMPLES - 1)
        made.append(name)

    def table(setting: Setting) -> list[Measurement]:
        return [Measurement({"learner": name}, partial(measure, name, setting)) for name in ("first", "second")]

    monkeypatch.setattr("metalearn.pretrained.measure_tables.TABLES", {"quick": table})
    return made


def written(folder: Path) -> list[Row]:
    return json.loads((folder / "quick.json").read_text("utf-8"))


def test_every_row_says_what_was_measured_and_how_surely(
    small: CharacterSet, tmp_path: Path, measured: list[str]
) -> None:
    rows = measure_table("quick", Setting(small, tasks=40, seed=7), tmp_path)
    assert [(row["learner"], row["measure"], row.get("over")) for row in rows] == [
        ("first", "accuracy", None),
        ("first", "gain", "twin"),
        ("second", "accuracy", None),
        ("second", "gain", "twin"),
    ]
    shared = {
        "data": "small",
        "data_fingerprint": small.fingerprint,
        "seed": 7,
        "version": __version__,
        "asked_tasks": 40,
    }
    for row in rows:
        expected = Estimate.of(SAMPLES - (row["measure"] == "gain"))
        assert (row["mean"], row["ci95"], row["tasks"]) == (expected.mean, expected.ci95, 4)
        assert shared.items() <= row.items()
        assert row["wall_s"] >= 0
        # A row that says more of its circumstances is not found again by ``make drift`` unless they are known there.
        assert row.keys() - {"learner", "measure", "over", "mean", "ci95", "tasks"} == CIRCUMSTANCES


def test_json_and_csv_hold_the_same_rows(small: CharacterSet, tmp_path: Path, measured: list[str]) -> None:
    rows = measure_table("quick", Setting(small), tmp_path)
    assert written(tmp_path) == rows
    with (tmp_path / "quick.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    columns = {key for row in rows for key in row}
    assert table == [{key: str(row.get(key, "")) for key in columns} for row in rows]


def test_what_is_there_is_not_measured_again(small: CharacterSet, tmp_path: Path, measured: list[str]) -> None:
    once = measure_table("quick", Setting(small), tmp_path)
    assert measure_table("quick", Setting(small), tmp_path) == once
    assert measured == ["first", "second"]


def test_an_interrupted_run_keeps_what_was_finished(small: CharacterSet, tmp_path: Path, measured: list[str]) -> None:
    measured.append("break")
    with pytest.raises(LostError):
        measure_table("quick", Setting(small), tmp_path)
    assert [row["learner"] for row in written(tmp_path)] == ["first", "first"]
    measured.clear()
    rows = measure_table("quick", Setting(small), tmp_path)
    assert measured == ["second"]
    assert [row["learner"] for row in rows] == ["first", "first", "second", "second"]


@pytest.mark.parametrize("changed", [{"tasks": 80}, {"seed": 1}])
def test_another_setting_is_measured_anew(
    small: CharacterSet, tmp_path: Path, measured: list[str], changed: dict[str, int]
) -> None:
    measure_table("quick", Setting(small), tmp_path)
    measured.clear()
    rows = measure_table("quick", Setting(small, **changed), tmp_path)
    assert measured == ["first", "second"]
    assert len(rows) == 4
    assert written(tmp_path) == rows


def test_another_version_is_measured_anew(
    small: CharacterSet, tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_table("quick", Setting(small), tmp_path)
    monkeypatch.setattr("metalearn.pretrained.measure_tables.__version__", "later")
    assert {row["version"] for row in measure_table("quick", Setting(small), tmp_path)} == {"later"}


def test_a_table_that_is_unknown_or_damaged(small: CharacterSet, tmp_path: Path, measured: list[str]) -> None:
    with pytest.raises(MetalearnError, match="unknown table 'slow'; there are quick"):
        measure_table("slow", Setting(small), tmp_path)
    (tmp_path / "quick.json").write_text("[{")
    with pytest.raises(MetalearnError, match="not a table of results"):
        measure_table("quick", Setting(small), tmp_path)
    assert measured == []


def test_every_table_can_be_drawn() -> None:
    assert set(VIEWS) == set(TABLES)
