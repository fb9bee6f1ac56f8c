"""Single results: controls are reduced as the embedding is, and nothing is measured on what was trained on."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.controls import mean_pixels
from metalearn.errors import MetalearnError
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.reports import SEEN_OF_LAKES, embedding_table, learner_accuracy
from metalearn.pretrained.seen import seen_in_training
from metalearn.pretrained.train_recipe import make_learner
from metalearn.tasks.character_tasks import all_character_tasks
from metalearn.tasks.task_batch import Tasks


class Pixels:
    """The control "mean pixels", as an embedder of the user's."""

    def fit(self, tasks: Tasks, y: None = None) -> "Pixels":
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        return mean_pixels(tasks.batches(64))


def test_lakes_runs_share_characters_with_the_other_splits(omniglot: CharacterSet) -> None:
    evaluation = set(split(omniglot, "lake").test)
    for name, seen in SEEN_OF_LAKES.items():
        sides = split(omniglot, name)
        assert len(evaluation & {*sides.train, *sides.validation}) == seen


def test_a_control_goes_through_the_reducer_of_the_embedding(characters: CharacterSet) -> None:
    """An embedder that is a control is as good as that control, whitened or raw; and not otherwise."""
    training = all_character_tasks(characters, "lake", split(characters, "lake").train)
    whitened = make_pipeline(Pixels(), PCA(20, whiten=True, random_state=0)).fit(training)
    found = {}
    for name, own in (("raw", Pixels()), ("whitened", whitened)):
        table = found[name] = embedding_table("mine", characters, "lake", own=own)
        assert table["controls"]["mean_pixels"]["retrieval_1nn"] == table["retrieval_1nn"]
    assert found["raw"]["retrieval_1nn"] != found["whitened"]["retrieval_1nn"]
    again = embedding_table("mine", characters, "lake", own=whitened)
    assert again == found["whitened"]


def test_characters_of_omniglot_are_known_to_be_seen(omniglot: CharacterSet) -> None:
    for name, seen in SEEN_OF_LAKES.items():
        found = seen_in_training("prototypes", name, omniglot, split(omniglot, "lake").test)
        assert len(found) == seen
        assert not len(seen_in_training("prototypes", name, omniglot, split(omniglot, name).test))


def test_no_learner_is_tested_on_what_it_was_trained_on_unnoticed(small: CharacterSet, tmp_path: Path) -> None:
    made = make_learner("scratch", small, "article", tmp_path)
    assert len(made["trained_on"]) == 9
    name = str(tmp_path / "article" / "scratch")
    learner = load_learner(name)
    settings = {"ways": 2, "shots": 1, "queries": 1, "tasks": 10}
    learner_accuracy(learner, name, small, "article", **settings)
    with pytest.raises(MetalearnError, match=r"trained or validated on 9 of the 12 characters.*--allow-seen"):
        learner_accuracy(learner, name, small, "article", classes="all", **settings)
    allowed = learner_accuracy(learner, name, small, "article", classes="all", allow_seen=True, **settings)
    assert allowed["seen_in_training"] == 9
    assert allowed["classes"] == "all"
