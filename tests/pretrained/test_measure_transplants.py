"""The table of transplants: a learner is told other tasks' vectors, and every share is of what it says."""

from pathlib import Path

import numpy as np
import pytest
import torch

import metalearn as ml
from metalearn.pretrained import measure_transplants
from metalearn.pretrained.measure_tables import measure_table
from metalearn.pretrained.measure_transplants import ratio
from metalearn.pretrained.measurement import Setting


def test_a_ratio_of_means_has_an_interval_that_covers_it() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        whole = rng.normal(0.5, 0.3, 100)
        found = ratio(0.8 * whole + rng.normal(0, 0.2, 100), whole)
        covered += abs(found.mean - 0.8) < found.ci95
    assert 0.92 * 400 < covered < 0.98 * 400
    exact = ratio(0.25 * whole, whole)
    assert (exact.mean, exact.ci95) == (pytest.approx(0.25), pytest.approx(0, abs=1e-9))
    assert np.isnan(ratio(whole, np.zeros(100)).mean)  # of no gap there is no share


def test_each_share_is_of_the_gap_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = ml.Backbone(widths=(4, 4, 8), groups=2)
    reader = ml.TaskReader(backbone, size=8, width=8)
    learner = ml.Learner(backbone, ml.WeightedPrototypeInit(backbone, 8), ml.SGD(0.1), embedder=reader, steps=0)
    torch.nn.init.normal_(learner.init.log_weights.weight, std=3)  # untrained, but it listens to its vector
    monkeypatch.setattr(measure_transplants, "trained_learner", lambda setting, world, name: learner)
    monkeypatch.setattr(measure_transplants, "WORLD", "hidden-2")
    monkeypatch.setattr(measure_transplants, "LEARNERS", ("in-context",))
    rows = measure_table("transplants", Setting(ml.load_characters("glyphs"), tasks=40), tmp_path)

    def found(**wanted: str) -> dict[str, float]:
        chosen = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
        return {str(row.get("told")): float(row["mean"]) for row in chosen if not row.get("question")}

    others = {"ordinary": "another question's", "labelled by one question": "the same drawings', by the other question"}
    for tasks, worst in others.items():
        accuracy = found(tasks_are=tasks, measure="accuracy")
        assert {"own", "another of the same question", "another question's", "mean"} <= set(accuracy)
        for told, share in found(tasks_are=tasks, measure="share of the gap").items():
            gap = accuracy["own"] - accuracy[worst]
            assert share == pytest.approx((accuracy[told] - accuracy[worst]) / gap, rel=1e-4)
    by_vector = found(measure="answers", by="the vector's question")
    by_other = found(measure="answers", by="the other question")
    assert by_vector["own"] == pytest.approx(by_other["own"])  # one and the same vector, for both questions
    transplanted = by_vector["another task's"], by_other["another task's"]
    share = found(measure="share by the vector's question")["another task's"]
    assert share == pytest.approx(transplanted[0] / sum(transplanted))
    (of_the_pair,) = [row["mean"] for row in rows if row.get("question") == "character or pen"]
    assert of_the_pair == pytest.approx(share)  # with two questions there is one pair
    assert {row["measure"] for row in rows if row["tasks_are"] == "vectors"} == {
        "question_1nn",
        "question_5nn",
        "question_linear",
    }
    assert {row["tasks"] for row in rows if not row.get("question")} == {40}
