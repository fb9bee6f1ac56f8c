"""The map page, through Streamlit's own test client."""

import itertools
import json
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from streamlit.proto.PageLink_pb2 import PageLink
from streamlit.testing.v1 import AppTest

from dashboard.widgets import map_chart, map_trust, task_canvas, task_selection
from dashboard.widgets.map_chart import MapSettings
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.style import short_name
from metalearn.pretrained.maps import MAPPED_FAMILIES, load_map
from tests.dashboard.conftest import by_link, captions


@pytest.fixture
def page(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("views/task_space.py").run()


def links(page: AppTest) -> list[PageLink]:
    return [found.proto for found in page.get("page_link") if found.proto.label == "Watch a learner tell them apart"]


def imports(code: str) -> list[str]:
    return [line for line in code.splitlines() if "import" in line]


def write_images(folder: Path, small: CharacterSet, classes: int, drawings: int) -> None:
    for i, drawing in itertools.product(range(classes), range(drawings)):
        file = folder / f"script{i % 3}" / f"class{i:02d}" / f"{drawing}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(small.images[i % len(small), (drawing + i) % 6]).save(file)


def test_it_opens_and_says_how_to_select(page: AppTest) -> None:
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Task space"
    assert "distances between groups" in captions(page)
    assert "by chance" in captions(page)
    assert "Click a point" in page.info[0].value


@pytest.mark.parametrize(
    ("projection", "beside"), [("umap-2d", "pca-3d"), ("pca-2d", ""), ("umap-3d", "umap-2d-again")]
)
@pytest.mark.parametrize("colour", ["side", "hdbscan", "difficulty"])
def test_every_way_to_look(page: AppTest, projection: str, beside: str, colour: str) -> None:
    page.selectbox(key="map").set_value(projection)
    page.selectbox(key="beside").set_value(beside)
    page.selectbox(key="colour").set_value(colour)
    page.toggle(key="drawings").set_value(True)
    page.toggle(key="lines").set_value(True)
    page.multiselect(key="tasks").set_value([page.multiselect(key="tasks").options[5]]).run()
    assert not page.exception
    assert not page.error
    assert ("of the variance" in captions(page)) == ("pca" in projection + beside)


def test_a_selection_shows_drawings_and_neighbours_and_is_sent_on(page: AppTest, characters: CharacterSet) -> None:
    some = [characters.characters[i] for i in (3, 40)]
    page.multiselect(key="tasks").set_value(some).run()
    assert page.subheader[0].value == "2 selected"
    assert "in all 256 dimensions, not on the map" in captions(page)
    (link,) = links(page)
    assert parse_qs(link.query_string) == {"characters": some, "split": ["lake"]}
    assert not link.disabled


@pytest.mark.parametrize("count", [61, 776])
def test_what_a_box_selects_is_counted_and_exported_and_stands_in_the_address(page: AppTest, count: int) -> None:
    task_map = load_map("gradient", "lake")
    boxed = list(range(100, 100 + count))
    page.query_params["many"] = task_selection.packed(boxed, len(task_map.names))
    page.run()
    if page.warning:
        pytest.skip("needs Omniglot: the glyphs are fewer")
    assert page.subheader[0].value == f"{count} selected"
    assert f"**{count} tasks** are selected" in " ".join(found.value for found in page.markdown)
    assert len(map_trust.as_csv(task_map, boxed).splitlines()) == count + 1
    assert len(page.query_params["many"]) < 400
    (deselect,) = [button for button in page.button if button.label == "Deselect"]
    deselect.click().run()
    assert "many" not in page.query_params
    assert "Click a point" in page.info[0].value


@given(st.sets(st.integers(0, 99)), st.integers(100, 130))
def test_a_selection_of_many_survives_the_address(tasks: set[int], count: int) -> None:
    assert task_selection.unpacked(task_selection.packed(sorted(tasks), count), count) == sorted(tasks)


@pytest.mark.parametrize("text", ["", "AAA", "ß", "//8=", "A" * 9999, "_____w=="])
def test_what_is_no_selection_selects_nothing(text: str) -> None:
    assert task_selection.unpacked(text, 30) == []


def test_the_map_of_episodes_says_which_split_it_is_of(app: AppTest, omniglot: CharacterSet) -> None:
    page = by_link(app, "task_space", split="article", family="episodes")
    assert not page.exception
    assert page.selectbox(key="split").value == "lake"
    assert page.selectbox(key="split").disabled
    assert "split=article" in page.warning[0].value
    page.selectbox(key="family").set_value("gradient").run()
    page.selectbox(key="split").set_value("article").run()
    page.selectbox(key="family").set_value("episodes").run()
    assert not page.exception
    assert page.selectbox(key="split").value == "lake"


def test_one_group_can_be_shown_alone_and_stands_in_the_address(page: AppTest, characters: CharacterSet) -> None:
    alphabet = characters.alphabets[5].replace("_", " ")
    page.query_params["only"] = alphabet
    page.run()
    sent = json.loads(page.get("bidi_component")[-1].proto.json)
    assert sent["groups"][sent["only"]] == alphabet
    page.selectbox(key="colour").set_value("difficulty").run()
    assert not page.exception
    assert "only" not in page.query_params


def test_the_map_is_told_in_words(page: AppTest, characters: CharacterSet) -> None:
    page.selectbox(key="beside").set_value("pca-3d").run()
    first, second = json.loads(page.get("bidi_component")[-1].proto.json)["maps"]
    assert (
        f"a map of {len(characters)} tasks, coloured by alphabet, in {len(set(characters.alphabets))}"
        in first["summary"]
    )
    assert second["summary"].startswith("PCA 3D")


@given(arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(2, 3)), elements=st.floats(-1e6, 1e6)))
def test_a_map_keeps_its_shape_on_its_way_to_the_browser(coordinates: np.ndarray) -> None:
    cube = task_canvas.in_cube(coordinates)[:, : coordinates.shape[1]].astype(float)
    size = float(np.ptp(coordinates, axis=0).max())
    apart = cube[1:] - cube[:-1]
    scaled = (coordinates[1:] - coordinates[:-1]) * 2 * 32767 / max(size, 1e-9)
    assert np.abs(cube).max(initial=0) <= 32767
    assert np.allclose(apart, scaled, atol=1.01)


@pytest.mark.parametrize("sent", [None, 7, "all", {"0": 1}, [-1, 9999, "1", None, 2.5]])
def test_what_is_no_selection_of_the_browser_selects_nothing(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    task_selection.select(sent, ("a/1", "b/2"))
    assert kept == {"tasks": [], "many": ""}


def test_expanders_open_for_what_a_link_asks(app: AppTest, omniglot: CharacterSet) -> None:
    page = by_link(app, "task_space", clusters="yes", compare="generative")
    assert [expander.proto.expanded for expander in page.expander] == [True, True]


def test_names_that_are_shown_can_be_searched_for(page: AppTest, characters: CharacterSet) -> None:
    assert page.multiselect(key="tasks").options[3] == short_name(characters.characters[3])


def test_one_task_is_too_few_to_send(page: AppTest, characters: CharacterSet) -> None:
    page.multiselect(key="tasks").set_value([characters.characters[7]]).run()
    assert [link.disabled for link in links(page)] == [True]


def test_a_selection_that_the_map_does_not_have_is_dropped(page: AppTest) -> None:
    page.session_state["tasks"] = ["Nowhere/character01"]
    page.run()
    assert not page.exception
    assert "Click a point" in page.info[0].value


def test_clusters_and_another_embedding(page: AppTest, omniglot: CharacterSet) -> None:
    page.toggle(key="clusters").set_value(True)
    page.selectbox(key="compare").set_value("collaborative").run()
    assert not page.exception
    text = " ".join(found.value for found in page.markdown)
    assert "**Cluster 12**" in text
    assert "On average the two agree" in text


def test_a_link_with_the_old_names_of_maps_and_colours_still_opens(app: AppTest) -> None:
    page = by_link(app, "task_space", map="UMAP 2D, another seed", colour="k-means cluster")
    assert not page.exception
    assert page.selectbox(key="map").value == "umap-2d-again"
    assert page.selectbox(key="colour").value == "kmeans"
    assert not page.warning


@pytest.mark.parametrize("family", MAPPED_FAMILIES)
@pytest.mark.parametrize("split_name", ["article", "lake"])
def test_every_embedding_has_a_map(omniglot: CharacterSet, family: str, split_name: str) -> None:
    task_map = load_map(family, split_name)
    assert task_map.names == omniglot.characters
    assert np.isfinite(task_map.embedding).all()


def test_the_code_draws_the_same_figure(characters: CharacterSet) -> None:
    task_map = load_map("gradient", "article", data=characters.name)
    for settings in (
        MapSettings("umap-2d", "alphabet", [3, 40], drawings=True, lines=True),
        MapSettings("pca-3d", "difficulty", lines=True),
        MapSettings("pca-2d", "side", [1], drawings=True),
    ):
        code = map_chart.code(task_map, settings)
        assert (imports(code) == ["import metalearn as ml"]) == (settings.colour != "difficulty")
        assert code.endswith("figure.show()")
        found: dict[str, go.Figure] = {}
        exec(code.removesuffix("figure.show()"), found)
        assert found["figure"] == map_chart.draw(characters, task_map, settings)


def test_a_selection_as_a_table(characters: CharacterSet) -> None:
    task_map = load_map("gradient", "article", data=characters.name)
    header, *rows = map_trust.as_csv(task_map, [2, 9]).splitlines()
    assert len(header.split(",")) == 12 + task_map.embedding.shape[1]
    assert [row.split(",")[0] for row in rows] == [task_map.names[2], task_map.names[9]]


def test_images_of_ones_own_get_a_map_of_their_own(
    app: AppTest, small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "mine", small, classes=24, drawings=3)
    monkeypatch.setenv("METALEARN_DATA", str(tmp_path / "mine"))
    app.run(timeout=300)
    assert not app.exception
    page = app.switch_page("views/task_space.py").run()
    assert not page.exception
    assert not page.error
    assert "**mine**, 24 characters" in captions(page)
    page.selectbox(key="split").set_value("lake").run(timeout=300)  # hardly any training characters to stand against
    assert not page.exception
    assert not page.error


def test_too_few_images_for_a_map_are_one_line_and_can_still_be_adapted_to(
    app: AppTest, small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "few", small, classes=4, drawings=6)
    monkeypatch.setenv("METALEARN_DATA", str(tmp_path / "few"))
    app.run()
    assert not app.exception
    assert "three characters" in app.error[0].value  # the game on Start
    assert "a map needs 20" in app.switch_page("views/task_space.py").run().error[0].value
    page = app.switch_page("views/adaptation.py").run()
    assert not page.exception
    assert not page.error
