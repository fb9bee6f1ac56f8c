"""A page run without a browser, on Omniglot where the machine has it, else on glyphs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import adaptation_jobs
from metalearn.characters.character_set import CharacterSet

APP = Path(__file__).parent.parent.parent / "dashboard" / "app.py"


@pytest.fixture(autouse=True)
def no_worker_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the workers' work in this process; ``test_worker_pool.py`` tests the workers themselves."""
    monkeypatch.setattr("dashboard.worker_pool.run", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr("dashboard.worker_pool.wake", lambda: None)
    adaptation_jobs.shipped_learner.cache_clear()
    adaptation_jobs._characters.cache_clear()  # of another test, perhaps of other data


@pytest.fixture
def app(characters: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The dashboard, not run yet, with empty caches. (``characters`` has the data loaded first.)

    Glyphs are asked for where there is no Omniglot: no page then warns that they are shown in its place.
    """
    import streamlit as st

    if characters.name == "glyphs":
        monkeypatch.setenv("METALEARN_DATA", "glyphs")

    def clear_caches() -> None:
        st.cache_data.clear()
        st.cache_resource.clear()

    clear_caches()
    yield AppTest.from_file(str(APP), default_timeout=60)
    clear_caches()


def by_link(app: AppTest, page: str, **query: str | list[str]) -> AppTest:
    """A page of the dashboard, such as "task_space", as a link opens it."""
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(f"views/{page}.py").run()


def captions(app: AppTest) -> str:
    """All captions of a page, as one text."""
    return " ".join(found.value for found in app.caption)
