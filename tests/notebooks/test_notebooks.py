"""The notebooks run from the first cell to the last, have the parts that they should, and read well without a run."""

import importlib
import importlib.util
import itertools
import json
import os
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import pytest

from metalearn.course.edition import LANGUAGES, program

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
FAST = os.environ.get("FAST", "1")
RUNS = [(path, LANGUAGES[i % 2]) for i, path in enumerate(NOTEBOOKS, start=1)]  # by turns: both are the same program
if FAST != "1":
    RUNS = [(path, language) for path in NOTEBOOKS for language in LANGUAGES]
LONGEST_CELL = 15
LONGEST_ANSWER = 20  # with its signature, docstring and check
TIMEOUT_S = 180
LARGEST_TOGETHER = 8_000_000
MOST_MB = 1500
MOST_IMPORTS_BESIDE_IT = 4
# A path from the root of some machine: a slash not preceded by anything, a name, a slash, a name.
ABSOLUTE_PATH = re.compile(r"(?<![\w/.:~<>)\]}-])/[A-Za-z][\w.-]*/[\w.-]+|\b[A-Z]:\\\w")

CHINESE = re.compile(r"[\u4e00-\u9fff]")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def _load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"notebooks_{name}", FOLDER / f"{name}.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    sys.path.insert(0, str(FOLDER))  # the scripts import one another
    specification.loader.exec_module(module)
    sys.path.remove(str(FOLDER))
    return module


def _read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def _cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in _read(path).cells if cell.cell_type == kind]


def _outputs(path: Path) -> list[nbformat.NotebookNode]:
    return [output for cell in _cells(path, "code") for output in cell.outputs]


def _headings(path: Path) -> list[str]:
    text = "\n".join(cell.source for cell in _cells(path, "markdown"))
    return re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)


def test_they_are_all_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "00_start_here",
        "01_tasks_and_omniglot",
        "02_learning_to_learn",
        "03_gradient_task_embedding",
        "04_four_ways_to_embed_a_task",
        "05_parameter_preinitialisation",
        "06_meta_optimizer",
        "07_attention",
        "08_where_an_embedding_wins",
        "09_does_the_embedding_help",
        "10_your_own_characters",
        "11_from_laptop_to_cluster",
    ]


@pytest.mark.parametrize(("path", "language"), RUNS, ids=lambda value: getattr(value, "stem", value))
def test_it_runs_within_its_memory_without_a_network(
    path: Path, language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With its exercises answered; with fewer tasks than a reader has and in one language, unless FAST=0.

    notebooks/execute.py holds whole runs to their times.
    """
    monkeypatch.setenv("FAST", FAST)
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")  # figures as data, so that no browser is needed
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nothing listens
    execute = _load("execute")
    nbformat.write(_load("answers").answered(path, language), tmp_path / path.name)
    done = execute.run(tmp_path / path.name, TIMEOUT_S)  # a cell that fails, or takes longer, raises
    assert done.peak_mb is None or done.peak_mb < MOST_MB
    assert all(cell.execution_count for cell in done.notebook.cells if cell.cell_type == "code")
    shown = [output.get("data", {}) for cell in done.notebook.cells for output in cell.get("outputs", [])]
    assert any("application/vnd.plotly.v1+json" in data for data in shown)


def test_the_course_takes_twenty_minutes_at_most_and_no_notebook_more_than_three() -> None:
    promised = [_load("execute").budget(path) for path in NOTEBOOKS]
    assert sum(promised) <= 1200
    assert max(promised) <= 180


@every_notebook
def test_it_has_the_parts_that_every_notebook_has(path: Path) -> None:
    headings = _headings(path)
    for part in ("Aims", "What you need to know first", "Recap", "Exercises", "Further reading"):
        assert part in headings, f"no section {part!r} in {path.name}"
    opening = _read(path).cells[0].source
    assert len(re.findall(r"^\d\. ", opening.split("## Aims")[1].split("##")[0], flags=re.MULTILINE)) == 3
    assert 3 <= sum(heading.startswith("Exercise ") for heading in headings) <= 5
    assert "Lake" in "\n".join(cell.source for cell in _cells(path, "markdown"))  # who made Omniglot


@every_notebook
def test_every_exercise_has_a_cell_to_work_in(path: Path) -> None:
    blanks = _load("blanks")
    for cell, following in itertools.pairwise(_read(path).cells):
        if cell.cell_type == "markdown" and cell.source.startswith("### Exercise "):
            assert following.cell_type == "code"
            checked = blanks.CHECKED.search(following.source)
            if checked:
                assert following.source == blanks.blank(checked[1]), "run notebooks/blanks.py"
            else:
                assert all(line.startswith("#") for line in following.source.splitlines())


@every_language
@every_notebook
def test_every_exercise_has_an_answer_with_reasons(path: Path, language: str) -> None:
    answers = _load("answers")
    found = answers.answers(path, language)
    texts = [cell.source for cell in answers.notebook_in(path, language).cells if cell.cell_type == "markdown"]
    assert list(found) == [text.splitlines()[0] for text in texts if answers.SECTION.match(text)]
    assert len(found) == sum(heading.startswith("Exercise ") for heading in _headings(path))
    for cells in found.values():
        assert cells[0].cell_type == "code"
        assert cells[-1].cell_type == "markdown"
        reason = cells[-1].source  # a reason, not a remark
        assert (len(CHINESE.findall(reason)) >= 40) if language == "zh" else (len(reason.split()) >= 25)
        for cell in cells:
            assert cell.cell_type == "markdown" or len(cell.source.splitlines()) <= LONGEST_ANSWER, cell.source
            if cell.cell_type == "code" or language == "en":  # Chinese prose has one line per paragraph
                assert max(map(len, cell.source.splitlines())) <= 128, cell.source


@every_language
@every_notebook
def test_answers_replace_the_cells_to_work_in_and_nothing_else(path: Path, language: str) -> None:
    answers = _load("answers")
    notebook, answered = answers.notebook_in(path, language), answers.answered(path, language)
    pairs = itertools.pairwise(notebook.cells)
    blank = [c for before, c in pairs if before.cell_type == "markdown" and answers.SECTION.match(before.source)]
    kept = [cell.source for cell in notebook.cells if cell not in blank]
    added = [cell.source for cells in answers.answers(path, language).values() for cell in cells]
    assert len(answered.cells) == len(kept) + len(added)
    assert [cell.source for cell in answered.cells if cell.source in kept] == kept


@every_notebook
def test_answers_are_the_same_program_in_both_languages(path: Path) -> None:
    english, chinese = (list(_load("answers").answers(path, language).values()) for language in LANGUAGES)
    for cells, pairs in zip(english, chinese, strict=True):
        assert [cell.cell_type for cell in cells] == [cell.cell_type for cell in pairs]
        for cell, pair in zip(cells, pairs, strict=True):
            if cell.cell_type == "code":
                assert program(cell.source) == program(pair.source), pair.source
            else:
                assert CHINESE.search(pair.source)


@every_language
def test_notebooks_with_answers_are_written_and_find_their_figures(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = _load("answers")
    monkeypatch.setattr(answers, "OUTPUT", tmp_path / "answers")
    monkeypatch.setattr(sys, "argv", ["answers.py", "02", "--language", language])
    answers.main()
    (path,) = (tmp_path / "answers").rglob("*.ipynb")
    assert path.parent == answers.in_folder(tmp_path / "answers", language)
    text = "\n".join(cell.source for cell in _read(path).cells)
    shown = re.findall(r"\]\(([^)]+\.svg)\)", text)
    assert len(shown) == text.count("![") > 0
    for name in shown:
        assert (path.parent / name).resolve().parent == answers.in_folder(FOLDER / "figures", language)
        assert (path.parent / name).is_file()


@every_notebook
def test_no_notebook_gives_a_solution_away(path: Path) -> None:
    blanks = _load("blanks")
    code = "\n".join(cell.source for cell in _cells(path, "code"))
    for name in blanks.solutions():
        assert code.count(f"def {name}(") <= 1
        assert f"def {name}(" not in code or f"ml.check.{name}({name})" in code


@pytest.mark.parametrize("on_colab", [True, False])
def test_the_first_cell_installs_the_kit_on_colab_and_does_nothing_elsewhere(
    on_colab: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (cell,) = {_cells(path, "code")[0].source for path in NOTEBOOKS}
    done: list[str] = []
    if on_colab:
        colab = ModuleType("google.colab")
        colab.output = SimpleNamespace(enable_custom_widget_manager=lambda: done.append("widgets"))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "google.colab", colab)
        monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    shell = SimpleNamespace(run_line_magic=lambda name, line: done.append(f"{name} {line}"))
    exec(cell, {"get_ipython": lambda: shell})
    source = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Source"]
    wanted = [f"pip install -q 'metalearn-kit[notebooks] @ git+{source}'", "widgets"]
    assert done == (wanted if on_colab else [])
    assert capsys.readouterr() == ("", "")


def test_changing_a_signature_changes_the_blanks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blanks = _load("blanks")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "07.py").write_text('def gate(scores, hard):\n    """Choose."""\n    return scores > 0\n')
    old = nbformat.v4.new_code_cell('def gate(scores):\n    """Choose."""\n    ...\n\n\nml.check.gate(gate)')
    other = nbformat.v4.new_code_cell("print(1)")
    nbformat.write(nbformat.v4.new_notebook(cells=[other, old]), tmp_path / "07_attention.ipynb")
    monkeypatch.setattr(blanks, "FOLDER", tmp_path)
    monkeypatch.setattr(blanks, "SOLUTIONS", tmp_path / "solutions")
    blanks.main()
    cells = _read(tmp_path / "07_attention.ipynb").cells
    assert cells[0].source == "print(1)"
    assert cells[1].source == (
        'def gate(scores, hard):\n    """Choose."""\n    ...  # your code here\n\n\nml.check.gate(gate)'
    )


def test_a_cell_is_filled_in_once_and_keeps_its_words() -> None:
    blanks = _load("blanks")
    student = 'def attend(queries, keys, values):\n    """注意力。"""\n    ...  # 在这里写'
    cell = f"{student}\n\n\nml.check.attend(attend)"
    done = blanks.filled(cell, "attend")
    assert "注意力" in done
    assert "softmax" in done
    assert "..." not in done
    assert done.endswith("ml.check.attend(attend)")
    with pytest.raises(ValueError, match="attend should have one line to fill in, and has 0"):
        blanks.filled(done, "attend")


@every_notebook
def test_its_cells_are_short(path: Path) -> None:
    for cell in _cells(path, "code"):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source
        assert max(map(len, cell.source.splitlines())) <= 120, cell.source


@every_notebook
def test_its_imports_come_from_the_front_door(path: Path) -> None:
    code = "\n".join(cell.source for cell in _cells(path, "code"))
    assert "import metalearn as ml" in code
    assert len(re.findall(r"^from metalearn\b", code, flags=re.MULTILINE)) <= MOST_IMPORTS_BESIDE_IT


@every_notebook
def test_names_of_the_library_in_its_text_exist(path: Path) -> None:
    text = "\n".join(cell.source for cell in _cells(path, "markdown"))
    for module, name in re.findall(r"`(ml|metalearn(?:\.\w+)*)\.(\w+)", text):
        home = importlib.import_module("metalearn" if module == "ml" else module)
        assert hasattr(home, name) or importlib.util.find_spec(f"{home.__name__}.{name}"), f"{module}.{name}"


@every_notebook
def test_there_is_something_to_move(path: Path) -> None:
    code = "\n".join(cell.source for cell in _cells(path, "code"))
    assert re.search(r"\binteract\(|updatemenus|plots\.adaptation\(", code)


@every_notebook
def test_it_asks_before_it_shows_and_once_more_before_the_recap(path: Path) -> None:
    text = "\n".join(cell.source for cell in _read(path).cells)
    guesses, reveals = (
        re.findall(rf'^ml\.course\.{what}\("([^"]+)", ', text, re.MULTILINE) for what in ("guess", "reveal")
    )
    assert guesses == reveals
    assert len(guesses) == 1
    assert guesses[0].startswith(f"{path.name[:2]} ")  # students keep those of all notebooks in one file
    assert text.index("ml.course.guess") < text.index("ml.course.reveal") < text.index("## Check yourself")
    assert (
        text.index("## Check yourself") < text.index(f'\nml.course.quiz("{path.name[:2]}")\n') < text.index("## Recap")
    )


@every_notebook
def test_claims_are_tested(path: Path) -> None:
    assert sum("assert " in cell.source for cell in _cells(path, "code")) >= 3


@every_notebook
def test_stored_outputs_read_well_without_running(path: Path) -> None:
    outputs = _outputs(path)
    assert outputs, f"{path.name} is kept without outputs: run notebooks/execute.py"
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output.output_type == "error" for output in outputs)
    assert not any(output.get("name") == "stderr" for output in outputs)
    assert not any("widget-view" in kind for output in outputs for kind in output.get("data", {}))
    numbers = [cell.execution_count for cell in _cells(path, "code")]
    assert numbers == list(range(1, len(numbers) + 1)), "not run from top to bottom"


@every_notebook
def test_it_names_no_path_of_one_machine(path: Path) -> None:
    notebook = _read(path)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for picture in ("image/png", "image/svg+xml"):
                output.get("data", {}).pop(picture, None)
    text = re.sub(r";base64,[\w+/=]+", "", json.dumps(notebook, ensure_ascii=False))  # pictures within a page
    assert not ABSOLUTE_PATH.findall(text.replace("\\n", "\n"))
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_together_they_are_small() -> None:
    assert sum(path.stat().st_size for path in NOTEBOOKS) < LARGEST_TOGETHER


def test_figures_and_prints_are_kept_and_noise_is_not() -> None:
    execute = _load("execute")
    figure = nbformat.v4.new_output("display_data", {"image/png": "AA=="})
    view = nbformat.v4.new_output("display_data", {execute.WIDGET_VIEW: {"model_id": "x"}, "text/plain": "interactive"})
    bar = nbformat.v4.new_output("stream", name="stderr", text="evaluating: 100%")
    said = nbformat.v4.new_output("stream", name="stdout", text="done")
    timing = {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}}
    strip = {"image/svg+xml": "<svg/>", "text/plain": "<Player>"}
    player = nbformat.v4.new_output("display_data", {"text/html": "<img>", **strip})
    cell = nbformat.v4.new_code_cell("interact(…)", outputs=[bar, view, figure, player, said], metadata=timing)
    tidy = execute.tidied(nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}}))
    assert tidy.cells[0].outputs == [figure, nbformat.v4.new_output("display_data", strip), said]
    assert tidy.cells[0].metadata == {}
    assert "widgets" not in tidy.metadata
