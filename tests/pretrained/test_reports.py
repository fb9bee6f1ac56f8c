"""Single results: controls are reduced as the embedding is, and nothing is measured on what was trained on."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.controls import mean_pixels
from metalearn.pretrained.reports import SEEN_OF_LAKES, embedding_table
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
