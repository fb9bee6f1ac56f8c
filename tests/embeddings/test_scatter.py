"""Scatter within and between classes: two numbers, whatever the order, that tell which question a task asks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import metalearn as ml
from metalearn.embeddings.scatter import SMALLEST, ScatterEmbedding
from metalearn.evaluation import probes
from metalearn.tasks.questions import QUESTIONS

NETWORK = ml.Backbone(widths=(8, 8), groups=4, pools=(2,))


@pytest.fixture
def embedding() -> ScatterEmbedding:
    return ScatterEmbedding(NETWORK, NETWORK.initial(), batch_size=3)


@pytest.fixture
def batch(small: ml.CharacterSet) -> ml.TaskBatch:
    return ml.Episodes(small, np.arange(12), 4, 3, 2, batch_size=5).batch(0)


def test_it_is_fishers_scatter(embedding: ScatterEmbedding, batch: ml.TaskBatch) -> None:
    with torch.no_grad():
        features = NETWORK.features(NETWORK.initial(), batch.support_x).unflatten(1, (4, 3))
    means = features.mean(2)
    within = (features - means[:, :, None]).square().sum(-1).mean((1, 2))
    between = (means - means.mean(1, keepdim=True)).square().sum(-1).mean(1)
    expected = torch.stack([within, between], 1).add(SMALLEST).log()
    np.testing.assert_allclose(embedding.fit(batch).transform(batch), expected, rtol=1e-4)


def test_order_and_labels_and_queries_do_not_matter(embedding: ScatterEmbedding, batch: ml.TaskBatch) -> None:
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    relabelled = torch.tensor([2, 0, 3, 1])[batch.support_y]
    other = replace(
        batch,
        support_x=batch.support_x[:, order],
        support_y=relabelled[:, order],
        query_x=torch.rand_like(batch.query_x),
    )
    np.testing.assert_allclose(embedding.transform(other), embedding.transform(batch), rtol=1e-4)


def test_one_drawing_per_class_does_not_scatter(embedding: ScatterEmbedding, small: ml.CharacterSet) -> None:
    one_shot = ml.Episodes(small, np.arange(12), 4, 1, 2, batch_size=5).batch(0)
    found = embedding.transform(one_shot)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 0], np.log(SMALLEST), rtol=1e-4)


def test_it_tells_which_question_a_task_asks(omniglot: ml.CharacterSet) -> None:
    test = ml.split(omniglot, "lake").test
    batch = ml.MixedQuestions(omniglot, test, queries=0, batch_size=300).batch(0)
    embedded = ml.load_embedder("scatter", "lake").transform(batch)
    assert probes.question_accuracy(embedded, np.arange(300) % len(QUESTIONS)).mean > 0.9
