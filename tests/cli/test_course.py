"""``metalearn course``: copies, a look at the machine, progress, resets and exports, as a user asks for them."""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from metalearn import cli
from metalearn.course import preflight
from metalearn.course.preflight import Finding
from metalearn.course.progress import note_attempt, progress_file


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_course_brings_its_figures_and_no_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    assert cli.main(["course", "copy", str(tmp_path / "course"), "--language", language]) == 0
    notebooks = sorted((tmp_path / "course").glob("*.ipynb"))
    assert f"{len(notebooks)} notebooks" in capsys.readouterr().out
    shown = {name for path in notebooks for name in re.findall(r"\]\((figures/[\w./-]+)\)", path.read_text("utf-8"))}
    assert len(shown) >= 15
    for name in shown:
        assert (tmp_path / "course" / name).is_file()
    assert not (tmp_path / "course" / "solutions").exists()


def test_it_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "film.svg").write_text("mine")
    assert cli.main(["course", "copy", str(tmp_path)]) == 2
    assert "film.svg" in capsys.readouterr().err
    assert (tmp_path / "figures" / "film.svg").read_text() == "mine"


@pytest.mark.parametrize("verb", [("copy",), ("export", "--for", "otter")])
def test_what_is_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: tuple[str, ...]) -> None:
    arguments = ["course", *verb, str(tmp_path)]
    assert cli.main(arguments) == 0
    assert cli.main(arguments) == 2
    assert "already" in capsys.readouterr().err


def test_a_ruined_notebook_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["course", "copy", str(tmp_path), "--language", "zh"]) == 0
    (path,) = tmp_path.glob("03_*.ipynb")
    original = path.read_bytes()
    path.write_text("ruined")
    assert cli.main(["course", "reset", "03", str(tmp_path), "--language", "zh"]) == 0
    assert path.read_bytes() == original
    assert f"yours is now {path.with_suffix('.mine.ipynb')}" in capsys.readouterr().out
    assert path.with_suffix(".mine.ipynb").read_text() == "ruined"


def test_progress_is_shown_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "progress.json"))
    note_attempt("fisher", True)
    assert cli.main(["course", "progress"]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("03_")]
    assert row.split() == ["03_gradient_task_embedding", "1", "of", "2", "0", "of", "3"]
    assert cli.main(["course", "progress", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notebooks"][3]["exercises"]["fisher"] == "done"
    assert cli.main(["course", "progress", "--reset"]) == 0
    assert "1 of 2" not in capsys.readouterr().out
    assert not progress_file().exists()


def test_progress_is_a_page_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "progress.json"))
    note_attempt("fisher", True)
    note_attempt("gradient_embedding", False)
    page = tmp_path / "page.html"
    assert cli.main(["course", "progress", "--html", str(page), "--language", "zh"]) == 0
    assert f"as a page: {page}" in capsys.readouterr().out
    text = page.read_text("utf-8")
    assert '<html lang="zh">' in text
    assert "你的进度" in text
    assert "<li>✓ fisher</li>" in text
    assert "<li>✗ gradient_embedding</li>" in text
    assert os.name == "nt" or stat.S_IMODE(page.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--language", "zh"], "--language does not go with progress without --html"),
        (["--html", "page.txt"], "should end in .html"),
        (["--html", "nowhere/page.html", "--reset"], "there is no folder"),
    ],
)
def test_a_page_that_cannot_be_is_refused_before_anything_is_forgotten(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "progress.json"))
    note_attempt("fisher", True)
    assert cli.main(["course", "progress", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert progress_file().exists()


def test_a_damaged_progress_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "progress.json"))
    (tmp_path / "progress.json").write_text("{")
    assert cli.main(["course", "progress"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert cli.main(["course", "progress", "--reset"]) == 0


@pytest.mark.parametrize("needed", [True, False])
def test_a_machine_that_is_not_ready_gives_exit_code_2(
    needed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Finding("Python", "3.11.7"), Finding("data", "none", "name another folder", needed)]
    monkeypatch.setattr(preflight, "look", lambda data_dir: iter(found))
    assert cli.main(["course", "check"]) == (2 if needed else 0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["✓ Python: 3.11.7", f"{'✗' if needed else '!'} data: none", "  → name another folder"]
    assert cli.main(["course", "check", "--json"]) == (2 if needed else 0)
    assert json.loads(capsys.readouterr().out)["ready"] != needed


def test_a_verb_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["course", str(tmp_path)]) == 2
    assert "copy" in capsys.readouterr().err
