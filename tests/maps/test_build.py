"""A map is made of what was trained; its difficulty is that of a learner, its components are the embedding's."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.maps.build import _leading_components
from metalearn.pretrained.embedders import load_embedder
from metalearn.pretrained.make_map import make_named_map
from metalearn.pretrained.maps import load_map
from metalearn.pretrained.recipes import FULL_SPLITS
from metalearn.tasks.character_tasks import all_character_tasks


def test_a_map_needs_characters(small: CharacterSet) -> None:
    with pytest.raises(MetalearnError, match="12 characters; a map needs 20"):
        make_named_map(small, "article")


def test_components_are_the_reducers_or_its_own() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(30, 12)) * np.arange(12, 0, -1)
    reducer = PCA(6, whiten=True).fit(raw)
    reduced = reducer.transform(raw)
    components, shares = _leading_components(reduced, make_pipeline(reducer))
    np.testing.assert_array_equal(components, reduced[:, :3])
    assert shares == pytest.approx(reducer.explained_variance_ratio_)
    components, shares = _leading_components(raw, make_pipeline("passthrough"))
    assert components.shape == (30, 3)
    assert shares == pytest.approx(PCA(10).fit(raw).explained_variance_ratio_)


def test_a_map_made_of_few_characters(omniglot: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(unit: np.ndarray, count: int = 2, seed: int = 0) -> np.ndarray:
        return unit[:, seed : seed + count]

    monkeypatch.setattr("metalearn.maps.build.umap_coordinates", quick)
    few = CharacterSet(
        name="few",
        images=omniglot.images[:60, :6],
        characters=omniglot.characters[:60],
        drawers=omniglot.drawers[:6],
        source="a test",
        citation="none",
        counts=np.full(60, 6),
    )
    made = make_named_map(few, "article", "gradient")
    assert (made.data, made.family, len(made.names)) == ("few", "gradient", 60)
    assert (made.drawings[:, 0] == 6 * np.arange(60)).all()
    assert made.embedding.shape[0] == len(made.difficulty) == 60
    assert (made.difficulty > 0).all()
    np.testing.assert_array_equal(made.umap_again, made.unit[:, 1:3])


def test_what_ships_is_what_the_embedder_gives(omniglot: CharacterSet) -> None:
    shipped = load_map("gradient", "lake")
    some = np.array([0, 700, 1600])
    fresh = load_embedder("gradient", "lake").transform(all_character_tasks(omniglot, "lake", some))
    np.testing.assert_allclose(fresh, shipped.embedding[some], atol=0.02)


@pytest.mark.parametrize("split_name", FULL_SPLITS)
def test_the_shipped_map_is_of_all_tasks(split_name: str) -> None:
    shipped = load_map("gradient", split_name)
    assert len(shipped.names) == len(shipped.embedding) == len(shipped.umap) == 1623
    assert np.isfinite(shipped.embedding).all()
    assert sum(shipped.explained) < 1


@pytest.mark.parametrize("split_name", FULL_SPLITS)
def test_the_map_of_the_glyphs_fits_the_glyphs(split_name: str) -> None:
    from metalearn.characters.glyphs import make_glyphs

    assert load_map("gradient", split_name, data="glyphs").names == make_glyphs().characters
