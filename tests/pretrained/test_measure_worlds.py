"""The table of worlds: everything is trained once, kept, and compared on the same tasks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metalearn.characters.character_set import CharacterSet
from metalearn.pretrained import measure_worlds
from metalearn.pretrained.measure_tables import measure_table
from metalearn.pretrained.measure_worlds import Case
from metalearn.pretrained.measurement import Setting
from metalearn.pretrained.recipes import Recipe
from metalearn.pretrained.worlds import WORLDS


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small cases, of one meta-step each, whose embedders are fitted to few tasks."""

    def one_step(recipe: Callable[[str], Recipe]) -> Callable[[str], Recipe]:
        return lambda name: replace(recipe(name), meta_steps=1)

    for name in ("hidden-2", "which-part"):
        world = replace(WORLDS[name], recipe=one_step(WORLDS[name].recipe), embedder_tasks=WORLDS[name].test)
        monkeypatch.setitem(WORLDS, name, world)
    monkeypatch.setattr(measure_worlds, "SEEDS", 2)
    monkeypatch.setattr(measure_worlds, "EMBEDDINGS", ("prototype-gradient", "scatter"))
    cases = (Case("hidden-2", ("attention",)), Case("which-part", ("places",), thorough=True))
    monkeypatch.setattr(measure_worlds, "CASES", cases)


@pytest.mark.usefixtures("briefly", "brief")
def test_what_knowing_the_task_is_worth(few: CharacterSet, tmp_path: Path) -> None:
    rows = measure_table("worlds", Setting(few, tasks=40), tmp_path)
    told = [row for row in rows if row.get("learner") == "attention"]
    assert {(row["measure"], row.get("over")) for row in told if row["measure"].startswith("gain")} == {
        ("gain", "twin"),
        ("gain", "mahalanobis"),
        ("gain", "another of the same question"),
        ("gain", "another question's"),
        ("gain of the truth", "twin"),
    }
    accuracy = {row["told"]: row["mean"] for row in told if row["measure"] == "accuracy" and not row.get("question")}
    for row in told:
        if row["measure"] == "gain":
            assert row["mean"] == pytest.approx(accuracy["own"] - accuracy[row["over"]])
    by_question = [row["mean"] for row in told if row.get("question")]
    assert sum(by_question) / 2 == pytest.approx(accuracy["own"])
    alone = next(row for row in rows if row["world"] == "hidden-2" and row.get("learner") == "mahalanobis")
    assert alone["mean"] == pytest.approx(accuracy["mahalanobis"])
    embeddings = [row for row in rows if row["world"] == "hidden-2" and "embedding" in row]
    assert [(row["embedding"], row["measure"]) for row in embeddings] == [
        ("prototype-gradient", "question_5nn"),
        ("prototype-gradient", "question_linear"),
    ]

    thorough = [row for row in rows if row["world"] == "which-part"]
    assert {row["training_seeds"] for row in thorough} == {2}
    assert {row["learner"] for row in thorough if "learner" in row} == {"mahalanobis", "ridge", "places"}
    assert {row["embedding"] for row in thorough if "embedding" in row} == {"prototype-gradient", "scatter"}
    assert {row["tasks"] for row in thorough if row.get("told") == "own" and not row.get("question")} == {80}
    assert any(row.get("over") == "trained on shuffled" for row in thorough)

    made = sorted(path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*/*.json"))
    assert len(made) > 10
    assert measure_table("worlds", Setting(few, tasks=40), tmp_path) == rows
    assert sorted(path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/*/*.json")) == made
