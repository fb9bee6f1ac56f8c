"""Waves: regression tasks whose answers follow from a hidden height, frequency and phase."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import metalearn as ml
from metalearn.errors import MetalearnError


def network(seed: int = 0) -> ml.NetworkBackbone:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ml.NetworkBackbone(nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU()), (1,))


def test_every_task_is_one_wave_of_the_frequency_in_turn() -> None:
    batch = ml.Sinusoids(frequencies=(0.5, 1.0, 2.0), shots=30, queries=30, batch_size=6).batch(3)
    assert batch.question is not None
    assert batch.question.tolist() == [0, 1, 2, 0, 1, 2]
    for task, kind in enumerate(batch.question.tolist()):
        angle = np.array((0.5, 1.0, 2.0))[kind] * torch.cat([batch.support_x[task], batch.query_x[task]])[:, 0].numpy()
        y = torch.cat([batch.support_y[task], batch.query_y[task]]).numpy()
        waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        parts, residual, *_ = np.linalg.lstsq(waves, y, rcond=None)
        assert residual < 1e-8
        assert 0.5 <= np.linalg.norm(parts) <= 1.5
    assert batch.support_x.abs().amax() <= 5


def test_batches_follow_from_seed_and_number() -> None:
    same, again, other = (ml.Sinusoids(seed=seed).batch(1).support_y for seed in (0, 0, 1))
    torch.testing.assert_close(same, again, rtol=0, atol=0)
    assert not torch.equal(same, other)
    assert not torch.equal(same, ml.Sinusoids().batch(2).support_y)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"batch_size": 5}, "multiple of the number of frequencies, 2, not 5"),
        ({"frequencies": ()}, "multiple of the number of frequencies, 0"),
        ({"shots": 0}, "at least 1 shot"),
        ({"queries": -1}, "no negative number"),
    ],
)
def test_what_cannot_be_asked_is_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises(MetalearnError, match=says):
        ml.Sinusoids(**changed)  # type: ignore[arg-type]


def test_the_loop_is_that_of_classification_with_a_squared_error() -> None:
    batch = ml.Sinusoids(batch_size=4).batch(0)
    backbone = network()
    start = backbone.initial() | {"head_weight": torch.linspace(-1, 1, 16)}
    with torch.no_grad():
        seen = ml.adapt(backbone, start, batch, init=ml.LearnedInit(ml.HEAD), update=ml.SGD(0.1), steps=2)
        features = backbone.features(start, batch.support_x)
    answers = (features @ start["head_weight"]) + start["head_bias"]
    torch.testing.assert_close(seen.support_loss[0], (answers - batch.support_y).square().mean(1))
    error = 2 * (answers - batch.support_y)[..., None] * features / 5
    torch.testing.assert_close(seen.gradients[0]["head_weight"][:, 0], error.sum(1))
    assert "query squared error" in repr(seen)
    assert "squared error" in seen._repr_html_()
    torch.testing.assert_close(seen.query_score, -seen.query_loss)
    with pytest.raises(MetalearnError, match="no accuracy"):
        _ = seen.query_accuracy


def test_waves_are_learned_and_the_best_is_kept() -> None:
    waves, held_out = ml.Sinusoids(), ml.Sinusoids(seed=1)
    backbone = network()
    learner = ml.Learner(backbone, ml.LearnedInit(ml.HEAD), ml.SGD(0.05), steps=2, second_order=True)
    with torch.no_grad():
        before = learner.adapt(held_out.batch(0)).query_loss[-1].mean()
    schedule = ml.Schedule(2e-2, validate_every=20)
    progress = ml.train(learner, waves, validation=held_out, meta_steps=60, schedule=schedule, validation_tasks=40)
    with torch.no_grad():
        after = learner.adapt(held_out.batch(0)).query_loss[-1].mean()
    assert after < 0.9 * before
    assert max(score for _, score in progress.validation) < 0
    waves_again = next(iter(waves.sample(25)))
    assert repr(waves_again) == "<TaskBatch: 20 tasks, regression, 5 points, 20 queries>"
    assert [len(batch) for batch in waves.sample(25)] == [20, 5]


def test_a_learner_of_waves_is_saved_and_loaded(tmp_path: Path) -> None:
    def curve(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, x.square()], dim=1)

    learner = ml.Learner(ml.NetworkBackbone(curve, (1,)), ml.LearnedInit(ml.HEAD), ml.SGD(0.01), steps=3)
    learner.save(tmp_path / "waves")
    again = ml.load_learner(tmp_path / "waves", custom=[curve])
    batch = ml.Sinusoids().batch(0)
    with torch.no_grad():
        torch.testing.assert_close(again.adapt(batch).query_logits, learner.adapt(batch).query_logits)
