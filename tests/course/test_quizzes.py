"""Quizzes give a reason for each choice, in both languages; they are shown with buttons, as a page and as text."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import metalearn as ml
from metalearn.course.progress import read_progress
from metalearn.course.quizzes import FOLDER, Question, right_answers
from metalearn.errors import MetalearnError

QUIZZES = sorted(path.stem for path in FOLDER.glob("*.toml"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")

every_quiz = pytest.mark.parametrize("name", QUIZZES)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "progress.json"))


def texts(question: Question) -> list[str]:
    return [question.text, *(text for choice in question.choices for text in (choice.text, choice.why))]


@every_quiz
def test_every_question_has_one_right_choice_and_a_reason_for_each(name: str, speak: Callable[[str], None]) -> None:
    english = ml.course.quiz(name).questions
    speak("zh")
    chinese = ml.course.quiz(name).questions
    assert 2 <= len(english) == len(chinese) <= 3
    for question, other in zip(english, chinese, strict=True):
        assert len(question.choices) >= 3
        assert [choice.right for choice in question.choices].count(True) == 1
        assert len({choice.text for choice in question.choices}) == len(question.choices)
        assert all(len(choice.why.split()) >= 8 for choice in question.choices)
        assert not any(CHINESE.search(text) for text in texts(question))
        assert all(CHINESE.search(text) for text in texts(other))


@every_quiz
def test_the_right_choice_has_no_place_of_its_own(name: str) -> None:
    assert len(set(right_answers(name).values())) > 1


def test_an_answer_is_told_why_and_kept() -> None:
    quiz = ml.course.quiz("01")
    right = right_answers("01")["01.1"]
    for number, choice in enumerate(quiz.questions[0].choices):
        said = quiz.answer(1, "abc"[number])
        assert said.startswith("✓" if number == right else "✗")
        assert choice.why in said
        assert read_progress()["quizzes"] == {"01.1": number}
        assert quiz.chosen(1) == number
    assert quiz.chosen(2) is None


@pytest.mark.parametrize(("number", "letter"), [(0, "a"), (9, "a"), (1, "z"), (1, ""), (1, "ab"), (1, "A")])
def test_there_is_no_such_answer(number: int, letter: str) -> None:
    with pytest.raises(MetalearnError, match="there are"):
        ml.course.quiz("01").answer(number, letter)
    assert read_progress()["quizzes"] == {}


@pytest.mark.parametrize("name", ["99", "../01"])
def test_there_is_no_such_quiz(name: str) -> None:
    with pytest.raises(MetalearnError, match="there are"):
        ml.course.quiz(name)


@every_quiz
def test_as_text_it_asks_everything_and_gives_nothing_away(name: str) -> None:
    shown = repr(ml.course.quiz(name))
    for question in ml.course.quiz(name).questions:
        assert question.text in shown
        assert all(choice.text in shown and choice.why not in shown for choice in question.choices)


def test_as_buttons_it_answers_and_remembers() -> None:
    widgets = pytest.importorskip("ipywidgets")
    from metalearn.course.widgets import quiz_buttons

    rows = quiz_buttons(ml.course.quiz("01")).children
    buttons, why = rows[1], rows[2]
    assert isinstance(buttons, widgets.RadioButtons)
    assert (buttons.index, why.value) == (None, "")
    buttons.index = 0
    assert why.value.startswith("✗")
    assert read_progress()["quizzes"] == {"01.1": 0}
    again = quiz_buttons(ml.course.quiz("01")).children
    assert (again[1].index, again[2].value) == (0, why.value)
    assert again[4].index is None


def test_a_notebook_gets_buttons_and_a_page_for_where_nothing_runs() -> None:
    pytest.importorskip("ipywidgets")
    shown = ml.course.quiz("01")._repr_mimebundle_()
    assert set(shown) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert shown["text/html"].count("<details>") == 9


def test_without_widgets_it_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    assert set(ml.course.quiz("01")._repr_mimebundle_()) == {"text/html", "text/plain"}
