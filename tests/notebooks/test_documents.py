"""The glossary and the plans for teachers are whole in both languages, and the plans point at sections that exist."""

import re
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
GLOSSARY = (FOLDER / "GLOSSARY.md").read_text("utf-8")
TEACHING = (FOLDER / "TEACHING.md").read_text("utf-8")
CHINESE_TEACHING = (FOLDER / "TEACHING.zh-CN.md").read_text("utf-8")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NO_TRANSLATION = {"ANIL", "Reptile", "Meta-SGD", "ALFA"}
SECTION = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")
NUMBER = re.compile(r"\b(0\d|1[01])\b(?!–)")


def _rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of all tables whose first column is called ``heading``."""
    found, inside = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        inside = line.startswith("|") and (inside or cells[0] == heading)
        if inside and cells[0] != heading and not line.startswith("|--"):
            found.append(cells)
    return found


TERMS = _rows(GLOSSARY, "English")
PLANS = [row for heading in ("minutes", "time", "week, session") for row in _rows(TEACHING, heading)]
CHINESE_PLANS = [row for heading in ("分钟", "时间", "周、次") for row in _rows(CHINESE_TEACHING, heading)]


def _headings(number: str) -> str:
    (path,) = FOLDER.glob(f"{number}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(re.findall(r"^#+ (.+)$", "\n".join(c.source for c in cells if c.cell_type == "markdown"), re.M))


def _chinese_headings(number: str) -> str | None:
    words = FOLDER / "zh" / f"{number}.md"
    return "\n".join(re.findall(r"^##+ (.+)$", words.read_text("utf-8"), re.M)) if words.exists() else None


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row[0])
def test_every_term_is_explained_in_both_languages(row: list[str]) -> None:
    english, chinese, line, zeile = row
    assert CHINESE.search(chinese) or english in NO_TRANSLATION
    assert line.endswith(".")
    assert not CHINESE.search(english + line)
    assert CHINESE.search(zeile)
    assert zeile.endswith("。")


def test_no_term_comes_twice() -> None:
    terms = [row[0] for row in TERMS]
    assert len(set(terms)) == len(terms) > 80


def test_the_terms_of_the_article_are_there() -> None:
    article = {"task", "episode", "support set", "query set", "ways", "shots", "inner loop", "outer loop", "meta-batch"}
    article |= {"task embedding", "prototype", "parameter pre-initialisation", "meta-optimizer", "attention"}
    assert article | {"task parameters, fast weights"} <= {row[0] for row in TERMS}


@pytest.mark.parametrize("row", PLANS, ids=lambda row: row[0])
def test_plans_point_at_sections_that_exist(row: list[str]) -> None:
    for part in row[1].split("; "):
        numbers = NUMBER.findall(part)
        for section in SECTION.findall(part):
            assert any(section in _headings(number) for number in numbers), f"no section {section!r} in {numbers}"


def test_the_three_plans_are_whole() -> None:
    assert all(len(row) == 5 for row in PLANS if row[1] != "break")
    assert len(PLANS) == 9 + 9 + 8
    used = {number for row in PLANS for number in NUMBER.findall(row[1])}
    assert used >= {path.name[:2] for path in FOLDER.glob("[0-9][0-9]_*.ipynb")}


def test_the_chinese_plans_have_the_rows_of_the_english_ones() -> None:
    assert [row[0] for row in CHINESE_PLANS] == [row[0] for row in PLANS]


@pytest.mark.parametrize(("row", "english"), list(zip(CHINESE_PLANS, PLANS, strict=False)), ids=lambda row: row[0])
def test_a_row_of_the_chinese_plans_names_the_same_notebooks(row: list[str], english: list[str]) -> None:
    assert len(row) == len(english)
    assert sorted(NUMBER.findall(row[1])) == sorted(NUMBER.findall(english[1]))
    assert len(SECTION.findall(row[1])) == len(SECTION.findall(english[1]))


@pytest.mark.parametrize("row", CHINESE_PLANS, ids=lambda row: row[0])
def test_chinese_plans_point_at_sections_of_the_notebooks_that_are_in_chinese(row: list[str]) -> None:
    for part in row[1].split("；"):
        headings = [_chinese_headings(number) for number in NUMBER.findall(part)]
        for section in SECTION.findall(part):
            assert any(found is None or section in found for found in headings), f"no section {section!r} in {part}"


EXPECTED, CHINESE_EXPECTED = _rows(TEACHING, "notebook"), _rows(CHINESE_TEACHING, "笔记本")
SHOWN = re.compile(r"`([^`]*\d[^`]*)`")


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: " ".join(row[:2]))
def test_the_numbers_to_expect_are_those_that_the_notebook_prints(row: list[str]) -> None:
    (path,) = FOLDER.glob(f"{row[0]}_*.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    printed = [out.text for cell in cells if cell.cell_type == "code" for out in cell.outputs if "text" in out]
    numbers = SHOWN.findall(row[2])
    assert numbers
    for number in numbers:
        assert number in " ".join(" ".join(printed).split()), number
    (section,) = SECTION.findall(row[1])
    assert section in _headings(row[0])


def test_the_chinese_numbers_to_expect_are_the_same_and_stand_in_sections_of_the_chinese_notebooks() -> None:
    assert len(EXPECTED) >= 12
    for row, english in zip(CHINESE_EXPECTED, EXPECTED, strict=True):
        assert row[0] == english[0]
        assert SHOWN.findall(row[2]) == SHOWN.findall(english[2])
        (section,) = SECTION.findall(row[1])
        assert section in (_chinese_headings(row[0]) or "").splitlines()


@pytest.mark.parametrize(
    "quiz", [TEACHING.split("## Ten quiz questions")[1], CHINESE_TEACHING.split("## 十道测验题")[1]], ids=["en", "zh"]
)
def test_the_quiz_has_ten_questions_with_answers(quiz: str) -> None:
    found = re.findall(r"^(\d+)\. \*\*.+?[?？]\*\*\n +\S", quiz, flags=re.MULTILINE | re.DOTALL)
    assert found == [str(i) for i in range(1, 11)]


@pytest.mark.parametrize("section", ["2.1", "2.2", "3.1", "3.2", "4.1", "4.2", "5.1", "5.2", "5.3"])
def test_every_section_of_the_article_is_found_again_where_the_first_notebook_says(section: str) -> None:
    (start,) = FOLDER.glob("00_*.ipynb")
    cells = nbformat.read(start, as_version=4).cells
    (table,) = [cell.source for cell in cells if cell.source.startswith("### Where the article is found again")]
    (row,) = [line for line in table.splitlines() if f"§{section}" in line]
    for number in re.findall(r"`(\d\d)`", row):
        (path,) = FOLDER.glob(f"{number}_*.ipynb")
        assert f"§{section}" in "".join(c.source for c in nbformat.read(path, as_version=4).cells), number


def test_the_handout_says_the_same_in_both_languages_and_fits_on_a_page() -> None:
    english, chinese = ((FOLDER / name).read_text("utf-8") for name in ("HANDOUT.md", "HANDOUT.zh-CN.md"))
    for mark in (r"^\*\*", r"^\|", r"^\d\. ", r"^ {4}", r"`[^`\n]+`", r"\b(?:0\d|1[01])\b"):
        assert len(re.findall(mark, english, re.MULTILINE)) == len(re.findall(mark, chinese, re.MULTILINE)), mark
    assert len(english.splitlines()) <= 60
    assert len(english.split()) <= 450
