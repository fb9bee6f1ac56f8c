"""The book builds without a warning, has every notebook in it in both languages, and asks nothing of the network."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest

from metalearn.course.edition import LANGUAGES, course_files

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LINK = re.compile(r"""(?:href|src)="([^"#:?]+)["#?]""")
FETCHED = re.compile(r"""(?:<script[^>]*\ssrc|<img[^>]*\ssrc|<link[^>]*\shref)=["'](?:https?:)?//[^"']*""")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("sphinx", "furo", "myst_nb", "latex2mathml"):
        pytest.importorskip(package, reason="the book needs the extra 'book'")
    built = tmp_path_factory.mktemp("book") / "html"
    command = (sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", "book", ".", str(built))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return built


def test_every_notebook_is_in_it_with_its_formulas(book: Path) -> None:
    index = (book / "book" / "index.html").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"):
        assert f"notebooks/{path.stem}.html" in index
        page = (book / "notebooks" / f"{path.stem}.html").read_text("utf-8")
        assert ("<math" in page) == ("$" in "".join(re.findall(r"\$[^$\n]+\$", path.read_text("utf-8"))))


def test_each_notebook_leads_to_the_other_language_and_to_its_file(book: Path) -> None:
    for name in NOTEBOOKS:
        english, chinese = (book / folder / f"{name}.html" for folder in ("notebooks", "book/zh"))
        for page, twin, language in ((english, chinese, "en"), (chinese, english, "zh")):
            text = page.read_text("utf-8")
            links = {(page.parent / unquote(link)).resolve() for link in LINK.findall(text)}
            assert {twin, book / "downloads" / language / f"{name}.ipynb"} <= links
            assert ("出自英文版的运行" in text) == (language == "zh")
            assert ('<html class="no-js" lang="zh-CN"' in text) == (language == "zh")


def test_what_is_downloaded_is_what_a_student_gets(book: Path) -> None:
    for language in LANGUAGES:
        files = course_files(ROOT / "notebooks", language)
        for name in NOTEBOOKS:
            assert (book / "downloads" / language / f"{name}.ipynb").read_bytes() == files[f"{name}.ipynb"]
        with zipfile.ZipFile(book / "downloads" / language / "course.zip") as archive:
            assert {name.removeprefix("course/") for name in archive.namelist()} == set(files)


def test_no_link_leads_nowhere(book: Path) -> None:
    for page in book.rglob("*.html"):
        for link in LINK.findall(page.read_text("utf-8")):
            assert (page.parent / unquote(link)).exists(), f"{page.name}: {link}"


def test_search_knows_words_of_both_languages(book: Path) -> None:
    index = (book / "searchindex.js").read_text("utf-8").removeprefix("Search.setIndex(").removesuffix(")")
    found = json.loads(index)
    for words, page in ((("whiten",), "notebooks/03_"), (("梯度", "度嵌", "嵌入"), "book/zh/03_")):
        for word in words:
            places = [found[where].get(word, []) for where in ("terms", "titleterms")]
            numbers = [i for place in places for i in (place if isinstance(place, list) else [place])]
            assert any(found["docnames"][i].startswith(page) for i in numbers), word
    assert "splitQuery" in (book / "_static" / "language_data.js").read_text("utf-8")


def test_nothing_is_fetched_from_elsewhere(book: Path) -> None:
    for page in book.rglob("*.html"):
        assert not FETCHED.search(page.read_text("utf-8")), page.name


def test_the_first_page_of_each_edition_plays(book: Path) -> None:
    for folder in (book / "book", book / "book" / "zh"):
        assert '<iframe src="player.html"' in (folder / "index.html").read_text("utf-8")
        assert "play(document.getElementById(" in (folder / "player.html").read_text("utf-8")


def test_the_library_is_described(book: Path) -> None:
    page = (book / "book" / "api.html").read_text("utf-8")
    for name in ("tasks.episodes.Episodes", "learners.inner_loop.adapt", "learners.modulate_hooks.ModulationAttention"):
        assert f'id="metalearn.{name}"' in page
