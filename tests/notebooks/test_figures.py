"""The drawn figures are those that the code draws, in both languages; they are read on any ground and by ear."""

import importlib.util
import itertools
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from metalearn.course.edition import read_pairs, source_of

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = re.compile(r"!\[([^\]]*)\]\(figures/([\w./-]+)\)")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
FIGURES = sorted((NOTEBOOKS / "figures").rglob("*.svg"))

every_figure = pytest.mark.parametrize("path", FIGURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
Box = tuple[float, float, float, float]


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


def _language(path: Path) -> str:
    return "zh" if path.parent.name == "zh" else "en"


def _texts(language: str) -> Iterator[str]:
    """Return the texts of all cells of the course in a language."""
    if language == "zh":
        for words in sorted((NOTEBOOKS / "zh").glob("*.md")):
            yield from (pair.text for pair in read_pairs(words).values())
    else:
        for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
            yield from map(source_of, json.loads(path.read_text("utf-8"))["cells"])


def _shown(language: str) -> dict[str, str]:
    """Return the alt text of every figure that the course shows, by the name of its file."""
    return {name: alt for text in _texts(language) for alt, name in SHOWN.findall(text)}


def _wide(text: str, size: float) -> float:
    """Return about how wide a text is: a Chinese character is as wide as it is high."""
    return sum(1.0 if CHINESE.match(sign) else 0.53 for sign in text if sign != "\u200b") * size


def _labels(root: ElementTree.Element) -> list[tuple[str, Box]]:
    """Return every line of text with the box that it fills: left, top, right, bottom."""
    found = []
    for words in root.iter(f"{SVG}text"):
        x, y, size = (float(words.get(name, 0)) for name in ("x", "y", "font-size"))
        text = "".join(words.itertext())
        width = _wide(text, size)
        left = x - {"middle": width / 2, "end": width}.get(words.get("text-anchor", "start"), 0)
        found.append((text, (left, y - 0.72 * size, left + width, y)))
    return found


def _rectangles(root: ElementTree.Element) -> list[Box]:
    found = []
    for box in list(root.iter(f"{SVG}rect"))[1:]:  # the first is the ground
        x, y, width, height = (float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return found


def _dots(root: ElementTree.Element) -> list[Box]:
    dots = [[float(dot.get(name, 0)) for name in ("cx", "cy", "r")] for dot in root.iter(f"{SVG}circle")]
    return [(x - r, y - r, x + r, y + r) for x, y, r in dots]


def _points(root: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Return points along every line and arrow, a few pixels apart."""
    shapes = [element.get("points", "") for element in root.iter(f"{SVG}polyline")]
    shapes += [element.get("d", "") for element in root.iter(f"{SVG}path")]
    for shape in shapes:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", shape)]
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        pieces = [corners] if shape.startswith("M") else itertools.pairwise(corners)
        for piece in pieces:
            yield from (_on_curve(list(piece), k / 60) for k in range(61))


def _on_curve(corners: list[tuple[float, float]], share: float) -> tuple[float, float]:
    """Return a point of a Bézier curve, by de Casteljau's rule; two corners make a straight line."""
    while len(corners) > 1:
        corners = [(a + share * (c - a), b + share * (d - b)) for (a, b), (c, d) in itertools.pairwise(corners)]
    return corners[0]


def test_the_files_are_what_the_code_draws(draw: ModuleType) -> None:
    drawn = {
        folder / draw.name_of(figure): draw.drawn(figure, language)
        for language, folder in draw.FOLDERS.items()
        for figure in draw.HEIGHTS
    }
    assert {path: path.read_text("utf-8") for path in FIGURES} == drawn


def test_all_words_have_their_chinese_and_no_chinese_is_left_over(
    draw: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    svg, used = sys.modules[draw.Sheet.__module__], set()
    words = sys.modules[svg.in_language.__module__]
    monkeypatch.setattr(svg, "in_language", lambda text, language: used.add(text) or text)
    for figure in draw.HEIGHTS:
        draw.drawn(figure, "en")
    assert {text for text in used if words.WORD.search(text)} == set(words.CHINESE)
    for english, chinese in words.CHINESE.items():
        assert CHINESE.search(chinese) or english == chinese  # the hooks bear the names that they have in code
    with pytest.raises(KeyError):
        words.in_language("not in any figure", "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_is_shown_and_none_is_missing(language: str) -> None:
    folder = NOTEBOOKS / "figures"
    there = {path.relative_to(folder).as_posix() for path in FIGURES if _language(path) == language}
    assert set(_shown(language)) == there


def test_both_languages_have_the_same_figures_in_the_same_notebooks() -> None:
    for words in sorted((NOTEBOOKS / "zh").glob("*.md")):
        (path,) = NOTEBOOKS.glob(f"{words.stem}_*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            pair = read_pairs(words).get(cell["id"])
            english = [f"zh/{name}" for _, name in SHOWN.findall(source_of(cell))]
            assert [name for _, name in SHOWN.findall(pair.text if pair else "")] == english


@every_figure
def test_a_figure_can_be_read_by_ear(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    title = root.find(f"{SVG}title")
    assert title is not None
    assert root.get("aria-label") == title.text
    language, name = _language(path), path.relative_to(NOTEBOOKS / "figures").as_posix()
    alt = _shown(language)[name]  # says what is seen, not only what it is called
    assert (len(CHINESE.findall(alt)) >= 30) if language == "zh" else (len(alt.split()) >= 20)
    for text in [title.text or "", alt]:
        assert bool(CHINESE.search(text)) == (language == "zh")


@every_figure
def test_a_figure_has_a_light_ground_of_its_own_and_nothing_outside_it(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert (float(ground.get("width", 0)), float(ground.get("height", 0))) == (width, height)
    assert ground.get("fill") == "#fbfaf6"
    for left, top, right, bottom in [*_rectangles(root), *(box for _, box in _labels(root))]:
        assert 0 <= left <= right <= width
        assert 0 <= top <= bottom <= height
    for x, y in _points(root):
        assert 0 <= x <= width
        assert 0 <= y <= height
    assert all(float(words.get("font-size", 0)) >= 11 for words in root.iter(f"{SVG}text"))


@every_figure
def test_words_are_clear_of_one_another_of_lines_and_of_edges(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    labels, points = _labels(root), list(_points(root))
    for (one, a), (other, b) in itertools.combinations(labels, 2):
        assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]), f"{one!r} lies on {other!r}"
    for text, (left, top, right, bottom) in labels:
        assert not any(left < x < right and top < y < bottom for x, y in points), f"a line runs through {text!r}"
        for x0, y0, x1, y1 in [*_rectangles(root), *_dots(root)]:
            apart = right < x0 or x1 < left or bottom < y0 or y1 < top
            inside = x0 <= left and right <= x1 and y0 <= top and bottom <= y1
            assert apart or inside, f"the edge of a box or dot runs through {text!r}"
