"""The lecture: its bar and notes, and the address that a code for phones holds, where there is one that works."""

import pytest
import segno
from streamlit.testing.v1 import AppTest

from dashboard.lecture import VIEWS
from dashboard.widgets import phone_code
from tests.dashboard.conftest import APP


def said(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def test_there_are_ten_views_on_all_pages_and_each_link_asks_for_something() -> None:
    assert len(VIEWS) == 10
    assert {view.page for view in VIEWS} == {file.stem for file in APP.parent.glob("views/*.py")}
    assert all(view.choices and view.title and view.notes for view in VIEWS)


def test_notes_are_hidden_until_asked_for_and_the_lecture_can_be_left(app: AppTest) -> None:
    app.query_params["lecture"], app.query_params["scene"] = "2", "2"
    app.run()
    assert "**2 / 10** · The same drawings, another question" in said(app)
    assert VIEWS[1].notes not in said(app)
    app.toggle(key="lecture-notes").set_value(True).run()
    assert VIEWS[1].notes in said(app)
    app.segmented_control(key="lang").set_value("zh").run()
    assert "**2 / 10**" in said(app)
    assert VIEWS[1].notes not in said(app)
    app.button(key="lecture-leave").click().run()
    assert "**2 / 10**" not in said(app)
    assert app.query_params == {"lang": "zh", "scene": "2"}
    assert not app.exception


def test_a_code_is_shown_where_phones_can_come_and_opens_the_view_without_the_bar(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.query_params["lecture"], app.query_params["scene"] = "2", "2"
    app.session_state["lecture-code"] = True
    app.run()
    assert "No code: phones cannot reach this server" in said(app)
    monkeypatch.setattr(phone_code, "phone_address", lambda *_: "http://class.example:8501/")
    app.run()
    image = app.get("image")[-1]
    assert image.proto.imgs[0].caption == "http://class.example:8501/?scene=2"
    assert image.proto.imgs[0].url == segno.make("http://class.example:8501/?scene=2", error="m").svg_data_uri(
        scale=8, light="#fff"
    )
    monkeypatch.setattr(phone_code, "LONGEST", 30)
    assert "too long" in said(app.run())


@pytest.mark.parametrize(
    ("url", "listens_on", "allowed", "phone"),
    [
        ("http://localhost:8501/draw", "localhost", ["localhost", "127.0.0.1"], None),
        ("http://localhost:8501/draw", "127.0.0.1", ["class.example"], None),
        ("http://127.0.0.1:8501/", "0.0.0.0", ["localhost", "127.0.0.1", "*.example", "*"], None),
        ("http://127.0.0.1:8501/", "", [], None),
        ("http://0.0.0.0:8501/", "0.0.0.0", [], None),
        ("http://[::1]:8501/", None, ["::1"], None),
        ("", "0.0.0.0", ["class.example"], None),
        ("http://127.0.1.7:8501/draw", "0.0.0.0", ["localhost", "class.example"], "http://class.example:8501/draw"),
        ("http://app.localhost/draw", None, ["192.0.2.7"], "http://192.0.2.7/draw"),
        ("http://localhost:8501/", "::", ["2001:db8::7"], "http://[2001:db8::7]:8501/"),
        ("http://192.0.2.7:8501/draw", "0.0.0.0", [], "http://192.0.2.7:8501/draw"),
        ("https://class.example/kit/draw", "localhost", ["class.example"], "https://class.example/kit/draw"),
    ],
)
def test_a_phone_is_sent_only_where_it_can_come(
    url: str, listens_on: str | None, allowed: list[str], phone: str | None
) -> None:
    assert phone_code.phone_address(url, listens_on, allowed) == phone
