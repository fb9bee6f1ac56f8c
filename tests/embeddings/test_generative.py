"""The generative embedding: what it must not depend on, what its model learns, its pictures, scikit-learn's ways."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from torch.distributions import Bernoulli, Normal, kl_divergence

from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.generative import KINDS, GenerativeEmbedding, _Adversary, _Found, _Normal
from metalearn.errors import MetalearnError
from metalearn.tasks.character_tasks import CharacterTasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch

SMALL = {"code_size": 4, "latent_size": 3, "hidden": 16, "sets": 8}


def embedder(**changed: object) -> GenerativeEmbedding:
    return GenerativeEmbedding(**{**SMALL, "steps": 20, **changed})


@pytest.fixture(scope="module")
def tasks(small: CharacterSet) -> TaskBatch:
    return Episodes(small, np.arange(12), ways=4, shots=2, queries=1, batch_size=10).batch(0)


@pytest.fixture(scope="module", params=KINDS)
def fitted(request: pytest.FixtureRequest, tasks: TaskBatch) -> GenerativeEmbedding:
    return embedder(kind=request.param).fit(tasks)


@pytest.fixture(scope="module")
def variational(tasks: TaskBatch) -> GenerativeEmbedding:
    return embedder().fit(tasks)


@pytest.fixture(scope="module")
def squares() -> TaskBatch:
    """Two tasks that are easy to draw: full squares in class 0, wide frames in class 1, four sizes each."""
    x = torch.zeros(2, 4, 28, 28)
    for size in range(4):
        x[0, size, 11 - size : 17 + size, 11 - size : 17 + size] = 1
        x[1, size, size : 28 - size, size : 28 - size] = 1
        x[1, size, size + 2 : 26 - size, size + 2 : 26 - size] = 0
    nothing = torch.zeros(2, 0, dtype=torch.int64)
    return TaskBatch(
        support_x=x.reshape(1, 8, 1, 28, 28).repeat(2, 1, 1, 1, 1),
        support_y=torch.arange(2).repeat_interleave(4).repeat(2, 1),
        query_x=torch.zeros(2, 0, 1, 28, 28),
        query_y=nothing,
        ways=2,
        support_ids=torch.full((2, 8), -1),
        query_ids=nothing,
    )


@pytest.fixture(scope="module", params=KINDS)
def artist(request: pytest.FixtureRequest, squares: TaskBatch) -> GenerativeEmbedding:
    return embedder(kind=request.param, steps=300, hidden=32, learning_rate=1e-2).fit(squares)


# --- the embedding ---------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999))
def test_order_of_classes_and_of_drawings_does_not_matter(
    fitted: GenerativeEmbedding, tasks: TaskBatch, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    order = torch.from_numpy(rng.permutation(8))
    relabelled = torch.from_numpy(rng.permutation(4))[tasks.support_y]
    shuffled = replace(tasks, support_x=tasks.support_x[:, order], support_y=relabelled[:, order])
    np.testing.assert_allclose(fitted.transform(shuffled), fitted.transform(tasks), atol=1e-5)


def test_queries_are_never_read(tasks: TaskBatch) -> None:
    blind = replace(tasks, query_x=torch.full_like(tasks.query_x, torch.nan), query_y=torch.zeros_like(tasks.query_y))
    np.testing.assert_array_equal(embedder().fit(blind).transform(blind), embedder().fit(tasks).transform(tasks))


def test_labels_are_read(fitted: GenerativeEmbedding, tasks: TaskBatch) -> None:
    regrouped = replace(tasks, support_y=torch.tensor([0, 1, 2, 3, 0, 1, 2, 3]).expand(10, -1))
    assert np.abs(fitted.transform(regrouped) - fitted.transform(tasks)).max() > 0.01


def test_it_is_the_mean_and_the_spread_of_the_classes_codes(fitted: GenerativeEmbedding, tasks: TaskBatch) -> None:
    model = fitted.model_
    for x, y, found in zip(tasks.support_x, tasks.support_y, fitted.transform(tasks), strict=True):
        codes = []
        for label in range(4):
            features = model.of_pixels(x[y == label].reshape(2, 784)).mean(0, keepdim=True)
            codes.append(model.code_mean(model.of_set(features)[:, :4])[0].detach().numpy())
        np.testing.assert_allclose(found, np.concatenate([np.mean(codes, 0), np.std(codes, 0)]), atol=1e-5)


def test_classes_of_unequal_size_and_single_drawings(small: CharacterSet, fitted: GenerativeEmbedding) -> None:
    unequal = CharacterTasks(small, np.arange(12), others=np.arange(12), shots=6, against=3)
    single = Episodes(small, np.arange(12), ways=7, shots=1, queries=0, batch_size=5).batch(0)
    for tasks, count in ((unequal, 12), (single, 5)):
        for embedding in (fitted.transform(tasks), embedder(kind=fitted.kind).fit(tasks).transform(tasks)):
            assert embedding.shape == (count, 8)
            assert embedding.dtype == np.float32
            assert np.isfinite(embedding).all()


def test_batching_makes_no_difference(fitted: GenerativeEmbedding, tasks: TaskBatch) -> None:
    by_three = clone(fitted).set_params(batch_size=3).restore(fitted.state())
    np.testing.assert_allclose(by_three.transform(tasks), fitted.transform(tasks), atol=1e-5)
    np.testing.assert_allclose(by_three.sample(tasks, 2), fitted.sample(tasks, 2), atol=1e-5)


# --- the model -------------------------------------------------------------------------------------------------------


def test_the_bound_is_the_textbooks(variational: GenerativeEmbedding, tasks: TaskBatch) -> None:
    """One class and one drawing after another, with PyTorch's own distributions."""
    model, prior = variational.model_, Normal(0.0, 1.0)
    generator = torch.Generator().manual_seed(7)
    code_noise = torch.randn(40, 4, generator=generator)
    latent_noise = torch.randn(80, 3, generator=generator)
    parts = torch.zeros(3)
    with torch.no_grad():
        for task in range(10):
            for label in range(4):
                members = [i for i in range(8) if tasks.support_y[task, i] == label]
                features = model.of_pixels(tasks.support_x[task, members].flatten(1))
                mean, log_variance = model.of_set(features.mean(0)).split(4)
                of_set = Normal(mean, log_variance.exp().sqrt())
                code = mean + of_set.stddev * code_noise[4 * task + label]
                parts[1] += kl_divergence(of_set, prior).sum()
                for i, feature in zip(members, features, strict=True):
                    mean, log_variance = model.of_drawing(torch.cat([feature, code])).split(3)
                    of_drawing = Normal(mean, log_variance.exp().sqrt())
                    latent = mean + of_drawing.stddev * latent_noise[8 * task + i]
                    ink = Bernoulli(logits=model.to_pixels(torch.cat([code, latent])))
                    parts[0] += ink.log_prob(tasks.support_x[task, i].flatten()).sum()
                    parts[2] += kl_divergence(of_drawing, prior).sum()
    reconstruction, code_part, latent_part = (parts / 80).tolist()
    found = variational.elbo(tasks, seed=7)
    assert found["reconstruction"] == pytest.approx(reconstruction, rel=1e-4)
    assert found["code"] == pytest.approx(code_part, rel=1e-3)
    assert found["latent"] == pytest.approx(latent_part, rel=1e-3)
    assert found["elbo"] == pytest.approx(reconstruction - code_part - latent_part, rel=1e-4)


def test_training_raises_the_bound(tasks: TaskBatch) -> None:
    before, after = (embedder(steps=steps).fit(tasks).elbo(tasks)["elbo"] for steps in (1, 100))
    assert after > before + 50


def test_only_the_variational_kind_has_a_bound(tasks: TaskBatch) -> None:
    with pytest.raises(MetalearnError, match="variational"):
        embedder(kind="adversarial", steps=1).fit(tasks).elbo(tasks)


def test_free_nats_keep_the_code_in_use(tasks: TaskBatch) -> None:
    silent, free = (embedder(free_nats=nats, steps=150).fit(tasks).elbo(tasks)["code"] for nats in (0.0, 20.0))
    assert free > 2 * silent


def test_the_adversary_pulls_codes_to_the_prior() -> None:
    """Against points far from the origin it learns where draws of the prior lie: downhill is towards them."""
    points = torch.full((64, 3), 4.0, requires_grad=True)
    nothing = _Normal(torch.zeros(0), torch.zeros(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        adversary = _Adversary(3, weight=2.0, steps=200, generator=torch.Generator().manual_seed(0))
    penalties = [adversary.penalty(_Found(nothing, nothing, points, torch.zeros(0))) for _ in range(200)]
    (gradient,) = torch.autograd.grad(penalties[-1], points)
    assert (gradient.sum(1) > 0).all()
    assert penalties[-1] > penalties[0]


def test_repeated_classes_count_once(tasks: TaskBatch) -> None:
    twice = TaskBatch(ways=4, **{name: torch.cat([part, part]) for name, part in tasks.tensors().items()})
    np.testing.assert_array_equal(embedder().fit(twice).transform(tasks), embedder().fit(tasks).transform(tasks))


# --- its pictures ----------------------------------------------------------------------------------------------------


def test_reconstructions_resemble_their_drawings(artist: GenerativeEmbedding, squares: TaskBatch) -> None:
    found, drawn = artist.reconstruct(squares), squares.support_x[:, :, 0].numpy()
    assert found.shape == (2, 8, 28, 28)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    blank = np.abs(drawn - drawn.mean(1, keepdims=True)).mean()
    assert np.abs(found - drawn).mean() < 0.4 * blank


def test_samples_are_of_their_class_and_differ(artist: GenerativeEmbedding, squares: TaskBatch) -> None:
    found = artist.sample(squares, count=20)
    assert found.shape == (2, 2, 20, 28, 28)
    assert found.min() >= 0
    assert found.max() <= 1
    middle = found[..., 12:16, 12:16].mean((3, 4))
    assert middle[:, 0].mean() > 0.9
    assert middle[:, 1].mean() < 0.1
    assert middle[:, 0].min() > middle[:, 1].max()
    assert found[0].std(1).max() > 0.2


def test_samples_follow_from_the_seed(fitted: GenerativeEmbedding, tasks: TaskBatch) -> None:
    np.testing.assert_array_equal(fitted.sample(tasks, 2, seed=1), fitted.sample(tasks, 2, seed=1))
    assert np.abs(fitted.sample(tasks, 2, seed=1) - fitted.sample(tasks, 2, seed=2)).max() > 0


# --- conventions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_everything(tasks: TaskBatch, kind: str) -> None:
    global_state = torch.get_rng_state()
    one, again, other = (embedder(kind=kind, seed=seed).fit(tasks) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.transform(tasks), again.transform(tasks))
    assert np.abs(one.transform(tasks) - other.transform(tasks)).max() > 0
    assert torch.equal(torch.get_rng_state(), global_state)


def test_state_comes_back(fitted: GenerativeEmbedding, tasks: TaskBatch) -> None:
    state = fitted.state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    np.testing.assert_array_equal(clone(fitted).restore(state).transform(tasks), fitted.transform(tasks))
    halved = {name: array.astype(np.float16) for name, array in state.items()}
    np.testing.assert_allclose(clone(fitted).restore(halved).transform(tasks), fitted.transform(tasks), atol=0.02)


def test_scikit_learns_conventions(tasks: TaskBatch) -> None:
    pipeline = make_pipeline(embedder(), PCA(3)).fit(tasks)
    assert pipeline.transform(tasks).shape == (10, 3)
    copy = clone(embedder(kind="adversarial", code_size=9))
    assert (copy.get_params()["kind"], copy.get_params()["code_size"]) == ("adversarial", 9)


def test_an_unknown_kind_is_refused(tasks: TaskBatch) -> None:
    with pytest.raises(MetalearnError, match="unknown kind 'other'"):
        embedder(kind="other").fit(tasks)
