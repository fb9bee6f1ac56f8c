"""Probes of an embedding: what it knows about tasks."""

import numpy as np
import torch
from torch import Tensor

from metalearn.embeddings.geometry import centred_unit, kmeans_clusters, nearest_rows
from metalearn.evaluation.estimate import Estimate
from metalearn.learners.backbone import HEAD, Params
from metalearn.learners.hooks import Support
from metalearn.learners.inner_loop import adapt
from metalearn.learners.learner import Learner
from metalearn.tasks.task_batch import TaskBatch


def alphabet_retrieval(embedding: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict[str, Estimate]:
    """Measure how well neighbours and clusters of an embedding ``[tasks, d]`` agree with labels ``[tasks]``.

    Returns
    -------
    dict of str to Estimate
        "retrieval_1nn": the share of tasks whose nearest neighbour (by centred cosine) has the same label.
        "precision_at_10": the share of the ten nearest that have the same label. "nmi": the normalised mutual
        information of the labels and as many k-means clusters, over ten seeds. The intervals of the first two take the
        labels as independent, not the tasks: neighbours are often mutual, and an easy label is easy for all its tasks.
    """
    from sklearn.metrics import normalized_mutual_info_score

    unit = centred_unit(embedding)
    agrees = labels[nearest_rows(unit, 10)] == labels[:, None]
    clusterings = [kmeans_clusters(unit, len(np.unique(labels)), seed + i) for i in range(10)]
    return {
        "retrieval_1nn": Estimate.of(agrees[:, 0], groups=labels),
        "precision_at_10": Estimate.of(agrees.mean(1), groups=labels),
        "nmi": Estimate.of(np.array([normalized_mutual_info_score(labels, found) for found in clusterings])),
    }


def nearest_agree(embedding: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return whether the nearest neighbour of each task (by centred cosine) has the same label, bool ``[tasks]``.

    These are the answers behind "retrieval_1nn" of :func:`alphabet_retrieval`, for paired differences.
    """
    return labels[nearest_rows(centred_unit(embedding), 1)[:, 0]] == labels


def question_accuracy(embedding: np.ndarray, questions: np.ndarray, neighbours: int = 5) -> Estimate:
    """Return how often a task's question can be told from its neighbours: it is the most frequent one among them."""
    return Estimate.of(questions_told(embedding, questions, neighbours))


def questions_told(embedding: np.ndarray, questions: np.ndarray, neighbours: int = 5) -> np.ndarray:
    """Return whether the most frequent question among a task's nearest neighbours is its own, bool ``[tasks]``."""
    near = questions[nearest_rows(centred_unit(embedding), neighbours)]
    votes = np.stack([(near == question).sum(1) for question in np.unique(questions)], axis=1)
    return np.unique(questions)[votes.argmax(1)] == questions


def stability(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Return how often a task is nearest to itself among all tasks, embedded again from other drawings.

    Both embeddings are ``[tasks, d]``.
    """
    centre = (first.mean(0) + second.mean(0)) / 2
    a, b = centred_unit(first, centre), centred_unit(second, centre)
    return Estimate.of((a @ b.T).argmax(1) == np.arange(len(a)))


def rank_correlation(x: np.ndarray, y: np.ndarray, seed: int = 0) -> Estimate:
    """Return Spearman's correlation of ``x`` and ``y`` ``[n]``, with a bootstrap interval."""
    from scipy.stats import spearmanr

    rng = np.random.default_rng(seed)
    found = []
    for _ in range(200):
        resampled = rng.integers(len(x), size=len(x))
        found.append(spearmanr(x[resampled], y[resampled]).statistic)
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return Estimate(float(spearmanr(x, y).statistic), float(high - low) / 2, len(x))


def transfer_gains(learner: Learner, tasks: TaskBatch, steps: int = 2) -> np.ndarray:
    """Return how much it helps task b to start where task a ended, ``[a, b]``.

    The learner adapts to task a with its usual number of steps. Task b then starts from a's scales and shifts and a new
    head, and takes ``steps`` steps. The gain is by how much its query loss is lower than from the usual start. The
    learner has no embedding and no modulation.
    """
    with torch.no_grad():
        usual = learner.adapt(tasks, steps=steps, every_query=False).query_loss[-1]
        ends = learner.adapt(tasks, every_query=False).parameters[-1]
        gains = [
            usual - _loss_from(learner, tasks, {n: p[a] for n, p in ends.items()}, steps) for a in range(len(tasks))
        ]
    return torch.stack(gains).cpu().numpy()


def _loss_from(learner: Learner, tasks: TaskBatch, end: Params, steps: int) -> Tensor:
    def init(support: Support) -> Params:
        return {name: p if name in HEAD else end[name].expand_as(p) for name, p in learner.init(support).items()}

    started = adapt(
        learner.backbone, learner.shared, tasks, init=init, update=learner.update, steps=steps, every_query=False
    )
    return started.query_loss[-1]


def transfer_correlations(embedding: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Return for each task whether a start from a nearer task (by centred cosine) helps it more, ``[tasks]``.

    It is Spearman's rank correlation over all other tasks a of their nearness to b with ``gains[a, b]``.
    """
    from scipy.stats import rankdata

    unit = centred_unit(embedding)
    others = ~np.eye(len(gains), dtype=bool)
    # Row b holds the ranks of all tasks but b, less their mean.
    near, helpful = (rankdata(x[others].reshape(len(x), -1), axis=1) - len(x) / 2 for x in (unit @ unit.T, gains.T))
    return np.asarray((near * helpful).sum(1) / np.sqrt((near**2).sum(1) * (helpful**2).sum(1)))


def lengths_differ(embedding: np.ndarray) -> bool:
    """Whether embeddings have lengths that can say anything: those made of unit vectors differ by rounding alone."""
    lengths = np.linalg.norm(embedding, axis=1)
    return bool(np.ptp(lengths) > 1e-3 * lengths.mean())


def difficulty_correlation(embedding: np.ndarray, losses: np.ndarray, seed: int = 0) -> Estimate:
    """Return the rank correlation of the embedding's norm with the query loss after adaptation, ``[tasks]``."""
    return rank_correlation(np.linalg.norm(embedding, axis=1), losses, seed)
