"""Single results: controls are reduced as the embedding is, and nothing is measured on what was trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import metalearn as ml
from metalearn import cli
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.controls import mean_pixels
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.reports import embedding_table
from metalearn.pretrained.seen import seen_in_training, seen_of_lakes_runs
from metalearn.pretrained.train_recipe import make_learner
from metalearn.tasks.character_tasks import all_character_tasks
from metalearn.tasks.task_batch import Tasks


class Pixels:
    """The control "mean pixels", as an embedder of the user's."""

    def fit(self, tasks: Tasks, y: None = None) -> "Pixels":
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        return mean_pixels(tasks.batches(64))


@pytest.mark.parametrize(("name", "seen"), [("article", 486), ("vinyals", 236), ("lake", 0)])
def test_lakes_runs_share_characters_with_the_other_splits(omniglot: CharacterSet, name: str, seen: int) -> None:
    sides = split(omniglot, name)
    assert len({*split(omniglot, "lake").test} & {*sides.train, *sides.validation}) == seen
    assert seen_of_lakes_runs(load_learner("prototypes", name)) == seen


def test_a_control_goes_through_the_reducer_of_the_embedding(few: CharacterSet) -> None:
    """An embedder that is a control is as good as that control, whitened or raw; and not otherwise."""
    training = all_character_tasks(few, "lake", split(few, "lake").train)
    whitened = make_pipeline(Pixels(), PCA(20, whiten=True, random_state=0)).fit(training)
    found = {}
    for name, own in (("raw", Pixels()), ("whitened", whitened)):
        table = found[name] = embedding_table("mine", few, "lake", own=own)
        assert table["controls"]["mean_pixels"]["retrieval_1nn"] == table["retrieval_1nn"]
    assert found["raw"]["retrieval_1nn"] != found["whitened"]["retrieval_1nn"]


@pytest.mark.parametrize("name", ["article", "vinyals", "lake"])
def test_characters_of_omniglot_are_known_to_be_seen(omniglot: CharacterSet, name: str) -> None:
    sides = split(omniglot, name)
    learner = load_learner("prototypes", name)
    found = seen_in_training(learner, omniglot, np.arange(len(omniglot)))
    assert found is not None
    assert np.array_equal(found, np.sort(np.concatenate([sides.train, sides.validation])))
    found = seen_in_training(learner, omniglot, sides.test)
    assert found is not None
    assert not len(found)


def test_no_learner_is_tested_on_what_it_was_trained_on_unnoticed(
    small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_learner("scratch", small, "article", tmp_path)
    assert len(made["trained_on"]) == 9
    # One that is trained and saved in code, and loaded and saved once more: it knows too.
    sides = split(small, "article")
    tasks, held_out = (ml.Episodes(small, pool, 2, 1, 1, batch_size=2) for pool in (sides.train, sides.validation))
    own = ml.Learner(ml.Backbone(widths=(8,), groups=4, pools=(2,)), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    ml.train(own, tasks, validation=held_out, meta_steps=1, validation_tasks=2)
    own.save(tmp_path / "first")
    ml.load_learner(tmp_path / "first").save(tmp_path / "mine")
    monkeypatch.setattr("metalearn.cli.commands._data", lambda options: small)
    for learner in (tmp_path / "article" / "scratch", tmp_path / "mine"):
        settings = ["--learner", str(learner), "--ways", "2", "--queries", "1", "--tasks", "10", "--json"]
        assert cli.main(["evaluate", *settings]) == 0
        assert json.loads(capsys.readouterr().out)["seen_in_training"] == 0
        assert cli.main(["evaluate", *settings, "--classes", "all"]) == 2
        refused = capsys.readouterr().err
        assert "trained or validated on 9 of the 12 characters" in refused
        assert "--allow-seen" in refused
        assert cli.main(["evaluate", *settings, "--classes", "all", "--allow-seen"]) == 0
        allowed = json.loads(capsys.readouterr().out)
        assert (allowed["seen_in_training"], allowed["classes"]) == (9, "all")
    own.load_state_dict(own.state_dict())  # parameters from anywhere
    own.save(tmp_path / "mine")
    assert cli.main(["evaluate", *settings, "--classes", "all"]) == 0
    assert json.loads(capsys.readouterr().out)["seen_in_training"] == "unknown"
    everything = ml.Episodes(small, np.arange(12), 2, 1, 1)
    assert "unknown how many" in str(ml.evaluate(own, everything, 2))
    own.trained_on = frozenset(small.characters[:3])
    assert ", 3 of these characters seen in training)" in str(ml.evaluate(own, everything, 2))
