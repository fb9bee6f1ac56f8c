"""A learner comes back from its file as it was; what is the user's own is handed in, and never imported."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler
from torch import Tensor, nn

import metalearn as ml
from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Params
from metalearn.tasks.task_batch import Tasks

NETWORK = ml.Backbone(widths=(8, 8), groups=4, pools=(2,))
BODY = (*NETWORK.scales_and_shifts, *ml.HEAD)


class OwnInit(nn.Module):
    """A hook of the user's own, with a setting and a meta-parameter."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength = strength
        self.shift = nn.Parameter(torch.ones(()))

    def forward(self, support: ml.Support) -> Params:
        head = ml.PrototypeInit()(support)
        return {name: self.strength * self.shift * p for name, p in head.items()}


class Forgetful(OwnInit):
    def __init__(self, power: float) -> None:
        super().__init__(power)


class OwnNetwork(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(nn.Conv2d(1, width, 3, stride=4), nn.GroupNorm(2, width), nn.ReLU(), nn.Flatten())

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class OwnEmbedding(TransformerMixin, BaseEstimator):
    def __init__(self, gain: float = 2.0) -> None:
        self.gain = gain

    def fit(self, tasks: Tasks, y: None = None) -> "OwnEmbedding":
        self.offset_ = self._rows(tasks).mean(0)
        return self

    def state(self) -> dict[str, np.ndarray]:
        return {"offset": self.offset_}

    def restore(self, arrays: dict[str, np.ndarray]) -> "OwnEmbedding":
        self.offset_ = arrays["offset"]
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        return self._rows(tasks) - self.offset_

    def _rows(self, tasks: Tasks) -> np.ndarray:
        return np.concatenate([self.gain * b.support_x.mean((1, 2)).flatten(1).numpy() for b in tasks.batches(8)])


def average(x: Tensor) -> Tensor:
    """A backbone that is a function: four by four averages."""
    return nn.functional.avg_pool2d(x, 7).flatten(1)


@pytest.fixture
def batch(small: ml.CharacterSet) -> ml.TaskBatch:
    return ml.Episodes(small, np.arange(12), 3, 2, 2, batch_size=6).batch(0)


def gradient_pipeline(batch: ml.TaskBatch) -> object:
    embedding = ml.GradientEmbedding(NETWORK, NETWORK.initial(1), steps=2)
    return make_pipeline(embedding, StandardScaler(), PCA(4, whiten=True)).fit(batch)


LEARNERS = {
    "anil": lambda e: ml.Learner(NETWORK, ml.LearnedInit(ml.HEAD), ml.LearnedStepSizes(NETWORK, ml.HEAD, 0.2)),
    "init": lambda e: ml.Learner(NETWORK, ml.EmbeddingInit(NETWORK, 4, hidden_size=5), ml.SGD(0.1), embedder=e),
    "neighbours": lambda e: ml.Learner(NETWORK, ml.NeighbourInit(NETWORK, 4, 3), ml.SGD(0.1), embedder=e),
    "step sizes": lambda e: ml.Learner(NETWORK, ml.LearnedInit(BODY), ml.StepSizeNetwork(BODY, 0.1, 4), embedder=e),
    "recurrent": lambda e: ml.Learner(NETWORK, ml.LearnedInit(BODY), ml.RecurrentOptimizer(0.1, 4), embedder=e),
    "attention": lambda e: ml.Learner(
        NETWORK, ml.PrototypeInit(), ml.SGD(0.1), ml.ModulationAttention(NETWORK, 4, entries=3), e, steps=0
    ),
    "selection": lambda e: ml.Learner(NETWORK, ml.PrototypeInit(), ml.SGD(0.1), ml.GroupSelection(NETWORK, 4, 4), e),
    "context": lambda e: ml.Learner(
        NETWORK, ml.ContextInit(6, ml.LearnedInit(ml.HEAD)), ml.SGD(0.5), ml.ContextModulation(NETWORK, 6)
    ),
    "own hook": lambda e: ml.Learner(NETWORK, OwnInit(0.5), ml.SGD(0.1), steps=1),
    "own network": lambda e: ml.Learner(OwnNetwork(6), ml.LearnedInit(ml.HEAD), ml.SGD(0.1)),
    "own function": lambda e: ml.Learner(average, ml.PrototypeInit(), ml.SGD(0.1)),
}  # fmt: skip
CUSTOM = (OwnInit, OwnNetwork, OwnEmbedding, average)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_answers_as_before(name: str, batch: ml.TaskBatch, tmp_path: Path) -> None:
    learner = LEARNERS[name](gradient_pipeline(batch))
    with torch.no_grad():
        for parameter in learner.parameters():
            parameter += 0.01 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
        learner.save(tmp_path / "one")
        again = ml.load_learner(str(tmp_path / "one"), custom=CUSTOM)
        assert torch.equal(learner.adapt(batch).query_logits, again.adapt(batch).query_logits)
    assert repr(again) == repr(learner)


def test_own_embedders_come_back_with_what_they_learned(batch: ml.TaskBatch, tmp_path: Path) -> None:
    embedder = make_pipeline(OwnEmbedding(3.0), PCA(4)).fit(batch)
    learner = ml.Learner(NETWORK, ml.EmbeddingInit(NETWORK, 4), ml.SGD(0.1), embedder=embedder)
    learner.save(tmp_path / "one")
    again = ml.load_learner(tmp_path / "one", custom=[OwnEmbedding])
    assert torch.equal(learner.embed(batch), again.embed(batch))


def test_what_is_missing_is_named_and_never_imported(tmp_path: Path) -> None:
    ml.Learner(NETWORK, OwnInit(1.0), ml.SGD(0.1)).save(tmp_path / "one")
    with pytest.raises(MetalearnError, match=r"'OwnInit', which is not the kit's own; hand it in: .*=\[OwnInit\]"):
        ml.load_learner(tmp_path / "one")
    arrays, description = artifacts.load(tmp_path / "one")
    description["init"] = {"class": "os.system", "settings": {}}
    artifacts.save(tmp_path / "two", arrays, description)
    with pytest.raises(MetalearnError, match=r"'os\.system', which is not the kit's own"):
        ml.load_learner(tmp_path / "two", custom=[OwnInit])


class Secretive(OwnEmbedding):
    """An embedder that has learned something and does not say what."""

    def __getattribute__(self, name: str) -> object:
        if name in ("state", "restore"):
            raise AttributeError(name)
        return super().__getattribute__(name)


def test_an_embedder_says_what_it_has_learned(batch: ml.TaskBatch, tmp_path: Path) -> None:
    learner = ml.Learner(NETWORK, ml.PrototypeInit(), ml.SGD(0.1), embedder=Secretive().fit(batch))
    with pytest.raises(MetalearnError, match=r"Secretive cannot be saved: it needs state\(\), .* restore\(arrays\)"):
        learner.save(tmp_path / "one")


@pytest.mark.parametrize("scaler", [StandardScaler(with_std=False), StandardScaler(with_mean=False), MinMaxScaler()])
@pytest.mark.parametrize("reducer", [PCA(4), IncrementalPCA(4), TruncatedSVD(4)])
def test_reducers_of_scikit_learn_come_back(
    scaler: BaseEstimator, reducer: BaseEstimator, batch: ml.TaskBatch, tmp_path: Path
) -> None:
    embedder = make_pipeline(OwnEmbedding(), scaler, reducer, Normalizer()).fit(batch)
    learner = ml.Learner(NETWORK, ml.EmbeddingInit(NETWORK, 4), ml.SGD(0.1), embedder=embedder)
    learner.save(tmp_path / "one")
    again = ml.load_learner(tmp_path / "one", custom=[OwnEmbedding])
    # Arrays lie in another order in memory than scikit-learn left them in, which moves the last bit.
    torch.testing.assert_close(learner.embed(batch), again.embed(batch), atol=1e-5, rtol=1e-4)


def test_what_cannot_be_saved_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="Forgetful keeps no attribute 'power'"):
        ml.Learner(NETWORK, Forgetful(1.0), ml.SGD(0.1)).save(tmp_path / "one")
    with pytest.raises(MetalearnError, match="a lambda cannot be saved"):
        ml.Learner(NETWORK, lambda support: {}, ml.SGD(0.1)).save(tmp_path / "one")
    with pytest.raises(MetalearnError, match="a lambda cannot be saved"):
        ml.Learner(lambda x: x.flatten(1), ml.PrototypeInit(), ml.SGD(0.1)).save(tmp_path / "one")
    assert not list(tmp_path.iterdir())


def test_numbers_that_do_not_fit_are_said_in_one_line(tmp_path: Path) -> None:
    ml.Learner(NETWORK, OwnInit(1.0), ml.SGD(0.1)).save(tmp_path / "one")

    class OtherShape(OwnInit):
        def __init__(self, strength: float) -> None:
            super().__init__(strength)
            self.shift = nn.Parameter(torch.ones(3))

    OtherShape.__name__ = "OwnInit"
    with pytest.raises(MetalearnError, match=r"its array 'init.shift' is float32 \[\], not fractions \[3\]"):
        ml.load_learner(tmp_path / "one", custom=[OtherShape])


def test_a_name_is_the_kits_or_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ml.Learner(NETWORK, ml.PrototypeInit(), ml.SGD(0.1)).save("mine")
    assert repr(ml.load_learner("mine")) == repr(ml.load_learner(tmp_path / "mine"))
    with pytest.raises(MetalearnError, match="unknown learner 'nobody'; there are prototypes, prototypes-quick, wide"):
        ml.load_learner("nobody")
