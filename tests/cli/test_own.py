"""What the user writes in a module of their own can be named on the command line; what is wrong with it is one line."""

import json
from pathlib import Path

import pytest

from metalearn import cli

MODULE = """
import metalearn as ml
import numpy as np


class Ink:
    def fit(self, tasks, y=None):
        pass  # scikit-learn's return themselves; this one forgets to

    def transform(self, tasks):
        return np.concatenate([b.support_x.mean(1).flatten(1).numpy() for b in tasks.batches(50)])


def prototypes():
    return ml.Learner(ml.Backbone(widths=(8, 8), groups=4, pools=(2,)), ml.PrototypeInit(), ml.SGD(0.1), steps=0)


number = 3
"""


@pytest.fixture(autouse=True)
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("METALEARN_DATA", "glyphs")


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert cli.main([*arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_learner_is_trained_saved_and_evaluated(capsys: pytest.CaptureFixture[str]) -> None:
    made = ask(
        capsys, "train", "--learner", "mine:prototypes", "--split", "lake", "--meta-steps", "2", "--output", "runs"
    )
    assert made["meta_steps"] == 2
    by_path = ask(capsys, "evaluate", "--learner", "runs/prototypes", "--split", "lake", "--tasks", "20")
    assert by_path["tasks"] == 20
    assert ask(capsys, "evaluate", "--learner", "mine:prototypes", "--tasks", "20")["learner"] == "mine:prototypes"


def test_another_split_or_seed_is_another_training(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seen = []
    for setting in (("article", "0"), ("lake", "0"), ("lake", "1"), ("article", "0")):
        options = ("--split", setting[0], "--seed", setting[1], "--meta-steps", "1", "--output", "runs")
        ask(capsys, "train", "--learner", "mine:prototypes", *options)
        seen.append((tmp_path / "runs" / "prototypes.safetensors").read_bytes())
    assert len(set(seen[:3])) == 3
    assert seen[3] == seen[0]


def test_an_embedder_is_measured_and_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert ask(capsys, "embed", "--embedding", "mine:Ink", "--output", "E.npy")["dimensions"] == 784
    assert (tmp_path / "E.npy").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mine:nobody", "mine:nobody cannot be imported"),
        ("nowhere:Name", "No module named 'nowhere'"),
        ("mine:number", "should be a metalearn.Learner, or make one when called; it is of type int"),
        ("mine:Ink", "should be a metalearn.Learner, or make one when called; it is of type Ink"),
    ],
)
def test_what_does_not_fit_is_one_line(capsys: pytest.CaptureFixture[str], name: str, said: str) -> None:
    assert cli.main(["evaluate", "--learner", name]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error.splitlines()[-1]


def test_an_embedder_without_its_methods_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "--embedding", "mine:number"]) == 2
    assert "should be an embedder; it has no method fit" in capsys.readouterr().err
