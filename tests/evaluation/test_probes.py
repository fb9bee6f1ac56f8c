"""Probes of an embedding: one where it knows everything, chance where it knows nothing, and the formulas between."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.controls import mean_features, mean_pixels
from metalearn.evaluation import probes
from metalearn.learners.backbone import HEAD, Backbone, Params
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.character_tasks import CharacterTasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
LABELS = np.repeat(np.arange(4), 20)
PERFECT = np.eye(4)[LABELS] + 0.01 * np.random.default_rng(0).normal(size=(80, 4))
RANDOM = np.random.default_rng(2).normal(size=(80, 16))


def film(steps: int = 3, step_size: float = 0.5) -> Learner:
    return Learner(NETWORK, LearnedInit((*NETWORK.scales_and_shifts, *HEAD)), SGD(step_size), steps=steps)


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=3, shots=2, queries=3, batch_size=5).batch(0)


def neighbours_of(row: int, embedding: np.ndarray) -> list[int]:
    """The other rows, nearest by centred cosine first, one pair at a time."""
    centred = embedding - embedding.mean(0)
    near = {
        other: centred[row] @ centred[other] / np.linalg.norm(centred[row]) / np.linalg.norm(centred[other])
        for other in range(len(embedding))
        if other != row
    }
    return sorted(near, key=near.__getitem__, reverse=True)


# --- neighbourhoods --------------------------------------------------------------------------------------------------


def test_retrieval_from_a_perfect_and_from_a_meaningless_embedding() -> None:
    perfect = probes.alphabet_retrieval(PERFECT, LABELS)
    assert perfect["retrieval_1nn"].mean == perfect["precision_at_10"].mean == 1
    assert perfect["nmi"].mean == pytest.approx(1)
    random = probes.alphabet_retrieval(RANDOM, LABELS)
    assert random["retrieval_1nn"].mean == pytest.approx(0.25, abs=0.15)
    assert random["precision_at_10"].mean == pytest.approx(0.25, abs=0.05)
    assert random["nmi"].mean < 0.2
    assert random["nmi"].ci95 > 1e-3
    assert [estimate.count for estimate in random.values()] == [80, 80, 10]


def test_retrieval_against_a_plain_search() -> None:
    half = PERFECT + 0.5 * RANDOM[:, :4]
    agree = [[LABELS[other] == LABELS[row] for other in neighbours_of(row, half)[:10]] for row in range(80)]
    found = probes.alphabet_retrieval(half, LABELS)
    assert found["retrieval_1nn"].mean == pytest.approx(np.mean([row[0] for row in agree]))
    assert found["precision_at_10"].mean == pytest.approx(np.mean(agree))
    # The labels are of equal size: with them as the independent ones, the interval is that of their four means.
    of_labels = [np.mean([agree[row] for row in np.flatnonzero(label == LABELS)]) for label in range(4)]
    students_t = 3.182  # for three degrees of freedom
    assert found["precision_at_10"].ci95 == pytest.approx(students_t * np.std(of_labels, ddof=1) / 2, rel=1e-3)


def test_questions_are_voted_on_by_neighbours() -> None:
    assert probes.question_accuracy(PERFECT, LABELS).mean == 1
    assert probes.question_accuracy(RANDOM, LABELS).mean == pytest.approx(0.25, abs=0.15)
    half = PERFECT + 0.5 * RANDOM[:, :4]
    votes = [np.bincount(LABELS[neighbours_of(row, half)[:7]], minlength=4).argmax() for row in range(80)]
    found = probes.question_accuracy(half, LABELS, neighbours=7)
    assert found.mean == pytest.approx(np.mean(votes == LABELS))
    assert 0.25 < found.mean < 1


def test_a_task_is_nearest_to_itself_where_an_embedding_is_stable() -> None:
    again = RANDOM + 0.01 * np.random.default_rng(3).normal(size=RANDOM.shape)
    assert probes.stability(RANDOM, again).mean == 1
    assert probes.stability(RANDOM + 100, again + 100).mean == 1
    assert probes.stability(RANDOM, np.roll(again, 1, axis=0)).mean == 0
    unrelated = np.random.default_rng(4).normal(size=(1000, 16))
    assert probes.stability(unrelated[:500], unrelated[500:]).mean < 0.02


# --- rank correlation ------------------------------------------------------------------------------------------------


def test_the_correlation_of_independent_points_is_scipys() -> None:
    """Its interval is that of Spearman's coefficient without correlation: a deviation of 1 / √(n - 1)."""
    x, y = np.random.default_rng(0).normal(size=(2, 200))
    found = probes.rank_correlation(x, y)
    assert found.mean == pytest.approx(spearmanr(x, y).statistic)
    assert found.ci95 == pytest.approx(1.96 / np.sqrt(199), rel=0.15)
    assert found.count == 200


def test_its_interval_covers_the_truth() -> None:
    """For normal values of correlation ρ the truth is 6/π arcsin(ρ/2) (Pearson 1907)."""
    rng = np.random.default_rng(0)
    truth = 6 / np.pi * np.arcsin(0.6 / 2)
    hits = []
    for _ in range(20):
        x, noise = rng.normal(size=(2, 60))
        found = probes.rank_correlation(x, 0.6 * x + 0.8 * noise)
        hits.append(abs(found.mean - truth) <= found.ci95)
    assert np.mean(hits) >= 0.85


# --- learning --------------------------------------------------------------------------------------------------------


def plain_steps(learner: Learner, body: Params, task: TaskBatch, steps: int) -> tuple[Params, Tensor]:
    """Train one task from ``body`` and the learner's head, one step after the other: its body and its query loss."""
    shared = {name: p.detach() for name, p in learner.shared.items()}
    now = {name: body[name].clone() for name in NETWORK.scales_and_shifts}
    now |= {"head_weight": shared["head_weight"].repeat(task.ways, 1), "head_bias": shared["head_bias"].repeat(3)}

    def loss(now: Params, x: Tensor, y: Tensor) -> Tensor:
        features = NETWORK.features({**shared, **{n: now[n] for n in NETWORK.scales_and_shifts}}, x)[0]
        return F.cross_entropy(F.linear(features, now["head_weight"], now["head_bias"]), y[0])

    for _ in range(steps):
        now = {name: p.detach().requires_grad_() for name, p in now.items()}
        gradients = torch.autograd.grad(loss(now, task.support_x, task.support_y), list(now.values()))
        now = {name: p - 0.5 * g for (name, p), g in zip(now.items(), gradients, strict=True)}
    return {name: p.detach() for name, p in now.items()}, loss(now, task.query_x, task.query_y).detach()


def test_transfer_gains_against_a_plain_loop(tasks: TaskBatch) -> None:
    """Task 1's scales and shifts after three steps, as task 3's start for two."""
    learner = film(steps=3)
    gains = probes.transfer_gains(learner, tasks, steps=2)
    assert gains.shape == (5, 5)
    end, _ = plain_steps(learner, learner.shared, tasks[1], steps=3)
    _, helped = plain_steps(learner, end, tasks[3], steps=2)
    _, usual = plain_steps(learner, learner.shared, tasks[3], steps=2)
    assert gains[1, 3] == pytest.approx((usual - helped).item(), abs=1e-5)
    assert abs(gains[1, 3]) > 1e-3


def test_a_start_that_went_nowhere_helps_nobody(tasks: TaskBatch) -> None:
    np.testing.assert_allclose(probes.transfer_gains(film(steps=0), tasks, steps=2), 0, atol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_nearness_that_tells_what_helps_correlates_fully(sign: int) -> None:
    """On a circle the cosine is what helps, whatever helps a task in general."""
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    gains = sign * (circle @ circle.T) ** 3 + 10 * np.random.default_rng(0).normal(size=16)
    found = probes.transfer_correlations(circle, gains)
    np.testing.assert_allclose(found, sign, atol=0.05)  # two tasks as far away are in any order
    assert found.shape == (16,)


def test_nearness_that_tells_nothing_does_not_correlate() -> None:
    rng = np.random.default_rng(0)
    found = probes.transfer_correlations(rng.normal(size=(60, 8)), rng.normal(size=(60, 60)))
    assert abs(found.mean()) < 0.1


def test_a_norm_that_tells_difficulty_correlates_fully() -> None:
    losses = np.random.default_rng(0).random(30)
    away = PERFECT[:30] / np.linalg.norm(PERFECT[:30], axis=1, keepdims=True)
    assert probes.difficulty_correlation(away * losses[:, None], losses).mean == pytest.approx(1)
    assert probes.difficulty_correlation(away / losses[:, None], losses).mean == pytest.approx(-1)


# --- controls --------------------------------------------------------------------------------------------------------


def test_controls_see_the_tasks_own_class_alone(small: CharacterSet) -> None:
    tasks = CharacterTasks(small, np.arange(12), others=np.arange(12), shots=6, against=5)
    pixels = mean_pixels(tasks.batches(5))
    np.testing.assert_allclose(pixels, small.images.mean(1).reshape(12, -1) / 255, atol=1e-6)
    features = mean_features(film(), tasks.batches(5))
    own = NETWORK.features(film().shared, torch.from_numpy(small.images[0])[None, :, None].float() / 255)
    np.testing.assert_allclose(features[0], own[0].mean(0).detach(), atol=1e-5)
