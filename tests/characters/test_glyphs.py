import numpy as np
import pytest

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.glyphs import make_glyphs
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def made(cache) -> CharacterSet:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METALEARN_CACHE", str(cache))
        return make_glyphs()


@pytest.fixture
def few_scripts(monkeypatch, tmp_path):
    """The first two scripts only, and a cache of their own: quick to make again."""
    monkeypatch.setattr("metalearn.characters.glyphs.SCRIPTS", 2)
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path))


def by_script(made: CharacterSet) -> list[np.ndarray]:
    """Return the drawings of each script, float ``[characters, drawers, 784]``."""
    pixels = made.images.reshape(*made.images.shape[:2], -1) / 255
    return [pixels[made.alphabet_ids == script] for script in range(len(made.alphabet_names))]


def test_there_are_as_many_as_the_splits_need(made):
    assert len(made.alphabet_names) >= 30
    assert len(made) >= 800
    assert made.images.shape == (len(made), 20, 28, 28)
    assert made.images.dtype == np.uint8
    assert np.all(made.counts == 20)
    for name in ("article", "lake"):
        assert min(map(len, (split(made, name).train, split(made, name).validation, split(made, name).test))) > 20


def test_names_read_like_omniglots(made):
    assert made.name == "glyphs"
    assert len(set(made.characters)) == len(made)
    assert made.characters[0].endswith("/character01")
    assert len(set(made.drawers)) == 20
    assert list(made.alphabet_ids) == sorted(made.alphabet_ids), "characters of one script are neighbours"
    assert "seed 0" in made.source
    assert "procedurally generated" in made.citation


def test_no_drawing_is_empty_or_a_blot(made):
    ink = made.images.mean((2, 3)) / 255
    assert ink.min() > 0.0005
    assert ink.max() < 0.4


def test_drawings_are_as_heavy_as_large_and_as_placed_as_omniglots(made):
    inked = made.images > 40
    rows, columns = inked.any(3), inked.any(2)
    height, width = (28 - axis.argmax(2) - axis[..., ::-1].argmax(2) for axis in (rows, columns))
    assert made.images.mean() / 255 == pytest.approx(0.0805, abs=0.01)
    assert np.maximum(height, width).mean() == pytest.approx(18.3, abs=1.5)
    assert np.average(np.arange(28), weights=rows.mean((0, 1))) == pytest.approx(13, abs=0.7)


def test_the_same_seed_gives_the_same_pictures_script_by_script(made, few_scripts):
    first_two = made.alphabet_ids < 2
    assert np.array_equal(make_glyphs().images, made.images[first_two])


def test_another_seed_gives_other_pictures(made, few_scripts):
    other = make_glyphs(1)
    size = min(len(other), len(made))
    assert not np.any(np.all(other.images[:size] == made.images[:size], axis=(1, 2, 3)))


def test_a_negative_seed_is_refused():
    with pytest.raises(MetalearnError, match="seed"):
        make_glyphs(-1)


def test_they_are_kept_in_the_cache(made, cache, monkeypatch):
    monkeypatch.setenv("METALEARN_CACHE", str(cache))
    monkeypatch.setattr("metalearn.characters.glyphs._generate", lambda seed: pytest.fail("made anew"))
    again = make_glyphs()
    assert np.array_equal(again.images, made.images)
    assert again.characters == made.characters
    assert str(again) == str(made)


def test_characters_of_a_script_are_distinct(made):
    """Even their pixels tell most of them apart: nearest mean of the other drawers' drawings."""
    for drawings in by_script(made):
        count = len(drawings)
        means = drawings[:, 1:].mean(1)
        distance = np.square(drawings[:, 0, None] - means).sum(2)
        right = (distance.argmin(1) == np.arange(count)).mean()
        assert right > 4 / count, "many times chance"
        likeness = np.corrcoef(means) - np.eye(count)
        assert likeness.max() < 0.97


def between_drawers(values: np.ndarray) -> float:
    """Return how far drawers differ ``[characters, drawers]``, in units of what chance alone would give (1)."""
    values = values - values.mean(1, keepdims=True)
    of_drawer = values.mean(0)
    return float(of_drawer.var() / ((values - of_drawer).var() / len(values)))


def test_a_drawers_pen_shows_in_all_they_write(made):
    heaviness = [between_drawers(np.log(drawings.mean(2))) for drawings in by_script(made)]
    assert np.median(heaviness) > 10
    assert min(heaviness) > 3


def test_a_drawers_slant_shows_in_all_they_write(made):
    y, x = np.mgrid[:28, :28].reshape(2, -1) - 13.5
    slants = []
    for ink in by_script(made):
        total = ink.sum(2)
        across, down = ink @ x / total, ink @ y / total
        slant = (ink @ (x * y) / total - across * down) / (ink @ y**2 / total - down**2 + 1)
        slants.append(between_drawers(slant.clip(-1, 1)))
    assert np.median(slants) > 3
