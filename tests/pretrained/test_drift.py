"""Shipped tables are measured again: what is within its interval holds, what is not is named."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import Row
from metalearn.pretrained import drift
from metalearn.pretrained.drift import PARTS, Part, measure_again
from metalearn.pretrained.measurement import Found, Measurement, Setting
from metalearn.pretrained.results import load_table, shipped_tables


def quick(mean: float, setting: Setting) -> list[Measurement]:
    def measure(name: str) -> Iterator[Found]:
        yield {"measure": "accuracy"}, Estimate(mean, 0.0, 4)
        yield {"measure": "gain", "over": "twin"}, Estimate(mean - 0.5, 0.0, 4)

    return [Measurement({"learner": name}, partial(measure, name)) for name in ("film", "anil")]


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    circumstances = {"data": "omniglot", "seed": 0, "version": "0.1.0", "tasks": 600, "wall_s": 1.0}
    rows: list[Row] = [
        {"learner": "film", "measure": "accuracy", "mean": 0.9, "ci95": 0.02},
        {"learner": "film", "measure": "gain", "over": "twin", "mean": 0.4, "ci95": 0.01},
    ]
    rows = [row | circumstances for row in rows]
    monkeypatch.setattr(drift, "load_table", lambda table: rows)
    return rows


@pytest.mark.parametrize(
    ("now", "holds"), [(0.9, [True, True]), (0.915, [True, False]), (0.87, [False, False])], ids=str
)
def test_a_mean_outside_its_interval_has_drifted(
    shipped: list[Row], small: CharacterSet, monkeypatch: pytest.MonkeyPatch, now: float, holds: list[bool]
) -> None:
    monkeypatch.setattr(drift, "TABLES", {"quick": partial(quick, now)})
    results = list(measure_again(Setting(small), (Part("quick", {"learner": "film"}),)))
    assert [result.holds for result in results] == holds
    assert ["DRIFTED" in str(result) for result in results] == [not held for held in holds]


def test_a_result_that_does_not_ship_is_named(
    shipped: list[Row], small: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift, "TABLES", {"quick": partial(quick, 0.9)})
    with pytest.raises(MetalearnError, match=r"has no row of .*anil"):
        list(measure_again(Setting(small), (Part("quick", {"learner": "anil"}),)))
    with pytest.raises(MetalearnError, match="nothing in the table quick"):
        list(measure_again(Setting(small), (Part("quick", {"learner": "magic"}),)))


def test_every_shipped_table_has_a_part_and_every_part_ships(small: CharacterSet) -> None:
    assert {part.table for part in PARTS} == set(shipped_tables())
    for part in PARTS:
        rows = [drift._of(row) for row in load_table(part.table)]
        for measurement in part.measurements(Setting(small)):
            about = drift._of(measurement.about)
            assert any(about.items() <= row.items() for row in rows), about


def test_results_of_a_table_are_measured_again(omniglot: CharacterSet) -> None:
    """The same tasks and seed: nearly the same number, and so within any interval."""
    anil = Part("learners", {"what": "steps", "learner": "anil", "split": "article"})
    for result in measure_again(Setting(omniglot), (anil,)):
        assert result.now == pytest.approx(result.shipped, abs=0.005)
        assert not replace(result, now=result.shipped + 2 * result.ci95).holds
