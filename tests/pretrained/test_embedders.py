"""Task embeddings by name: what is fitted comes back from its file, and only beside the base model it belongs to."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.adaptation import AdaptationEmbedding
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Embedder
from metalearn.pretrained.embedders import (
    BASE_BACKBONE,
    Family,
    base_parameters,
    fit_embedder,
    load_embedder,
    make_embedder,
)
from metalearn.pretrained.recipes import find_recipe
from metalearn.tasks.character_tasks import all_character_tasks


def quick_gradient(base: dict[str, torch.Tensor]) -> Embedder:
    return GradientEmbedding(BASE_BACKBONE, base, steps=2)


def quick_context(base: dict[str, torch.Tensor]) -> Embedder:
    return AdaptationEmbedding(
        BASE_BACKBONE, base, context_size=8, steps=1, meta_steps=1, learning_rate=0.02, batch_size=4
    )


@pytest.fixture(autouse=True)
def quick_families(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "metalearn.pretrained.embedders.FAMILIES",
        {
            "gradient": Family("Gradients", quick_gradient, size=8),
            "context": Family("Contexts", quick_context, size=None, drawings=2),
        },
    )


@pytest.fixture(scope="module")
def many() -> CharacterSet:
    """Forty random characters of four alphabets, four drawings each, the last of three."""
    images = (np.random.default_rng(0).random((40, 4, 28, 28)) < 0.2).astype(np.uint8) * 255
    counts = np.full(40, 4)
    counts[-1] = 3
    names = tuple(f"{alphabet}/character{i:02d}" for alphabet in ("Ash", "Birch", "Cedar", "Oak") for i in range(10))
    return CharacterSet("many", images, names, tuple("abcd"), "a test", "none", counts)


def save_base(root: Path, seed: int = 0) -> dict[str, torch.Tensor]:
    """Write an untrained prototypical network where the base model of the article split is looked for."""
    learner = find_recipe("prototypes").build(None, seed)
    arrays = {name: p.numpy() for name, p in learner.state_dict().items()}
    artifacts.save(root / "article" / "prototypes", arrays, {"kind": "learner"})
    return {name: p.detach() for name, p in learner.shared.items()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    save_base(tmp_path)
    return tmp_path


def test_the_base_model_is_the_prototypical_network_of_the_split(root: Path) -> None:
    found, checksum = base_parameters("article", root)
    expected = save_base(root)
    assert set(found) == set(expected)
    assert all(torch.equal(p, expected[name]) for name, p in found.items())
    assert checksum == artifacts.load(root / "article" / "prototypes")[1]["sha256"]


def test_a_reduced_embedding_comes_back_as_it_was_fitted(many: CharacterSet, root: Path) -> None:
    """Whitened principal components of the training tasks, on other tasks, up to half precision."""
    description = make_embedder("gradient", many, "article", root)
    sides = split(many, "article")
    assert (description["family"], description["split"], description["tasks"]) == ("gradient", "article", 27)
    embedder = quick_gradient(save_base(root))
    reducer = PCA(8, whiten=True, random_state=0).fit(
        embedder.transform(all_character_tasks(many, "article", sides.train))
    )
    tasks = all_character_tasks(many, "article", sides.test, drawings=3)
    expected = reducer.transform(embedder.transform(tasks))
    found = load_embedder(str(root / "article" / "gradient")).transform(tasks)
    assert found.shape == (len(sides.test), 8)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_what_an_embedder_learned_comes_back(many: CharacterSet, root: Path) -> None:
    """It was fitted to as many drawings as its family says; without a size there is no reducer."""
    make_embedder("context", many, "article", root)
    tasks = all_character_tasks(many, "article", split(many, "article").train, drawings=2)
    expected = quick_context(save_base(root)).fit(tasks).transform(tasks)
    loaded = load_embedder(str(root / "article" / "context"))
    assert len(loaded) == 1
    assert not any(name.startswith("reducer/") for name in artifacts.load(root / "article" / "context")[0])
    np.testing.assert_allclose(loaded.transform(tasks), expected, atol=0.05)


def test_more_components_than_there_are_tasks_cannot_be_kept(many: CharacterSet, root: Path) -> None:
    few = all_character_tasks(many, "article", np.arange(5))
    fit_embedder("gradient", few, many, "article", root / "article" / "few", base="article", size=8)
    assert load_embedder(str(root / "article" / "few")).transform(few).shape == (5, 5)


def test_an_embedder_of_another_base_model_is_refused(many: CharacterSet, root: Path) -> None:
    make_embedder("context", many, "article", root)
    save_base(root, seed=1)
    with pytest.raises(MetalearnError, match="fitted to another base model"):
        load_embedder(str(root / "article" / "context"))


def test_what_is_not_an_embedder_is_refused(root: Path) -> None:
    with pytest.raises(MetalearnError, match="not 'embedder'"):
        load_embedder(str(root / "article" / "prototypes"))
    with pytest.raises(MetalearnError, match="no artifact"):
        load_embedder(str(root / "article" / "gradient"))


def test_an_unknown_family_is_refused(many: CharacterSet, root: Path) -> None:
    with pytest.raises(MetalearnError, match="unknown embedding 'guess'; there are gradient, context"):
        make_embedder("guess", many, "article", root)


def test_character_tasks_have_the_drawings_that_their_characters_have(many: CharacterSet) -> None:
    tasks = all_character_tasks(many, "article")
    assert len(tasks) == 40
    for drawings, most in ((None, 4), (2, 2), (9, 4)):
        batches = all_character_tasks(many, "article", drawings=drawings).batches(40)
        shots = [count for batch in batches for count in (batch.support_y == 1).sum(1).tolist()]
        assert shots == np.minimum(many.counts, most).tolist()
    (some,) = all_character_tasks(many, "article", np.array([7, 3])).batches(2)
    assert (some.support_ids[:, -4:] // 4).tolist() == [[7] * 4, [3] * 4]
