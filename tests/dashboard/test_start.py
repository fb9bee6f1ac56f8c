"""The first page: pictures of real tasks, nothing heavy before them, and ways on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.state import SPLITS
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.plots.style import short_name
from tests.dashboard.conftest import APP, captions


def test_it_opens_and_names_its_data(app: AppTest, characters: CharacterSet) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Learning from a handful of examples"
    assert [heading.value[0] for heading in app.subheader] == ["1", "2", "3"]
    assert f"**{characters.name}**, {characters.size}" in captions(app)
    assert characters.citation in captions(app)


def example(app: AppTest) -> str:
    """The name of the character that the page is about."""
    (found,) = [text.value for text in app.markdown if "The nearest to" in text.value]
    return found.split("**")[1]


def test_another_example_is_another_task(app: AppTest) -> None:
    app.run()
    first = example(app)
    app.button[0].click().run()
    assert example(app) != first
    assert not app.exception


def test_no_learner_was_trained_on_the_example(app: AppTest, omniglot: CharacterSet) -> None:
    tests = [{short_name(omniglot.characters[i]) for i in split(omniglot, name).test} for name in SPLITS]
    app.run()
    for _ in range(8):
        assert example(app) in set.intersection(*tests)
        app.button[0].click().run()


def test_the_first_picture_waits_for_nothing_heavy(characters: CharacterSet) -> None:
    code = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()\n"
        "assert not app.error and not app.exception\n"
        "app.switch_page('views/task_space.py').run()\n"
        "assert app.title[0].value == 'Task space' and not app.error and not app.exception\n"
        "print({'torch', 'torchvision', 'sklearn', 'umap', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=APP.parent.parent, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_missing_map_is_one_line(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.artifacts.PRETRAINED", tmp_path)
    app.run()
    assert not app.exception
    assert "there is no artifact" in app.error[0].value


def flat(node: Any) -> list[Any]:
    """An element, or all elements in a block, in the order of the page."""
    return [inner for child in node.children.values() for inner in flat(child)] if hasattr(node, "children") else [node]


def test_glyphs_in_place_of_omniglot_are_announced(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METALEARN_DATA", raising=False)

    def unreachable(*args: object, **settings: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("metalearn.characters.omniglot._ask", unreachable)
    monkeypatch.setattr("metalearn.characters.load._failure", None)
    app.run()
    assert "not Omniglot" in app.warning[0].value
    order = [element.type for element in app.main.children.values() for element in flat(element)]
    assert order.index("warning") < order.index("subheader")  # and not below the fold
    (again,) = [button for button in app.button if button.label == "Try again"]
    again.click().run()
    assert not app.exception
    assert "no route to host" in app.error[0].value
