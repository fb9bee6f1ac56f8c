"""The tables that ship: whole, and with controls that control."""

import math

import pytest

from metalearn.pretrained.results import load_table, shipped_tables


@pytest.mark.parametrize("table", shipped_tables())
def test_every_result_is_a_number_with_an_interval(table: str) -> None:
    for row in load_table(table):
        assert math.isfinite(row["mean"]), row
        assert row["ci95"] >= 0, row


def test_random_vectors_know_nothing() -> None:
    rows = [row for row in load_table("families") if row["embedding"] == "random"]
    assert {row["reducer"] for row in rows} == {"raw", "whitened"}
    assert {"stability", "transfer", "difficulty"} <= {row["measure"] for row in rows}
    for row in rows:
        if row["measure"] == "stability":
            assert row["mean"] < 0.05, row
        if row["measure"] in ("transfer", "difficulty"):
            assert abs(row["mean"]) < 3 * row["ci95"], row
