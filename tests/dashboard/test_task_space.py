"""The map page, through Streamlit's own test client."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from metalearn import store
from metalearn.data import CharacterSet
from tests.dashboard.conftest import APP


def select_on_map(app: AppTest, *tasks: int) -> None:
    points = [{"customdata": [task]} for task in tasks]
    app.session_state["map UMAP 2D"] = {"selection": {"points": points}}


def write_images(folder: Path, small: CharacterSet, classes: int, drawings: int) -> None:
    for i, drawing in itertools.product(range(classes), range(drawings)):
        file = folder / f"class{i:02d}" / f"{drawing}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(small.images[i % len(small), (drawing + i) % 6]).save(file)


def captions(app: AppTest) -> str:
    return " ".join(found.value for found in app.caption)


def test_it_opens_and_names_its_data(app: AppTest, characters: CharacterSet) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Task space"
    assert f"**{characters.name}**, {characters.size}" in captions(app)
    assert characters.citation in captions(app)
    assert "distances between groups" in captions(app)
    assert "Click a point" in app.info[0].value


@pytest.mark.parametrize("projection", ["UMAP 2D", "PCA 2D", "PCA 3D"])
@pytest.mark.parametrize("colour", ["split side", "HDBSCAN cluster"])
def test_every_way_to_look(app: AppTest, projection: str, colour: str) -> None:
    app.run()
    app.selectbox(key="projection").set_value(projection)
    app.selectbox(key="colour").set_value(colour).run()
    assert not app.exception
    assert not app.error
    assert ("of the variance" in captions(app)) == projection.startswith("PCA")


def test_a_selection_shows_drawings_and_neighbours_and_is_sent_on(app: AppTest) -> None:
    app.run()
    select_on_map(app, 3, 40)
    app.run()
    assert app.subheader[0].value == "2 selected"
    assert "in all 256 dimensions, not on the map" in captions(app)
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


def test_images_of_ones_own_get_a_map_of_their_own(
    app: AppTest, small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "mine", small, classes=24, drawings=3)
    monkeypatch.setenv("METALEARN_DATA", str(tmp_path / "mine"))
    app.run(timeout=180)
    assert not app.exception
    assert not app.error
    assert "**mine**, 24 characters" in captions(app)


def test_too_few_images_for_a_map_are_one_line_and_can_still_be_adapted_to(
    app: AppTest, small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "few", small, classes=4, drawings=6)
    monkeypatch.setenv("METALEARN_DATA", str(tmp_path / "few"))
    app.run()
    assert not app.exception
    assert "a map needs 20" in app.error[0].value
    page = app.switch_page("pages/adaptation.py").run()
    page.session_state["queries"] = 2
    (button,) = [button for button in page.button if button.label == "Five at random"]
    button.click().run()
    assert not page.exception
    assert not page.error
    assert any("4-way 1-shot on few" in caption.value for caption in page.caption)
    assert "On the map" not in captions(page)
