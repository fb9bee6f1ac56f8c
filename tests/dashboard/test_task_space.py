"""The map page, through Streamlit's own test client."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from metalearn import store
from metalearn.data import CharacterSet
from tests.dashboard.conftest import APP


def select_on_map(app: AppTest, *tasks: int) -> None:
    points = [{"customdata": [task]} for task in tasks]
    app.session_state["map PCA 2D"] = {"selection": {"points": points}}


def captions(app: AppTest) -> str:
    return " ".join(found.value for found in app.caption)


def test_it_opens_and_names_its_data(app: AppTest, characters: CharacterSet) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Task space"
    assert f"**{characters.name}**, {characters.size}" in captions(app)
    assert characters.citation in captions(app)
    assert "of the variance" in captions(app)
    assert "Click a point" in app.info[0].value


@pytest.mark.parametrize("projection", ["PCA 2D", "PCA 3D", "UMAP 2D"])
@pytest.mark.parametrize("colour", ["split side", "HDBSCAN cluster"])
def test_every_way_to_look(app: AppTest, projection: str, colour: str) -> None:
    app.run()
    app.selectbox(key="projection").set_value(projection)
    app.selectbox(key="colour").set_value(colour).run()
    assert not app.exception
    assert not app.error


def test_a_selection_shows_drawings_and_neighbours_and_is_sent_on(app: AppTest) -> None:
    app.run()
    select_on_map(app, 3, 40)
    app.run()
    assert app.subheader[0].value == "2 selected"
    assert "in all 128 dimensions, not on the map" in captions(app)
    (send,) = [button for button in app.button if button.label == "Send to adaptation"]
    send.click().run()
    assert not app.exception
    assert app.session_state["chosen"] == [3, 40]


def test_search_selects_too(app: AppTest, characters: CharacterSet) -> None:
    app.run()
    app.multiselect(key="searched").set_value([characters.characters[7]]).run()
    assert app.subheader[0].value == "1 selected"
    (send,) = [button for button in app.button if button.label == "Send to adaptation"]
    assert send.disabled


def test_glyphs_in_place_of_omniglot_are_announced(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METALEARN_DATA", raising=False)

    def unreachable(*args: object, **settings: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torchvision.datasets.Omniglot", unreachable)
    app.run()
    assert "not Omniglot" in app.warning[0].value
    (again,) = [button for button in app.button if button.label == "Try again"]
    again.click().run()
    assert not app.exception
    assert "no route to host" in app.error[0].value


def test_a_missing_map_is_one_line(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PRETRAINED", tmp_path)
    app.run()
    assert not app.exception
    assert "there is no artifact" in app.error[0].value


def test_the_first_picture_waits_for_nothing_heavy(characters: CharacterSet) -> None:
    code = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()\n"
        "assert app.title[0].value == 'Task space' and not app.error and not app.exception\n"
        "print({'torch', 'torchvision', 'sklearn', 'umap', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=APP.parent.parent, check=True
    )
    assert done.stdout.strip() == "set()"
