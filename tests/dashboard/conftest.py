"""A page run without a browser, on whatever data this machine has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import work, workers
from metalearn.data import CharacterSet

APP = Path(__file__).parent.parent.parent / "dashboard" / "app.py"


@pytest.fixture(autouse=True)
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is for worker processes is done here; ``test_workers.py`` is about them."""
    monkeypatch.setattr(workers, "run", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(workers, "wake", lambda: None)
    work.shipped.cache_clear()


@pytest.fixture
def app(characters: CharacterSet) -> Iterator[AppTest]:
    """The dashboard, not run yet; what it keeps is of one test alone. (``characters`` fills the cache first.)"""
    import streamlit as st

    def forget() -> None:
        st.cache_data.clear()
        st.cache_resource.clear()

    forget()
    yield AppTest.from_file(str(APP), default_timeout=60)
    forget()


def captions(app: AppTest) -> str:
    """All captions of a page, as one text."""
    return " ".join(found.value for found in app.caption)
