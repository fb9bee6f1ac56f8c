"""A ruined notebook is put back, and nothing of the student's is ever lost."""

from pathlib import Path

import pytest

from metalearn.course.copies import find_notebook, reset_notebook, write_new
from metalearn.errors import MetalearnError

FILES = {"01_tasks.ipynb": b"{}", "02_learning.ipynb": b"[]", "GLOSSARY.md": b"#"}


@pytest.mark.parametrize("name", ["02", "02_learning", "02_learning.ipynb", "my-course/02_learning.ipynb"])
def test_a_notebook_is_found_by_number_name_and_path(name: str) -> None:
    assert find_notebook(FILES, name) == "02_learning.ipynb"


@pytest.mark.parametrize("name", ["03", "learning", "GLOSSARY.md", "0", ""])
def test_there_is_no_such_notebook(name: str) -> None:
    with pytest.raises(MetalearnError, match="there are 01_tasks, 02_learning"):
        find_notebook(FILES, name)


def test_the_students_notebook_is_kept_every_time(tmp_path: Path) -> None:
    path = tmp_path / "02_learning.ipynb"
    for text, kept in (("first", "02_learning.mine.ipynb"), ("second", "02_learning.mine-2.ipynb")):
        path.write_text(text)
        assert reset_notebook(path.name, b"[]", tmp_path) == tmp_path / kept
        assert path.read_bytes() == b"[]"
    assert (tmp_path / "02_learning.mine.ipynb").read_text() == "first"
    assert (tmp_path / "02_learning.mine-2.ipynb").read_text() == "second"


def test_an_untouched_or_a_missing_notebook_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for _ in range(2):
        assert reset_notebook("02_learning.ipynb", b"[]", tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["02_learning.ipynb"]


def test_a_full_disk_leaves_the_students_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "02_learning.ipynb"
    path.write_text("mine")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        reset_notebook(path.name, b"[]", tmp_path)
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="there is no folder"):
        reset_notebook("02_learning.ipynb", b"[]", tmp_path / "nowhere")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "02_learning.ipynb").write_text("mine")
    with pytest.raises(MetalearnError, match=r"holds 02_learning\.ipynb already"):
        write_new(FILES, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["02_learning.ipynb"]
