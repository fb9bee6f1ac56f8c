"""What every test shares: a cache of its own, one thread, and characters to work on."""

import os
import signal
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.load import load_characters
from metalearn.characters.omniglot import load_omniglot

hypothesis.settings.register_profile("kit", deadline=None)  # a busy machine passes too
hypothesis.settings.load_profile("kit")
torch.set_num_threads(min(2, torch.get_num_threads()))
# A shell that runs tests in the background has them ignore Ctrl-C, and every program that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the session's own, for the tests and for the processes they start."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["METALEARN_CACHE"] = str(folder)
    os.environ["METALEARN_PROGRESS"] = str(folder / "progress.json")  # not that of whoever runs the tests
    return folder


@pytest.fixture(scope="session")
def omniglot(cache: Path) -> CharacterSet:
    """Omniglot from where METALEARN_DATA points; tests that need it are skipped where it points nowhere."""
    if "METALEARN_DATA" not in os.environ:
        pytest.skip("needs Omniglot: set METALEARN_DATA to a folder with it")
    return load_omniglot(os.environ["METALEARN_DATA"])


@pytest.fixture(scope="session")
def characters(cache: Path) -> CharacterSet:
    """Some real data whatever the machine: Omniglot where METALEARN_DATA points to it, else the built-in glyphs."""
    return load_characters(download=False)


@pytest.fixture(scope="session")
def small() -> CharacterSet:
    """Twelve random characters of three alphabets, six drawings each: quick, and of no meaning."""
    rng = np.random.default_rng(0)
    return CharacterSet(
        name="small",
        images=(rng.random((12, 6, 28, 28)) < 0.2).astype(np.uint8) * 255,
        characters=tuple(f"{alphabet}/character{i:02d}" for alphabet in ("Ash", "Birch", "Cedar") for i in range(4)),
        drawers=tuple(f"drawer{i}" for i in range(6)),
        source="a test",
        citation="none",
        counts=np.full(12, 6),
    )
