"""What the tests of training and measuring share: little to train on, so that each is quick."""

import numpy as np
import pytest

from metalearn.characters.character_set import CharacterSet

ALPHABETS = ("Ash", "Beech", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Oak", "Pine", "Rowan", "Yew")
DRAWINGS = 20


@pytest.fixture(scope="session")
def few() -> CharacterSet:
    """Random characters of twelve alphabets, twenty drawings each: enough for any recipe, and of no meaning."""
    names = tuple(f"{alphabet}/character{i:02d}" for alphabet in ALPHABETS for i in range(10))
    drawers = tuple(f"drawer{i:02d}" for i in range(DRAWINGS))
    images = (np.random.default_rng(0).random((len(names), DRAWINGS, 28, 28)) < 0.2).astype(np.uint8) * 255
    return CharacterSet("few", images, names, drawers, "a test", "none", np.full(len(names), DRAWINGS))


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learners are validated on a few tasks in place of a hundred, embedders fitted to 42 in place of six hundred."""
    monkeypatch.setattr("metalearn.pretrained.train_recipe.VALIDATION_TASKS", 12)
    monkeypatch.setattr("metalearn.pretrained.worlds.EMBEDDER_TASKS", 42)
