"""The collaborative embedding: its scores and factors against plain code, what it must not depend on, conventions."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.collaborative import (
    LEARNERS,
    CollaborativeEmbedding,
    factorise,
    leave_one_out,
    most_informative_first,
    separation,
    to_class_means,
    to_nearest_drawings,
)
from metalearn.learners.backbone import Backbone
from metalearn.tasks.character_tasks import CharacterTasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)


def embedder(**changed: object) -> CollaborativeEmbedding:
    return CollaborativeEmbedding(NETWORK, NETWORK.initial(3), **{"rank": 5, "anchors": 8, **changed})


def episodes(small: CharacterSet, ways: int = 4, shots: int = 2, tasks: int = 24) -> TaskBatch:
    return Episodes(small, np.arange(12), ways, shots, queries=1, batch_size=tasks).batch(0)


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return episodes(small)


@pytest.fixture(scope="module")
def fitted(tasks: TaskBatch) -> CollaborativeEmbedding:
    return embedder().fit(tasks)


def answers_and_labels(sizes: tuple[int, ...], width: int = 3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Random vectors [1, n, width] of classes of these sizes."""
    y = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))[None]
    return torch.randn(1, y.shape[1], width, generator=torch.Generator().manual_seed(seed)), y


# --- scores ----------------------------------------------------------------------------------------------------------


def test_separation_is_fishers_criterion_of_each_solver() -> None:
    answers, y = answers_and_labels((2, 5, 3))
    for found, column in zip(separation(answers, y, 3)[0], answers[0].numpy().T, strict=True):
        groups = [column[y[0].numpy() == c] for c in range(3)]
        within = np.mean([group.var() for group in groups])
        expected = np.std([group.mean() for group in groups]) / np.sqrt(within + 1)
        assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("distances", [to_class_means, to_nearest_drawings])
def test_leave_one_out_really_leaves_each_drawing_out(distances: Callable) -> None:
    vectors, y = answers_and_labels((2, 4, 3))
    points, labels = vectors[0].numpy(), y[0].numpy()
    counted = []
    for i, label in enumerate(labels):
        others = np.delete(points, i, axis=0)
        groups = [others[np.delete(labels, i) == c] for c in range(3)]
        if distances is to_class_means:
            far = np.array([np.linalg.norm(group.mean(0) - points[i]) for group in groups])
        else:
            far = np.array([np.linalg.norm(group - points[i], axis=1).min() for group in groups])
        own, other = far[label], np.delete(far, label).min()
        counted.append((other - own) / max(own, other))
    expected = np.mean([np.mean(np.array(counted)[labels == c]) for c in range(3)])
    assert float(leave_one_out(vectors, y, 3, distances)) == pytest.approx(expected, rel=1e-4)


def test_a_class_of_one_drawing_has_no_leave_one_out_score_but_is_told_apart() -> None:
    answers, y = answers_and_labels((1, 3))
    assert torch.isnan(leave_one_out(answers, y, 2, to_class_means)).all()
    assert torch.isfinite(separation(answers, y, 2)).all()


def test_a_head_tells_its_own_task_apart_better_than_most_tasks(
    fitted: CollaborativeEmbedding, tasks: TaskBatch
) -> None:
    scores = fitted.scores(tasks)
    for solver, anchor in enumerate(fitted.anchors_):
        assert scores[anchor, solver] > np.quantile(scores[:, solver], 0.8)


def test_only_what_is_asked_for_is_scored(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    every = fitted.scores(tasks)
    assert every.shape == (24, 8 + len(LEARNERS))
    assert np.isfinite(every).all()
    asked = np.array([1, 6, 9])
    some = fitted.scores(tasks, asked)
    np.testing.assert_allclose(some[:, asked], every[:, asked], rtol=1e-5)
    assert np.isnan(np.delete(some, asked, axis=1)).all()


def test_one_shot_tasks_miss_the_learners_and_are_embedded_all_the_same(
    fitted: CollaborativeEmbedding, small: CharacterSet
) -> None:
    one_shot = episodes(small, ways=5, shots=1)
    missing = np.isnan(fitted.scores(one_shot))
    assert missing[:, 8:].all()
    assert not missing[:, :8].any()
    for one in (fitted, embedder().fit(one_shot)):
        embedded = one.transform(one_shot)
        assert np.isfinite(embedded).all()
        assert (embedded.std(0) > 0).all()


# --- factors ---------------------------------------------------------------------------------------------------------


def low_rank(tasks: int = 60, solvers: int = 20, rank: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(tasks, rank)) @ rng.normal(size=(rank, solvers))


def test_without_missing_entries_and_regularisation_the_factors_are_the_singular_ones() -> None:
    scores = low_rank() + 0.1 * np.random.default_rng(1).normal(size=(60, 20))
    _, strength, right = np.linalg.svd(scores, full_matrices=False)
    found = factorise(scores, 3, regularisation=1e-9)
    expected = right[:3].T * strength[:3] / np.sqrt(60)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-4)


def test_entries_never_seen_are_filled_in(small: CharacterSet) -> None:
    scores = low_rank()
    hidden = np.random.default_rng(2).random(scores.shape) < 0.3
    factors = factorise(np.where(hidden, np.nan, scores), 3, regularisation=1e-3)
    one = embedder(rank=3, regularisation=1e-3)
    one.restore(
        {
            "anchors": np.arange(14),
            "heads": np.zeros((14, 1)),
            "mean": np.zeros(20),
            "scale": np.ones(20),
            "solver_factors": factors,
            "order": np.arange(20),
        }
    )
    filled = one.fold_in(np.where(hidden, np.nan, scores)) @ factors.T
    error = np.abs(filled - scores)[hidden].mean()
    assert error < 0.05 * np.abs(scores[hidden]).mean()


def test_every_choice_of_a_solver_is_the_best_one_left() -> None:
    factors = np.random.default_rng(0).normal(size=(7, 3))
    order = most_informative_first(factors, 0.5)
    assert sorted(order) == list(range(7))

    def information(chosen: list[int]) -> float:
        return np.linalg.slogdet(0.5 * np.eye(3) + factors[chosen].T @ factors[chosen])[1]

    for i, chosen in enumerate(order):
        before = list(order[:i])
        best = max(information([*before, other]) for other in range(7) if other not in before)
        assert information([*before, chosen]) == pytest.approx(best)


def test_more_entries_come_nearer_to_all(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    scores = fitted.scores(tasks)
    everything = fitted.fold_in(scores)
    apart = [np.linalg.norm(fitted.fold_in(scores, entries) - everything) for entries in (1, 4, 8, 14)]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] == 0


def test_few_entries_are_all_that_is_used(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    quick = embedder(entries=3).restore(fitted.state())
    np.testing.assert_allclose(quick.transform(tasks), fitted.fold_in(fitted.scores(tasks), 3), atol=1e-5)


def test_a_task_without_scores_is_the_average_task(fitted: CollaborativeEmbedding) -> None:
    np.testing.assert_array_equal(fitted.fold_in(np.full((1, 14), np.nan)), np.zeros((1, 5)))


# --- the contract of every embedder ----------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999))
def test_order_of_classes_and_of_drawings_does_not_matter(
    fitted: CollaborativeEmbedding, tasks: TaskBatch, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    order = torch.from_numpy(rng.permutation(8))
    relabelled = torch.from_numpy(rng.permutation(4))[tasks.support_y]
    shuffled = replace(tasks, support_x=tasks.support_x[:, order], support_y=relabelled[:, order])
    np.testing.assert_allclose(fitted.transform(shuffled), fitted.transform(tasks), atol=2e-4)


def test_order_of_classes_does_not_matter_to_fit(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    relabelled = replace(tasks, support_y=torch.tensor([2, 0, 3, 1])[tasks.support_y])
    np.testing.assert_allclose(embedder().fit(relabelled).scores(tasks), fitted.scores(tasks), atol=1e-3)


def test_queries_are_never_read(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    blind = replace(tasks, query_x=torch.full_like(tasks.query_x, torch.nan), query_y=torch.zeros_like(tasks.query_y))
    np.testing.assert_array_equal(embedder().fit(blind).transform(blind), fitted.transform(tasks))


def test_labels_are_read(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    regrouped = replace(tasks, support_y=torch.tensor([0, 1, 2, 3, 0, 1, 2, 3]).expand(24, -1))
    assert np.abs(fitted.transform(regrouped) - fitted.transform(tasks)).max() > 0.1


def test_unequal_classes_and_other_numbers_of_ways_are_embedded(
    fitted: CollaborativeEmbedding, small: CharacterSet
) -> None:
    characters = CharacterTasks(small, np.arange(12), others=np.arange(12), shots=6, against=4)
    assert fitted.transform(characters).shape == (12, 5)
    assert fitted.transform(episodes(small, ways=12, shots=3, tasks=2)).shape == (2, 5)
    assert embedder().fit(characters).transform(characters).dtype == np.float32


def test_the_same_seed_gives_the_same_embedding_and_another_seed_another(
    fitted: CollaborativeEmbedding, tasks: TaskBatch
) -> None:
    np.testing.assert_array_equal(embedder().fit(tasks).transform(tasks), fitted.transform(tasks))
    assert not np.array_equal(embedder(seed=1).fit(tasks).anchors_, fitted.anchors_)


def test_state_restores_what_fit_learned(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    restored = embedder().restore(fitted.state())
    np.testing.assert_array_equal(restored.transform(tasks), fitted.transform(tasks))
    halved = embedder().restore({name: array.astype(np.float16) for name, array in fitted.state().items()})
    np.testing.assert_allclose(halved.transform(tasks), fitted.transform(tasks), atol=0.05)


def test_scikit_learns_conventions(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    assert clone(embedder(entries=7)).get_params()["entries"] == 7
    np.testing.assert_array_equal(clone(fitted).fit(tasks).transform(tasks), fitted.transform(tasks))
    assert make_pipeline(embedder(), PCA(3)).fit(tasks).transform(tasks).shape == (24, 3)


def test_batching_makes_no_difference(fitted: CollaborativeEmbedding, tasks: TaskBatch) -> None:
    np.testing.assert_allclose(
        embedder(batch_size=5).restore(fitted.state()).transform(tasks), fitted.transform(tasks), atol=1e-4
    )


def test_an_embedder_that_is_not_fitted_says_so(tasks: TaskBatch) -> None:
    with pytest.raises(NotFittedError):
        embedder().transform(tasks)


def test_too_many_factors_are_refused(tasks: TaskBatch) -> None:
    with pytest.raises(ValueError, match="too few for 15 factors"):
        embedder(rank=15).fit(tasks)
