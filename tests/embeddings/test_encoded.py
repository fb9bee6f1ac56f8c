"""The vector that a learner reads off a task, as an embedder like the others."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import metalearn as ml
from metalearn.errors import MetalearnError

NETWORK = ml.Backbone(widths=(4, 4, 8), groups=2)


@pytest.fixture(scope="module")
def tasks(small: ml.CharacterSet) -> ml.TaskBatch:
    return ml.Episodes(small, np.arange(12), ways=4, shots=2, queries=1, batch_size=6).batch(0)


def test_it_is_what_the_learner_reads(tasks: ml.TaskBatch) -> None:
    reader = ml.TaskReader(NETWORK, size=6, width=8)
    learner = ml.Learner(NETWORK, ml.WeightedPrototypeInit(NETWORK, 6), ml.SGD(0.1), embedder=reader, steps=0)
    embedding = ml.EncodedEmbedding(learner, batch_size=4)
    found = embedding.transform(tasks)
    assert (found.dtype, found.shape) == (np.float32, (6, 6))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 6**0.5, rtol=1e-5)
    with torch.no_grad():
        own = learner.embed(tasks)
    assert own is not None
    np.testing.assert_allclose(found, own.numpy(), atol=1e-5)
    assert make_pipeline(embedding, PCA(2)).fit_transform(tasks).shape == (6, 2)


def test_a_learner_that_reads_nothing_has_none(tasks: ml.TaskBatch) -> None:
    plain = ml.Learner(NETWORK, ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    with pytest.raises(MetalearnError, match="has no embedding of tasks; give it an encoder"):
        ml.EncodedEmbedding(plain).transform(tasks)
