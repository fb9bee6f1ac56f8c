"""Progress as a page: every exercise and question with its mark, in both languages, and nothing from elsewhere."""

import re
from html import unescape

import pytest

from metalearn.course.progress_page import MARKS, WORDS, as_page

ROWS = [
    {"notebook": "00_start_here", "exercises": {}, "quiz": {"00.1": "done", "00.2": "tried", "00.3": "open"}},
    {"notebook": "02_<b>", "exercises": {"reptile_step": "done", "a&b": "open"}, "quiz": {}},
]


@pytest.mark.parametrize("language", WORDS)
def test_each_exercise_and_question_has_its_mark(language: str) -> None:
    page = as_page(ROWS, language)
    shown = [unescape(item) for item in re.findall("<li>(.+?)</li>", page)]
    states = [state for row in ROWS for state in (row["exercises"] | row["quiz"]).items()]
    assert sorted(shown) == sorted(f"{MARKS[state]} {name}" for name, state in states)
    assert re.findall(r'value="(\d)" max="(\d)"', page) == [("1", "3"), ("1", "2")]
    assert "02_&lt;b&gt;" in page
    assert all(mark in WORDS[language]["marks"] for mark in MARKS.values())
    assert not re.search(r"(?:src|href)=|https?:|<script", page)


def test_both_languages_have_all_words() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
