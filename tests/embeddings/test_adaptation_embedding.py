"""The adaptation embedding: against a plain loop, what it must not depend on, what fitting does, conventions."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.adaptation import KINDS, AdaptationEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone
from metalearn.learners.learner import Learner
from metalearn.learners.trajectory import Trajectory
from metalearn.tasks.character_tasks import CharacterTasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)


def embedder(kind: str = "context", **changed: object) -> AdaptationEmbedding:
    options = {"context_size": 5, "meta_steps": 3, "batch_size": 4} | changed
    return AdaptationEmbedding(NETWORK, NETWORK.initial(3), kind, **options)


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=4, shots=2, queries=1, batch_size=10).batch(0)


@pytest.fixture(scope="module")
def fitted(tasks: TaskBatch) -> dict[str, AdaptationEmbedding]:
    """One of each kind; nothing is sketched."""
    return {kind: embedder(kind, projection=10_000).fit(tasks) for kind in KINDS}


def alike(small: CharacterSet) -> CharacterSet:
    """Characters that can be learned: two thirds of every drawing are those of the character's first."""
    own = np.random.default_rng(0).random(small.images.shape) < 1 / 3
    return replace(small, images=np.where(own, small.images, small.images[:, :1]))


# --- the formula -----------------------------------------------------------------------------------------------------


def plainly_adapted(learner: Learner, task: TaskBatch, kind: str, steps: int, step_size: float) -> np.ndarray:
    """One task, one loop: the head starts at the prototypes, all of the task's parameters take plain steps."""
    x, y, shared = task.support_x, task.support_y[0], {name: p.detach() for name, p in learner.shared.items()}
    if kind == "parameters":
        own = {name: shared[name].clone() for name in NETWORK.scales_and_shifts}
    else:
        own = {"context": torch.zeros(5)}

    def features(own: dict[str, Tensor]) -> Tensor:
        if kind == "parameters":
            return NETWORK.features({**shared, **own}, x)[0]
        added = (own["context"] @ learner.modulate.weight.detach()).split([4, 4, 4, 4, 8, 8])
        names = ("scale1", "shift1", "scale2", "shift2", "scale3", "shift3")
        return NETWORK.features(shared | {n: shared[n] + a for n, a in zip(names, added, strict=True)}, x)[0]

    means = torch.stack([features(own)[y == c].mean(0) for c in range(task.ways)])
    first = own | {"weight": 2 * means, "bias": -means.square().sum(1)}
    now = first
    for _ in range(steps):
        now = {name: p.clone().requires_grad_() for name, p in now.items()}
        loss = F.cross_entropy(F.linear(features(now), now["weight"], now["bias"]), y)
        gradients = torch.autograd.grad(loss, list(now.values()))
        now = {name: p.detach() - step_size * g for (name, p), g in zip(now.items(), gradients, strict=True)}
    changes = [now[name] - first[name] for name in own] + [(now["weight"] - first["weight"]).square().mean(0)]
    return np.concatenate([change / change.norm() for change in changes])


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_a_plain_loop_changes(tasks: TaskBatch, fitted: dict[str, AdaptationEmbedding], kind: str) -> None:
    expected = plainly_adapted(fitted[kind].learner_, tasks[2], kind, steps=2, step_size=0.5)
    # Rounding differs between machines, and steps this long make it grow; one step too many changes 0.1.
    np.testing.assert_allclose(fitted[kind].transform(tasks)[2], expected, atol=2e-3)


# --- what it must not depend on --------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), kind=st.sampled_from(KINDS))
def test_order_of_classes_and_of_drawings_does_not_matter(
    tasks: TaskBatch, fitted: dict[str, AdaptationEmbedding], seed: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    order = torch.from_numpy(rng.permutation(8))
    relabelled = torch.from_numpy(rng.permutation(4))[tasks.support_y]
    shuffled = replace(
        tasks,
        support_x=tasks.support_x[:, order],
        support_y=relabelled[:, order],
        support_ids=tasks.support_ids[:, order],
    )
    np.testing.assert_allclose(fitted[kind].transform(shuffled), fitted[kind].transform(tasks), atol=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_queries_are_never_read(tasks: TaskBatch, kind: str) -> None:
    blind = replace(tasks, query_x=torch.full_like(tasks.query_x, torch.nan), query_y=torch.zeros_like(tasks.query_y))
    seeing = embedder(kind).fit(tasks).transform(tasks)
    np.testing.assert_array_equal(embedder(kind).fit(blind).transform(blind), seeing)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_read(tasks: TaskBatch, fitted: dict[str, AdaptationEmbedding], kind: str) -> None:
    regrouped = replace(tasks, support_y=torch.tensor([0, 1, 2, 3, 0, 1, 2, 3]).expand(10, -1))
    assert np.abs(fitted[kind].transform(regrouped) - fitted[kind].transform(tasks)).max() > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_batching_makes_no_difference(tasks: TaskBatch, fitted: dict[str, AdaptationEmbedding], kind: str) -> None:
    one_by_one = np.concatenate([fitted[kind].transform(tasks[i]) for i in range(10)])
    np.testing.assert_allclose(one_by_one, fitted[kind].transform(tasks), atol=2e-4)


# --- fitting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_fitting_lowers_the_outer_loss(small: CharacterSet, kind: str) -> None:
    data = alike(small)
    practice = Episodes(data, np.arange(12), ways=4, shots=4, queries=0, batch_size=20).batch(0)
    judged = Episodes(data, np.arange(12), ways=4, shots=2, queries=2, batch_size=20).batch(1)
    losses = []
    for meta_steps in (0, 20):
        learner = embedder(kind, meta_steps=meta_steps, learning_rate=1e-2).fit(practice).learner_
        with torch.no_grad():
            losses.append(learner.adapt(judged).query_loss[-1].mean().item())
    assert losses[1] < 0.8 * losses[0]


def test_it_is_fitted_to_halves_of_support_sets(small: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both halves have every class, of however many drawings, and no drawing is in both."""
    tasks = CharacterTasks(small, np.arange(12), others=np.arange(12), shots=6, against=5)
    (everything,) = tasks.batches(12)
    label = {row[-1] // 6: dict(zip(row, y, strict=True)) for row, y in _pairs(everything.support_ids, everything)}
    seen: list[TaskBatch] = []
    adapt = Learner.adapt

    def watched(self: Learner, batch: TaskBatch, **options: object) -> Trajectory:
        seen.append(batch)
        return adapt(self, batch, **options)

    monkeypatch.setattr(Learner, "adapt", watched)
    embedder().fit(tasks)
    assert len(seen) == 3
    for batch in seen:
        for i, (support, y) in enumerate(_pairs(batch.support_ids, batch)):
            query, answers = batch.query_ids[i].tolist(), batch.query_y[i].tolist()
            whole = label[support[-1] // 6]
            assert sorted(support + query) == sorted(whole)
            assert [whole[drawing] for drawing in support + query] == y + answers
            assert set(y) == set(answers) == {0, 1}
        character, drawing = np.divmod(batch.query_ids.numpy(), 6)
        assert np.array_equal(batch.query_x[:, :, 0].numpy(), small.images[character, drawing] / np.float32(255))


def _pairs(ids: Tensor, batch: TaskBatch) -> list[tuple[list[int], list[int]]]:
    return list(zip(ids.tolist(), batch.support_y.tolist(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_embedding(tasks: TaskBatch, kind: str) -> None:
    once, again = (embedder(kind).fit(tasks).transform(tasks) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert np.abs(embedder(kind, seed=1).fit(tasks).transform(tasks) - once).max() > 1e-3


def test_the_base_model_stays_as_it_is(tasks: TaskBatch) -> None:
    base = NETWORK.initial(3)
    AdaptationEmbedding(NETWORK, base, "parameters", meta_steps=2).fit(tasks)
    assert all(torch.equal(p, base[name]) for name, p in NETWORK.initial(3).items())


def test_a_class_with_one_drawing_cannot_be_halved(small: CharacterSet) -> None:
    single = Episodes(small, np.arange(12), ways=4, shots=1, queries=1, batch_size=10).batch(0)
    with pytest.raises(MetalearnError, match="two or more drawings a class"):
        embedder().fit(single)


def test_an_unknown_kind_is_refused(tasks: TaskBatch) -> None:
    with pytest.raises(MetalearnError, match="unknown kind 'weights'; there are parameters, context"):
        embedder("weights").fit(tasks)


# --- conventions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_learned_can_be_written_down(
    tasks: TaskBatch, fitted: dict[str, AdaptationEmbedding], kind: str
) -> None:
    state = fitted[kind].state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    restored = embedder(kind, projection=10_000).restore(state)
    np.testing.assert_array_equal(restored.transform(tasks), fitted[kind].transform(tasks))


@pytest.mark.parametrize(("kind", "body"), [("parameters", 2 * (4 + 4 + 8)), ("context", 5)])
def test_scikit_learns_conventions(tasks: TaskBatch, kind: str, body: int) -> None:
    pipeline = make_pipeline(embedder(kind, projection=50), PCA(3)).fit(tasks)
    assert pipeline.transform(tasks).shape == (10, 3)
    embedded = pipeline[0].transform(tasks)
    assert (embedded.dtype, embedded.shape) == (np.float32, (10, body + 50))
    copy = clone(pipeline[0])
    assert copy.get_params()["projection"] == 50
    assert not hasattr(copy, "learner_")
    np.testing.assert_array_equal(copy.fit(tasks).transform(tasks), embedded)


@pytest.mark.parametrize("kind", KINDS)
def test_tasks_of_other_shapes_are_embedded_too(
    small: CharacterSet, fitted: dict[str, AdaptationEmbedding], kind: str
) -> None:
    single = Episodes(small, np.arange(12), ways=7, shots=1, queries=0, batch_size=3).batch(0)
    unequal = CharacterTasks(small, np.arange(4), others=np.arange(12), shots=6, against=5)
    size = fitted[kind].transform(single).shape[1]
    assert fitted[kind].transform(unequal).shape == (4, size)
    assert np.isfinite(fitted[kind].transform(single)).all()
