"""Another language changes the words of a notebook and nothing that it does."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from metalearn.course.edition import (
    LANGUAGES,
    Notebook,
    course_files,
    faults,
    fingerprint,
    language_in_use,
    needs_pair,
    read_pairs,
    translated,
)
from metalearn.errors import MetalearnError

FOLDER = Path(__file__).parents[2] / "notebooks"
TEXT = "## A title\n"
IMPORTS = "import numpy as np\nimport metalearn as ml"
CODE = 'for task in tasks:  # one by one\n    print(f"after {task} steps: {loss:.2f}")\n'


def cell(kind: str, source: str, name: str) -> dict[str, object]:
    return {"id": name, "cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}


@pytest.fixture
def notebook() -> Notebook:
    return {"cells": [cell("markdown", TEXT, "a"), cell("code", CODE, "b"), cell("code", "x = 1", "c")]}


def pairs_in(folder: Path, code: str, made_from: str = fingerprint(TEXT)) -> Path:
    path = folder / "00.md"
    sections = f"<!-- a {made_from} -->\n## 标题\n\n<!-- b {fingerprint(CODE)} -->\n```python\n{code}\n```\n"
    path.write_text(sections, "utf-8")
    return path


SAME = '# 逐个任务\nfor task in tasks:\n    print(f"{loss:.2f}，第 {task} 步之后")'


def test_words_are_exchanged_and_the_program_stays(notebook: Notebook, tmp_path: Path) -> None:
    pairs = read_pairs(pairs_in(tmp_path, SAME))
    assert faults(notebook, pairs) == []
    made = ["".join(c["source"]) for c in translated(notebook, pairs, "zh")["cells"]]
    assert made == ["## 标题", SAME, "x = 1"]
    assert "".join(notebook["cells"][0]["source"]) == TEXT  # the English one is as it was


@pytest.mark.parametrize(
    ("code", "made_from", "said"),
    [
        (SAME.replace("tasks:", "others:"), fingerprint(TEXT), "b: another program"),
        (SAME.replace(".2f", ".3f"), fingerprint(TEXT), "b: another program"),
        (SAME, fingerprint("an older text"), "a: its English has changed"),
    ],
)
def test_what_is_wrong_with_a_pair_is_said(
    notebook: Notebook, tmp_path: Path, code: str, made_from: str, said: str
) -> None:
    (found,) = faults(notebook, read_pairs(pairs_in(tmp_path, code, made_from)))
    assert found.startswith(said)


def test_a_missing_pair_and_a_missing_cell_are_said(notebook: Notebook, tmp_path: Path) -> None:
    pairs = read_pairs(pairs_in(tmp_path, SAME))
    assert faults(notebook, {}) == ["a: has no pair", "b: has no pair"]
    notebook["cells"] = notebook["cells"][:1]
    assert faults(notebook, pairs) == ["b: no such cell"]


def test_what_is_looked_up_by_one_word_is_so_everywhere(tmp_path: Path) -> None:
    cells = [
        cell("code", source, name) for name, source in (("a", 'found = {"the twin": 1}'), ("b", 'found["the twin"]'))
    ]
    words = '<!-- a {} -->\n```python\nfound = {{"对照": 1}}\n```\n\n<!-- b {} -->\n```python\nfound["{}"]\n```\n'
    stamps = [fingerprint("".join(c["source"])) for c in cells]
    for word, said in (("对照", []), ("the twin", ["b: 'the twin' is '对照' elsewhere, and 'the twin' here"])):
        (tmp_path / "00.md").write_text(words.format(*stamps, word), "utf-8")
        assert faults({"cells": cells}, read_pairs(tmp_path / "00.md")) == said


def test_only_a_translated_notebook_chooses_its_language_and_does_so_after_its_imports(notebook: Notebook) -> None:
    notebook["cells"] = [cell("markdown", "`import metalearn as ml`", "a"), cell("code", IMPORTS, "b")]
    made = ["".join(c["source"]) for c in translated(notebook, {}, "zh")["cells"]]
    assert made == ["`import metalearn as ml`", f'{IMPORTS}\n\nml.course.set_language("zh")']
    for name, content in course_files(FOLDER, "zh").items():
        assert content.count(b"set_language") == name.endswith(".ipynb"), name
    assert not any(b"set_language" in content for content in course_files(FOLDER, "en").values())


def test_a_language_is_chosen_once_for_all(speak: Callable[[str], None]) -> None:
    speak("zh")
    with pytest.raises(MetalearnError, match="unknown language 'de'; there are en, zh"):
        speak("de")
    assert language_in_use() == "zh"


def test_two_sections_for_a_cell_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "00.md"
    path.write_text("<!-- a -->\n一\n<!-- a -->\n二\n", "utf-8")
    with pytest.raises(MetalearnError, match="two sections for the cell a"):
        read_pairs(path)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("一行，\n又一行。", "一行，又一行。"),
        ("- 一条，\n  还没完\n- 两条", "- 一条，还没完\n- 两条"),
        ("他说：\n“好”", "他说：“好”"),
        ("## 标题\n\n正文", "## 标题\n\n正文"),
        ("| 甲 |\n| 乙 |", "| 甲 |\n| 乙 |"),
        ("见 `ml`\n的说明", "见 `ml`\n的说明"),
        ("two lines\nof English", "two lines\nof English"),
        ("前，\n后\n\n```\n甲，\n乙\n```\n前，\n后", "前，后\n\n```\n甲，\n乙\n```\n前，后"),
        ("## 标题\n正文第一行，\n  第二行\n第三行", "## 标题\n正文第一行，第二行第三行"),
    ],
)
def test_lines_of_a_chinese_paragraph_are_joined(written: str, shown: str, tmp_path: Path) -> None:
    (tmp_path / "00.md").write_text(f"<!-- a -->\n{written}\n\n<!-- b -->\n```python\n# 甲，\n# 乙\n```\n", "utf-8")
    pairs = read_pairs(tmp_path / "00.md")
    assert pairs["a"].text == shown
    assert pairs["b"].text == "# 甲，\n# 乙"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1", False),
        ('load("lake")', False),
        ("x = 1  # a remark", True),
        ('title = "query accuracy"', True),
        ('f"{x} of the tasks"', True),
    ],
)
def test_code_has_words_if_there_is_something_to_read_in_it(source: str, words: bool) -> None:
    assert needs_pair(cell("code", source, "a")) == words


def test_an_edition_has_all_notebooks_and_documents_of_the_course() -> None:
    english, chinese = (
        {name: content for name, content in course_files(FOLDER, language).items() if not name.endswith(".svg")}
        for language in ("en", "zh")
    )
    assert set(english) == set(chinese)
    done = {path.stem for path in (FOLDER / "zh").glob("*.md")}
    for name in english:
        changed = english[name] != chinese[name]
        assert changed == (name.endswith(".ipynb") and name[:2] in done)
        if changed:
            kinds = [[c["cell_type"] for c in json.loads(files[name])["cells"]] for files in (english, chinese)]
            assert kinds[0] == kinds[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edition_has_the_figures_that_its_notebooks_show_and_no_others(language: str) -> None:
    files = course_files(FOLDER, language)
    cells = [c for name in files if name.endswith(".ipynb") for c in json.loads(files[name])["cells"]]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    shown = set(re.findall(r"!\[[^\]]*\]\(([^)]+\.svg)\)", text))
    assert len(shown) >= 15
    assert shown == {name for name in files if name.endswith(".svg")}
