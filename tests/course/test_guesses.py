"""A guess is asked for, kept, and shown beside the result; nothing waits for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import metalearn as ml


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "progress.json"))


def test_a_result_stands_beside_the_guess(capsys: pytest.CaptureFixture[str], speak: Callable[[str], None]) -> None:
    ml.course.reveal("coins", 52.04)
    assert capsys.readouterr().out == "the result: 52 (you made no guess)\n"
    ml.course.guess("coins", "How many?").keep(40)
    ml.course.reveal("coins", 52.04)
    speak("zh")
    ml.course.reveal("coins", 52.04)
    assert capsys.readouterr().out == "your guess: 40; the result: 52\n你猜的是 40，结果是 52\n"


@pytest.mark.parametrize(
    ("given", "kept"), [(30, 30), ("30", 30), (" 30 %", 30), ("0,3", 0.3), ("-1e3", -1000), ("３０", 30)]
)
def test_numbers_as_people_write_them(given: object, kept: float) -> None:
    guess = ml.course.guess("coins", "How many?")
    assert guess.keep(given) == f"kept: {kept:g}"  # type: ignore[arg-type]
    assert guess.kept() == kept


@pytest.mark.parametrize("given", ["", "many", "nan", "inf", "1e999", None, float("nan"), 10**400, "3 4"])
def test_what_is_no_number_is_not_kept(given: object) -> None:
    guess = ml.course.guess("coins", "How many?")
    guess.keep(7)
    assert guess.keep(given) == "a number, please"  # type: ignore[arg-type]
    assert guess.kept() == 7


@given(st.text(max_size=8))
def test_whatever_is_typed_is_answered(text: str) -> None:
    assert ml.course.guess("coins", "How many?").keep(text)


def test_where_nothing_can_be_kept_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path))
    assert "cannot be kept" in ml.course.guess("coins", "How many?").keep(40)


def test_the_field_keeps_what_is_typed_and_remembers_it() -> None:
    widgets = pytest.importorskip("ipywidgets")
    from metalearn.course.widgets import guess_field

    guess = ml.course.guess("coins", "How many?")
    field, answer = guess_field(guess).children[1].children
    assert isinstance(field, widgets.Text)
    field.value = "40 %"
    assert answer.value == "kept: 40"
    assert guess.kept() == 40
    assert guess_field(guess).children[1].children[0].value == "40"


def test_a_notebook_gets_the_field_and_the_question_stays_where_nothing_runs() -> None:
    pytest.importorskip("ipywidgets")
    shown = ml.course.guess("coins", "How many <heads>?")._repr_mimebundle_()
    assert shown["text/html"] == "<p><b>How many &lt;heads&gt;?</b></p>"
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "ml.course.guess('coins'" in shown["text/plain"]
