"""Progress is kept in one private file, costs a check nothing, and never stands in its way."""

import json
import os
import stat
from pathlib import Path

import pytest

from metalearn import check
from metalearn.course.progress import forget, note, note_attempt, progress_file, read_progress, recall
from metalearn.errors import MetalearnError
from tests.check.answers import SOLUTIONS, WRONG


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("METALEARN_PROGRESS", str(tmp_path / "kept" / "progress.json"))
    return tmp_path / "kept" / "progress.json"


def test_a_check_keeps_what_was_tried_and_what_passed(file: Path) -> None:
    assert not file.exists()
    check.reptile_step(WRONG["reptile_step"][0][1])
    assert read_progress()["exercises"] == {"reptile_step": False}
    check.reptile_step(SOLUTIONS["reptile_step"])
    check.reptile_step(WRONG["reptile_step"][0][1])  # what has passed stays passed
    assert read_progress()["exercises"] == {"reptile_step": True}


def test_it_is_written_only_where_something_is_new(file: Path) -> None:
    note_attempt("fisher", True)
    file.chmod(0o400)
    before = file.stat()
    note_attempt("fisher", True)
    note_attempt("fisher", False)
    assert (file.stat().st_ino, file.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_nobody_else_may_read_it(file: Path) -> None:
    note("guesses", "coins", 40.0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_it_lies_among_the_users_data_unless_told_otherwise(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress_file() == file.resolve()
    monkeypatch.delenv("METALEARN_PROGRESS")
    assert progress_file().name == "progress.json"
    assert "metalearn-kit" in progress_file().parts


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b"{}", b'{"exercises": {"a": 1}}'])
def test_a_damaged_file_is_said_where_asked_for_and_stops_no_check(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert check.reptile_step(SOLUTIONS["reptile_step"]).passed
    assert recall("exercises", "reptile_step") is None
    assert file.read_bytes() == content  # it may be mended by hand
    with pytest.raises(MetalearnError, match="cannot be used"):
        read_progress()
    forget()
    assert read_progress() == {"exercises": {}, "quizzes": {}, "guesses": {}}


def test_a_place_that_cannot_be_written_stops_no_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "progress.json", tmp_path, Path("\0")):
        monkeypatch.setattr("os.environ", os.environ | {"METALEARN_PROGRESS": str(place)})
        assert check.reptile_step(SOLUTIONS["reptile_step"]).passed


def test_other_things_are_kept_beside_it(file: Path) -> None:
    note("guesses", "coins", 40.0)
    note("quizzes", "01.1", 2)
    note_attempt("fisher", False)
    expected = {"exercises": {"fisher": False}, "quizzes": {"01.1": 2}, "guesses": {"coins": 40.0}}
    assert json.loads(file.read_text("utf-8")) == expected
