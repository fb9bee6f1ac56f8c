"""The drawn figures are those that the code draws, can be read on any ground and by ear, and are used."""

import importlib.util
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FIGURES = sorted((NOTEBOOKS / "figures").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = re.compile(r"!\[([^\]]*)\]\(figures/([\w.-]+)\)")


@pytest.fixture(scope="module")
def draw() -> ModuleType:
    sys.path.insert(0, str(NOTEBOOKS / "figures"))
    specification = importlib.util.spec_from_file_location("figures_draw", NOTEBOOKS / "figures" / "draw.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    sys.path.remove(str(NOTEBOOKS / "figures"))
    return module


def _shown() -> dict[str, str]:
    """Return the alt text of every figure that a notebook shows, by its file's name."""
    found: dict[str, str] = {}
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                found |= {name: alt for alt, name in SHOWN.findall(cell.source)}
    return found


def test_the_files_are_what_the_code_draws(draw: ModuleType) -> None:
    drawn = {f"{figure.__name__.replace('_', '-')}.svg": draw.drawn(figure) for figure in draw.HEIGHTS}
    assert {path.name: path.read_text("utf-8") for path in FIGURES} == drawn


def test_every_figure_is_shown_and_none_is_missing() -> None:
    assert set(_shown()) == {path.name for path in FIGURES}


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_a_figure_can_be_read_by_ear(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    title = root.find(f"{SVG}title")
    assert title is not None
    assert root.get("aria-label") == title.text
    assert len(_shown()[path.name].split()) >= 20  # the alt text says what is seen, not only what it is called


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_a_figure_has_a_light_ground_of_its_own_and_nothing_outside_it(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert (float(ground.get("width", 0)), float(ground.get("height", 0))) == (width, height)
    assert ground.get("fill") == "#fbfaf6"
    for words in root.iter(f"{SVG}text"):
        x, size = float(words.get("x", 0)), float(words.get("font-size", 0))
        length = 0.53 * size * len("".join(words.itertext()).replace("\u200b", ""))  # about
        left = x - {"middle": length / 2, "end": length}.get(words.get("text-anchor", "start"), 0)
        assert 0 <= left <= left + length <= width, "".join(words.itertext())
        assert 0 < float(words.get("y", 0)) < height
        assert size >= 11
