"""Collections as people bring them: each reaches its accuracy, or says in one line what is wrong. See ``cases.py``."""

from pathlib import Path

import numpy as np
import pytest

import metalearn as ml
from metalearn.recognition.naming import drawings_of
from tests.gallery.cases import GALLERY, Drawings


@pytest.fixture(scope="module")
def learner(cache: Path) -> ml.Learner:
    return ml.load_learner("prototypes", "lake")


@pytest.fixture(scope="module")
def glyphs(cache: Path) -> ml.CharacterSet:
    return ml.load_characters("glyphs")


def drawings(glyphs: ml.CharacterSet, classes: int, each: int) -> Drawings:
    """A few drawings of a few glyphs, by different hands and from different scripts."""
    test = ml.split(glyphs, "lake").test
    chosen = test[np.linspace(0, len(test) - 1, classes).astype(int)]
    return {f"sign{i + 1}": glyphs.images[character, :each] for i, character in enumerate(chosen)}


def accuracy(learner: ml.Learner, classes: dict[str, list[np.ndarray]]) -> float:
    """Give a learner the first half of each class; how much of the other half does it name rightly?"""
    halves = {name: -(-len(images) // 2) for name, images in classes.items()}
    given = {name: images[: halves[name]] for name, images in classes.items()}
    asked = [(name, image) for name, images in classes.items() for image in images[halves[name] :]]
    found = ml.predict(learner, given, [image for _, image in asked])
    return float(np.mean([right == name for (right, _), name in zip(asked, found.names, strict=True)]))


@pytest.mark.parametrize("name", list(GALLERY))
def test_a_collection_reaches_its_accuracy_or_says_what_is_wrong(
    name: str, learner: ml.Learner, glyphs: ml.CharacterSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = GALLERY[name]
    place = case.make(tmp_path, drawings(glyphs, case.classes, case.each))
    if case.error:
        with pytest.raises(ml.MetalearnError) as refused:
            accuracy(learner, drawings_of(ml.load_characters(place)))
        assert case.error in str(refused.value)
        assert "\n" not in str(refused.value)
        return
    found = ml.load_characters(place)
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert (len(found), int(found.counts.sum())) == (case.classes, case.read)
    assert len(warnings) == bool(case.warning)
    assert case.warning in "".join(warnings)
    assert accuracy(learner, drawings_of(found)) >= case.accuracy
