"""What the documents show runs: the README's example, the page on extending the kit, and every docstring's."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import metalearn as ml

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(autouse=True)
def on_glyphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in glyphs and a folder of their own, so that the examples need nothing and leave nothing."""
    monkeypatch.setenv("METALEARN_DATA", "glyphs")
    monkeypatch.chdir(tmp_path)


def run(document: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    from metalearn.plots.player import Player

    monkeypatch.setattr(Player, "show", lambda player: None)
    found: dict[str, object] = {}
    for block in BLOCK.findall((ROOT / document).read_text("utf-8")):
        exec(compile(block, document, "exec"), found)
    return found


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_the_readmes_example_is_fifteen_lines(document: str) -> None:
    (example,) = BLOCK.findall((ROOT / document).read_text("utf-8"))
    assert len([line for line in example.splitlines() if line.strip()]) <= 16


def test_the_readmes_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = run("README.md", monkeypatch)
    assert re.search(
        r"^\d\d\.\d ± \d\.\d % \(600 tasks of <Episodes: 5-way 1-shot", capsys.readouterr().out, re.MULTILINE
    )
    assert isinstance(found["learner"], ml.Learner)


def test_the_examples_of_extending_the_kit_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("book/extending.md", monkeypatch)
    assert capsys.readouterr().out.count(" % (64 tasks of <Episodes: ") == 2


@pytest.mark.parametrize("name", sorted(ml._HOME))
def test_the_docstrings_example_runs(name: str) -> None:
    found = getattr(ml, name)
    module = importlib.import_module(getattr(found, "__module__", "metalearn"))
    for example in doctest.DocTestFinder(recurse=False).find(found, name, module=module):
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(example)
        assert not runner.failures, f"the example of {name} does not give what it shows"


@pytest.mark.parametrize("name", ml.course.__all__)
def test_the_courses_examples_run(name: str) -> None:
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(ml.course, name), name)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0
