"""The drawing page, through Streamlit's own test client: a sheet's strokes are set as a browser would send them."""

import io
import json

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.drawn_sheet import packed
from metalearn.characters import uploads
from metalearn.characters.character_set import CharacterSet
from tests.characters.test_uploads import archive, png, strokes
from tests.dashboard.conftest import APP, captions

BOX = [[[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]]]
SHEET = [*strokes(4), *strokes(5), *strokes(8, BOX), *strokes(0)]  # two crosses, a box, and a cross to be recognised


@pytest.fixture
def page(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("views/draw.py").run()


def alerts(page: AppTest) -> str:
    return " ".join(found.value for found in [*page.info, *page.warning, *page.error])


def bars(page: AppTest) -> list[str]:
    return [found.proto.text for found in page.get("progress")]


def test_an_empty_sheet_says_what_to_do(page: AppTest) -> None:
    assert not page.exception
    assert "Draw at least two different characters" in alerts(page)


def test_what_was_drawn_is_recognised_and_lands_on_the_map(page: AppTest, omniglot: CharacterSet) -> None:
    page.session_state["strokes"] = packed(SHEET)
    page.run(timeout=120)
    assert not page.exception
    assert not page.error
    assert bars(page)[0].startswith("A: ")
    assert any("Nearest to **B**" in found.value for found in page.markdown)


def test_how_many_characters_is_in_the_address(app: AppTest) -> None:
    app.run()
    app.switch_page("views/draw.py")
    app.query_params["classes"] = "5"
    app.run()
    assert not app.exception
    assert app.select_slider(key="classes").value == 5
    app.select_slider(key="classes").set_value(2).run()
    assert app.query_params["classes"] == "2"


def test_a_drawing_to_be_recognised_is_asked_for(page: AppTest) -> None:
    page.session_state["strokes"] = packed([stroke for stroke in SHEET if stroke["cell"] > 3])
    page.run(timeout=120)
    assert not page.exception
    assert "draw one of them again" in alerts(page)


def test_what_was_drawn_survives_another_page(page: AppTest) -> None:
    page.session_state["strokes"] = packed(SHEET)
    page.run(timeout=120)
    page.switch_page("views/start.py").run()
    page.switch_page("views/draw.py").run()
    assert not page.exception
    assert bars(page)[0].startswith("A: ")


def test_what_was_drawn_is_in_the_address_and_a_link_brings_it(app: AppTest, page: AppTest) -> None:
    page.session_state["strokes"] = packed(SHEET)
    page.run(timeout=120)
    assert page.query_params == {"strokes": packed(SHEET)}
    again = AppTest.from_file(str(APP), default_timeout=120).run()
    again.switch_page("views/draw.py")
    again.query_params["strokes"] = packed(SHEET)
    again.run()
    assert not again.exception
    assert bars(again) == bars(page)


@pytest.mark.parametrize("bad", ["x" * 10_000, "?", "A", "_wEAAA"])
def test_a_link_with_bad_strokes_says_so_and_leaves_an_empty_sheet(page: AppTest, bad: str) -> None:
    page.query_params["strokes"] = bad
    page.run()
    assert not page.exception
    assert "This link asks for something that is not here" in alerts(page)
    assert page.session_state["strokes"] == ""


def test_a_drawing_of_something_else_is_none_of_these(page: AppTest) -> None:
    scribble = [[[0.1, 0.5], [0.4, 0.1], [0.9, 0.5], [0.5, 0.9], [0.3, 0.5], [0.5, 0.3], [0.7, 0.5], [0.5, 0.6]]]
    page.session_state["strokes"] = packed([*SHEET, *strokes(9, BOX), *strokes(1, scribble)])
    page.run(timeout=120)
    assert not page.exception
    (none,) = [found.value for found in page.markdown if "None of these" in found.value]
    assert none.startswith("**None of these.** The nearest is ")
    assert bars(page)[0].startswith("A: ")
    assert "wrongly called so" in captions(page)


def test_the_learner_asked_first_adapts(page: AppTest) -> None:
    page.session_state["strokes"] = packed(SHEET)
    page.run(timeout=120)
    assert "steps on your drawings" in captions(page)


def test_what_was_drawn_is_a_task_to_watch(page: AppTest) -> None:
    page.session_state["strokes"] = packed(SHEET)
    page.run(timeout=120)
    assert "Draw two of them a second time" in captions(page)
    page.session_state["strokes"] = packed([*SHEET, *strokes(9, BOX)])
    page.run(timeout=120)
    assert "Draw two of them a second time" not in captions(page)
    page.switch_page("views/adaptation.py")
    page.query_params["drawn"] = packed([*SHEET, *strokes(9, BOX)])
    page.query_params["learners"] = ["protomaml", "preinit"]
    page.query_params["told"] = "question"
    page.run(timeout=120)
    assert not page.exception
    assert not page.error
    lines = [found.value for found in page.markdown if "of the queries right" in found.value]
    assert len(lines) == 3  # the one that uses an embedding is shown twice
    assert lines[0].endswith("100% at the end.")  # a cross among a cross and a box
    assert "2-way 1-shot on your drawings" in captions(page)
    (leave,) = [button for button in page.button if button.label == "Choose other characters"]
    leave.click().run(timeout=120)
    assert "drawn" not in page.query_params
    assert not page.exception


def test_a_sheet_is_kept_and_brought_back(page: AppTest) -> None:
    page.file_uploader(key="sheet").upload("sheet.json", json.dumps(SHEET).encode(), "application/json").run()
    (use,) = [button for button in page.button if button.label == "Use it"]
    use.click().run(timeout=120)
    assert not page.exception
    assert page.session_state["strokes"] == packed(SHEET)


@pytest.mark.parametrize("content", [b"{", b"[1]", b"[" * 100_000, b"\xff\xfe", b'[{"cell": 99, "points": [[0, 0]]}]'])
def test_a_bad_sheet_is_one_line(page: AppTest, content: bytes) -> None:
    page.file_uploader(key="sheet").upload("sheet.json", content, "application/json").run()
    (use,) = [button for button in page.button if button.label == "Use it"]
    use.click().run()
    assert not page.exception
    assert len(page.error) == 1
    assert "strokes" not in page.session_state or page.session_state["strokes"] == ""


def test_uploaded_classes_are_learned_and_read_once(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    read = uploads.read_archive
    monkeypatch.setattr(uploads, "read_archive", lambda content: calls.append(content) or read(content))
    page.segmented_control(key="source").set_value("upload").run()
    files = {f"{name}/{i}.png": png(40 + 20 * i, 40) for name in ("one", "two") for i in range(2)}
    files["two/[blank](x).png"] = png(1, 1)
    page.file_uploader(key="archive").upload("mine.zip", archive(files), "application/zip").run(timeout=120)
    assert not page.exception
    assert not page.error
    assert r"two/\[blank\]\(x\).png is blank" in alerts(page).replace(r"\-", "-")
    read_once = len(calls)
    page.run(timeout=120)
    assert len(calls) == read_once == 1, "a page runs again at every click; an upload is read once"
    page.file_uploader(key="archive").upload("mine.zip", io.BytesIO(b"PK").getvalue(), "application/zip").run()
    assert "the archive cannot be read" in page.error[0].value
