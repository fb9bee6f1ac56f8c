"""``metalearn course`` brings all that the notebooks show, and nothing that answers the exercises."""

import re
from pathlib import Path

import pytest

from metalearn import cli


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_course_brings_its_figures_and_no_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    assert cli.main(["course", str(tmp_path / "course"), "--language", language]) == 0
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
    assert cli.main(["course", str(tmp_path)]) == 2
    assert "film.svg" in capsys.readouterr().err
    assert (tmp_path / "figures" / "film.svg").read_text() == "mine"
