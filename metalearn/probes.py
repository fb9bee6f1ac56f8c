"""Probes of an embedding: what it knows about tasks, beside controls that know what anyone could."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from metalearn.adapt import Support, adapt
from metalearn.backbone import HEAD, Params
from metalearn.evaluate import Estimate
from metalearn.learners.learner import Learner
from metalearn.reduce import centred_unit, kmeans_clusters, nearest
from metalearn.tasks import TaskBatch


def alphabet_retrieval(embedding: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict[str, Estimate]:
    """Say how well neighbourhoods and clusters of ``embedding`` ``[tasks, d]`` agree with ``labels`` ``[tasks]``.

    ``retrieval_1nn``: the share of tasks whose nearest neighbour (cosine, centred) has the same label;
    ``precision_at_10``: the same share among the ten nearest; ``nmi``: normalised mutual information of k-means
    clusters, as many as there are labels, over ten seeds. The intervals of the first two take the labels as
    independent, not the tasks: neighbours are often mutual, and an easy label is easy for all its tasks.
    """
    from sklearn.metrics import normalized_mutual_info_score

    unit = centred_unit(embedding)
    agrees = labels[nearest(unit, 10)] == labels[:, None]
    clusterings = [kmeans_clusters(unit, len(np.unique(labels)), seed + i) for i in range(10)]
    return {
        "retrieval_1nn": Estimate.of(agrees[:, 0], groups=labels),
        "precision_at_10": Estimate.of(agrees.mean(1), groups=labels),
        "nmi": Estimate.of(np.array([normalized_mutual_info_score(labels, found) for found in clusterings])),
    }


def question_accuracy(embedding: np.ndarray, questions: np.ndarray, neighbours: int = 5) -> Estimate:
    """Return how often the majority of a task's nearest neighbours asks the same question (leave-one-out)."""
    near = questions[nearest(centred_unit(embedding), neighbours)]
    votes = np.stack([(near == question).sum(1) for question in np.unique(questions)], axis=1)
    return Estimate.of(np.unique(questions)[votes.argmax(1)] == questions)


def stability(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Return how often a task is nearest to itself when embedded again from other drawings, both ``[tasks, d]``."""
    mean = (first.mean(0) + second.mean(0)) / 2
    a, b = ((e - mean) / np.maximum(np.linalg.norm(e - mean, axis=1, keepdims=True), 1e-12) for e in (first, second))
    return Estimate.of((a @ b.T).argmax(1) == np.arange(len(a)))


def rank_correlation(x: np.ndarray, y: np.ndarray, owners: np.ndarray, seed: int = 0) -> Estimate:
    """Return Spearman's correlation of ``x`` and ``y`` ``[n]`` with a bootstrap interval over ``owners`` ``[n]``.

    Values of one owner (a task) are drawn together, since they are not independent of one another.
    """
    from scipy.stats import spearmanr

    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(owners == owner) for owner in np.unique(owners)]
    found = []
    for _ in range(200):
        drawn = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        found.append(spearmanr(x[drawn], y[drawn]).statistic)
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return Estimate(float(spearmanr(x, y).statistic), float(high - low) / 2, len(rows))


# --- what a task embedding should tell about learning ----------------------------------------------------------------


def transfer_gains(learner: Learner, tasks: TaskBatch, steps: int = 2) -> np.ndarray:
    """Return how much a start from task a helps on task b, ``[a, b]``: the fall of b's query loss after ``steps``.

    The learner adapts to a as far as it usually goes; b starts from where a's scales and shifts ended, with a new
    head, and is compared with its usual start. The learner is one without an embedding or modulation.
    """
    with torch.no_grad():
        usual = learner.adapt(tasks, steps=steps, every_query=False).query_loss[-1]
        ends = learner.adapt(tasks, every_query=False).parameters[-1]
        gains = [
            usual - _loss_from(learner, tasks, {n: p[a] for n, p in ends.items()}, steps) for a in range(len(tasks))
        ]
    return torch.stack(gains).numpy()


def _loss_from(learner: Learner, tasks: TaskBatch, end: Params, steps: int) -> Tensor:
    def init(support: Support) -> Params:
        return {name: p if name in HEAD else end[name].expand_as(p) for name, p in learner.init(support).items()}

    started = adapt(
        learner.backbone, learner.shared, tasks, init=init, update=learner.update, steps=steps, every_query=False
    )
    return started.query_loss[-1]


def transfer_correlation(embedding: np.ndarray, gains: np.ndarray, seed: int = 0) -> Estimate:
    """Return the rank correlation of nearness (cosine) with transfer gain over all pairs of different tasks."""
    unit = centred_unit(embedding)
    a, b = np.nonzero(~np.eye(len(gains), dtype=bool))
    # Some tasks are helped by anything: what counts is which start helps them more than the average start.
    relative = gains - (gains.sum(0) - gains.diagonal()) / (len(gains) - 1)
    return rank_correlation((unit @ unit.T)[a, b], relative[a, b], owners=b, seed=seed)


def difficulty_correlation(embedding: np.ndarray, losses: np.ndarray, seed: int = 0) -> Estimate:
    """Return the rank correlation of the embedding's norm with the query loss after adaptation, ``[tasks]``."""
    return rank_correlation(np.linalg.norm(embedding, axis=1), losses, owners=np.arange(len(losses)), seed=seed)


# --- controls --------------------------------------------------------------------------------------------------------


def mean_pixels(batches: Iterable[TaskBatch]) -> np.ndarray:
    """Control: the mean picture of each task's last class (a character task's own drawings), ``[tasks, 784]``."""
    return np.concatenate([_mean_of_last_class(batch, batch.support_x.flatten(2)) for batch in batches])


def mean_features(learner: Learner, batches: Iterable[TaskBatch]) -> np.ndarray:
    """Control: the mean feature vector of each task's last class under the learner's backbone, ``[tasks, D]``."""
    with torch.no_grad():
        return np.concatenate(
            [_mean_of_last_class(b, learner.backbone.features(learner.shared, b.support_x)) for b in batches]
        )


def _mean_of_last_class(batch: TaskBatch, vectors: Tensor) -> np.ndarray:
    own = (batch.support_y == batch.ways - 1).to(vectors)
    return (torch.einsum("tn,tnd->td", own, vectors) / own.sum(1, keepdim=True)).numpy()
