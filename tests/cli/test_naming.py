"""``metalearn predict``: from folders of images to names, on the screen, as JSON, as CSV and as a page."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

import metalearn as ml
from metalearn import cli
from metalearn.characters.character_set import CharacterSet


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[Path, Path]:
    """Three classes with three images each; to be named: one of each, one of another character, a blank one."""
    glyphs = ml.load_characters("glyphs")
    chosen = ml.split(glyphs, "lake").test[[0, 100, 200, 300]]
    root = tmp_path_factory.mktemp("symbols")
    classes, queries = root / "symbols", root / "queries"
    for name, character in zip(("ash", "birch", "cedar"), chosen, strict=False):
        for number in range(3):
            save(glyphs, character, number, classes / name / f"{number}.png")
        save(glyphs, character, 9, queries / f"{name}9.png")
    save(glyphs, chosen[3], 9, queries / "stranger.png")
    Image.new("L", (50, 50), 255).save(queries / "blank.png")
    return classes, queries


def save(glyphs: CharacterSet, character: int, number: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(255 - glyphs.images[character, number]).resize((200, 200)).save(path)


def run(*arguments: str | Path) -> int:
    return cli.main(["predict", *map(str, arguments), "--data-dir", "glyphs", "--learner", "prototypes"])


def test_images_get_the_names_of_their_classes(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, page = tmp_path / "answers.csv", tmp_path / "answers.html"
    assert run(*folders, "--json", "--csv", table, "--html", page) == 0
    said = json.loads(capsys.readouterr().out)
    *known, stranger = said["answers"]
    assert [row["nearest"] for row in known] == ["symbols/ash", "symbols/birch", "symbols/cedar"]
    assert sum(row["answer"] == row["nearest"] for row in known) >= 2
    assert stranger["answer"] == "none of these"
    assert "blank.png" in said["left_out"][0]
    assert 0 <= said["none_of_these"]["unknown_accepted"] <= 1
    with table.open() as file:
        assert [row["answer"] for row in csv.DictReader(file)] == [row["answer"] for row in said["answers"]]
    assert page.read_text().count("data:image/png") == 8


def test_single_files_and_what_is_said_of_them(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    classes, queries = folders
    assert run(classes, queries / "ash9.png", queries / "stranger.png") == 0
    first, second, about = capsys.readouterr().out.splitlines()
    assert first.endswith("symbols/ash")
    assert "none of these (nearest:" in second
    assert "were wrongly called so" in about


@pytest.mark.parametrize(
    ("query", "message"),
    [("blank.png", "is blank"), ("nothing.png", "cannot be read"), ("empty", "no file there is an image")],
)
def test_nothing_to_name_is_one_line(
    folders: tuple[Path, Path], tmp_path: Path, query: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    classes, queries = folders
    (tmp_path / "empty").mkdir()
    assert run(classes, tmp_path / query if query == "empty" else queries / query) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("metalearn: there is no image that can be used")
    assert message in said


def test_outputs_are_checked_before_the_work(folders: tuple[Path, Path], tmp_path: Path) -> None:
    assert run(*folders, "--csv", tmp_path / "answers.txt") == 2
    assert run(*folders, "--html", tmp_path) == 2
