"""Naming new drawings: a learner adapts to classes, names queries one by one, and says when one is none of them."""

import numpy as np
import pytest

import metalearn as ml
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.recognition.naming import NONE_OF_THEM


@pytest.fixture(scope="module")
def glyphs(cache: object) -> CharacterSet:
    return ml.load_characters("glyphs")


@pytest.fixture(scope="module")
def learner() -> ml.Learner:
    return ml.load_learner("prototypes", "lake")


@pytest.fixture(scope="module")
def limit(learner: ml.Learner, glyphs: CharacterSet) -> ml.KnownLimit:
    return ml.KnownLimit.measured(learner, glyphs, ml.split(glyphs, "lake").validation, ways=4, shots=3)


def classes_of(glyphs: CharacterSet, positions: list[int]) -> dict[str, np.ndarray]:
    """Classes of different sizes, to be adapted to."""
    return {glyphs.characters[c]: glyphs.images[c, : 2 + i] for i, c in enumerate(positions)}


def test_new_drawings_get_the_names_of_their_classes(glyphs: CharacterSet, learner: ml.Learner) -> None:
    chosen = ml.split(glyphs, "lake").test[[0, 50, 100, 150]].tolist()
    found = ml.predict(learner, classes_of(glyphs, chosen), [glyphs.images[c, 10] for c in chosen])
    assert found.names == [glyphs.characters[c] for c in chosen]
    np.testing.assert_allclose(found.probabilities.sum(1), 1, atol=1e-5)
    assert not found.unknown.any()


def test_a_query_is_named_the_same_whatever_comes_with_it(glyphs: CharacterSet, learner: ml.Learner) -> None:
    classes, queries = classes_of(glyphs, [0, 50, 100]), [glyphs.images[c, 10] for c in (0, 50, 100, 300)]
    together, alone = ml.predict(learner, classes, queries), ml.predict(learner, classes, queries[2:3])
    np.testing.assert_allclose(together.probabilities[2:3], alone.probabilities, atol=1e-5)
    np.testing.assert_allclose(together.distances[2:3], alone.distances, rtol=1e-4)


def test_strangers_are_none_of_the_classes(glyphs: CharacterSet, learner: ml.Learner, limit: ml.KnownLimit) -> None:
    test = ml.split(glyphs, "lake").test
    rng, known, strange = np.random.default_rng(0), [], []
    for _ in range(10):
        chosen = rng.choice(test, 14, replace=False).tolist()
        classes = {str(c): glyphs.images[c, :3] for c in chosen[:4]}
        found = ml.predict(learner, classes, [glyphs.images[c, 10] for c in chosen], limit)
        known += found.unknown[:4].tolist()
        strange += found.unknown[4:].tolist()
        assert [name == NONE_OF_THEM for name in found.names] == found.unknown.tolist()
    assert np.mean(known) < 0.15
    assert np.mean(strange) > 0.6


def test_the_limit_says_how_often_it_is_wrong(limit: ml.KnownLimit) -> None:
    assert 0 <= limit.known_refused < 0.15
    assert 0 <= limit.unknown_accepted < 0.5
    assert "of 4 characters, 3 drawings each, of glyphs" in limit.measured_on


def test_a_character_set_is_a_set_of_classes(small: CharacterSet, learner: ml.Learner) -> None:
    found = ml.predict(learner, small, small.images[:5, 0])
    assert list(found.classes) == list(small.characters)
    assert found.names == list(small.characters[:5])


def test_its_table_shows_each_query(glyphs: CharacterSet, learner: ml.Learner, limit: ml.KnownLimit) -> None:
    classes = {"<a>": glyphs.images[0, :2], "b": glyphs.images[50, :2]}
    page = ml.predict(learner, classes, [glyphs.images[0, 5], glyphs.images[300, 0]], limit).to_html(["x.png", "y.png"])
    assert page.count("<tr>") == 3
    assert "&lt;a&gt;" in page
    assert "x.png" in page
    assert "were wrongly called so" in page


@pytest.mark.parametrize(
    ("classes", "queries", "message"),
    [
        ({"a": 1}, 1, "two classes"),
        ({"a": 1, "b": 0}, 1, "a drawing of each"),
        ({"a": 1, "b": 1}, 0, "no drawing to be named"),
    ],
)
def test_what_cannot_be_named(classes: dict[str, int], queries: int, message: str, learner: ml.Learner) -> None:
    blank = np.zeros((9, 28, 28), np.uint8)
    with pytest.raises(MetalearnError, match=message):
        ml.predict(learner, {name: blank[:count] for name, count in classes.items()}, blank[:queries])


def test_two_characters_are_too_few_to_set_a_limit(glyphs: CharacterSet, learner: ml.Learner) -> None:
    with pytest.raises(MetalearnError, match="at least 3 characters"):
        ml.KnownLimit.measured(learner, glyphs, np.arange(2), ways=5, shots=1)


def test_a_limit_is_for_tasks_as_large_as_there_are(glyphs: CharacterSet, learner: ml.Learner) -> None:
    limit = ml.KnownLimit.measured(learner, glyphs, np.arange(3), ways=5, shots=99)
    assert "of 2 characters, 19 drawings each" in limit.measured_on
