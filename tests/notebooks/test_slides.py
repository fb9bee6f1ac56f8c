"""Slides have the text and the figures of their notebook, and neither code nor exercises."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
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
def test_sections_and_figures_are_slides(slides: ModuleType, path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
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
    assert "Aims" in text
    assert "Recap" in text
    assert "Exercise" not in text
    assert not re.search(r"\$[^$<>]+\$", text), "a formula was left as it was"


def test_nothing_is_fetched_from_elsewhere(slides: ModuleType) -> None:
    assert not re.findall(r"(?:src|href)=.https?:", slides.PAGE)
    for name in ("reveal.js", "reveal.css", "theme/white.css"):
        assert "@import url(http" not in (slides.REVEAL / "dist" / name).read_text("utf-8")
