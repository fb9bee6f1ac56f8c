"""Slides have the text and the figures of their notebook, and neither code nor exercises."""

import importlib.util
import re
import sys
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest

from metalearn.course.edition import LANGUAGES

FOLDER = Path(__file__).parents[2] / "notebooks"
HEADINGS = {
    "en": (("Aims", "Recap"), ("Exercise", "Check yourself", "What you need to know", "Further reading")),
    "zh": (("目标", "小结"), ("练习", "自测", "预备知识", "延伸阅读")),
}
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))


@pytest.fixture(scope="module")
def slides() -> ModuleType:
    for package in ("sphinx_revealjs", "latex2mathml", "nbconvert"):
        pytest.importorskip(package, reason="slides need the extra 'book'")
    sys.path.insert(0, str(FOLDER))
    specification = importlib.util.spec_from_file_location("notebook_slides", FOLDER / "slides.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    sys.path.remove(str(FOLDER))
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_sections_and_figures_are_slides_in_both_languages(slides: ModuleType, path: Path) -> None:
    numbers = {_slides_are_whole(slides, path, language) for language in LANGUAGES}
    assert len(numbers) == 1


def _slides_are_whole(slides: ModuleType, path: Path, language: str) -> int:
    notebook = slides.notebook_in(path, language)
    found = slides.slides_of(notebook)
    images = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    images = [o for o in images if {"image/png", "image/svg+xml"} & set(o.get("data", {}))]
    strips = [o for o in images if "image/svg+xml" in o.data]
    drawn = sum(cell.source.count("](figures/") for cell in notebook.cells if cell.cell_type == "markdown")
    text = " ".join(found)
    assert text.count("<img") == len(images) + drawn > 0
    assert text.count("data:image/svg+xml;base64,") == drawn + len(strips)
    assert all(slide.count("<img") <= 1 for slide in found)
    assert "figures/" not in text
    assert not re.search(r"\$[^$<>]+\$", text), "a formula was left as it was"
    headings = [unescape(heading) for heading in re.findall(r"<h[123][^>]*>([^<]+)", text)]
    shown, left_out = HEADINGS[language]
    assert set(shown) <= set(headings)
    assert not any(heading.startswith(left_out) for heading in headings)
    return len(found)


def test_nothing_is_fetched_from_elsewhere(slides: ModuleType) -> None:
    assert not re.findall(r"(?:src|href)=.https?:", slides.PAGE)
    for name in ("reveal.js", "reveal.css", "theme/white.css"):
        assert "@import url(http" not in (slides.REVEAL / "dist" / name).read_text("utf-8")
