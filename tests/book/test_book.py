"""The book builds without a warning, has every notebook and formula in it, and asks nothing of the network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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


def test_nothing_is_fetched_from_elsewhere(book: Path) -> None:
    for page in book.rglob("*.html"):
        assert not FETCHED.search(page.read_text("utf-8")), page.name


def test_its_first_page_plays(book: Path) -> None:
    page = (book / "book" / "index.html").read_text("utf-8")
    assert '<iframe src="player.html"' in page
    assert "play(document.getElementById(" in (book / "book" / "player.html").read_text("utf-8")


def test_the_library_is_described(book: Path) -> None:
    page = (book / "book" / "api.html").read_text("utf-8")
    for name in ("tasks.episodes.Episodes", "learners.inner_loop.adapt", "learners.modulate_hooks.ModulationAttention"):
        assert f'id="metalearn.{name}"' in page
