"""Collections of images, however they lie: which classes there are, what is left out, and why."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.characters.collection import Limits, read_collection
from metalearn.characters.image_folder import load_folder, read_folder
from metalearn.characters.layouts import classes_by_place
from metalearn.characters.load import load_characters
from metalearn.characters.omniglot import OMNIGLOT_HALVES, holds_omniglot
from metalearn.characters.uploads import read_archive
from metalearn.errors import MetalearnError
from tests.characters.test_images import letter, saved
from tests.characters.test_uploads import archive

PICTURE = saved(letter(40))

# The files of a collection called "mine"; and how many images its classes then have.
LAYOUTS: dict[str, tuple[list[str], dict[str, int]]] = {
    "classes": (["a/1.png", "a/2.png", "b/1.png"], {"mine/a": 2, "mine/b": 1}),
    "alphabets": (["A/a/1.png", "A/b/1.png", "B/a/1.png"], {"A/a": 1, "A/b": 1, "B/a": 1}),
    "deeper": (["x/y/a/1.png", "x/z/a/1.png"], {"x/y/a": 1, "x/z/a": 1}),
    "sides": (["train/a/1.png", "train/b/1.png", "test/a/2.png"], {"mine/a": 2, "mine/b": 1}),
    "sides in a wrapper": (["w/Train/a/1.png", "w/VAL/a/2.png", "w/test/b/1.png"], {"w/a": 2, "w/b": 1}),
    "sides with alphabets": (["train/A/a/1.png", "val/A/a/2.png"], {"A/a": 2}),
    "classes that are called like sides": (["train/1.png", "test/1.png"], {"mine/train": 1, "mine/test": 1}),
    "names": (["cat.png", "dog.png"], {"mine/cat": 1, "mine/dog": 1}),
    "numbered names": (["cat_1.png", "cat_02.png", "dog (3).png"], {"mine/cat": 2, "mine/dog": 1}),
    "names that end in a number": (
        ["character01.png", "character02.png"],
        {"mine/character01": 1, "mine/character02": 1},
    ),
    "an image beside the folders": (["a/1.png", "b/1.png", "overview.png"], {"mine/a": 1, "mine/b": 1}),
    "upper case": (["a/1.PNG", "b/1.PnG"], {"mine/a": 1, "mine/b": 1}),
    "junk": (
        ["a/1.png", "a/._1.png", "__MACOSX/a/1.png", ".ipynb_checkpoints/1.png", "b/1.png"],
        {"mine/a": 1, "mine/b": 1},
    ),
    "two ways to write é": (["caf\u00e9/1.png", "cafe\u0301/2.png"], {"mine/caf\u00e9": 2}),
}


def write(root: Path, names: list[str], content: bytes = PICTURE) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_a_layout_means_the_same_in_a_folder_and_in_an_archive(layout: str, tmp_path: Path) -> None:
    names, expected = LAYOUTS[layout]
    found = load_folder(write(tmp_path / "mine", names))
    assert dict(zip(found.characters, found.counts.tolist(), strict=True)) == expected
    (tmp_path / "zipped").mkdir()
    (tmp_path / "zipped" / "mine.zip").write_bytes(archive(dict.fromkeys(names, PICTURE)))
    zipped = load_folder(tmp_path / "zipped" / "mine.zip")
    assert (zipped.characters, zipped.counts.tolist()) == (found.characters, found.counts.tolist())
    assert np.array_equal(zipped.images, found.images)
    uploaded = read_archive(archive(dict.fromkeys(names, PICTURE)))
    assert sorted(map(len, uploaded.classes.values())) == sorted(expected.values())


def test_what_is_put_together_and_left_out_can_be_told(tmp_path: Path) -> None:
    found = read_folder(
        write(tmp_path, ["train/a/1.png", "test/a/1.png", "test/b/1.png", "notes.txt", ".x.png", "y.png"])
    )
    assert list(found.merged.values()) == [["test/a", "train/a"]]
    assert set(found.left_out) == {"notes.txt", ".x.png", "y.png"}
    assert [str(why) for why in found.problems] == [str(found.left_out["y.png"])]


def test_a_table_names_the_classes(tmp_path: Path) -> None:
    write(tmp_path, ["1.png", "deep/2.png", "3.png", "unlisted.png"])
    table = tmp_path / "labels.csv"
    table.write_text('file,class,alphabet\n1.png,a,A\n./deep/2.png,"b, c",A\n3.png,a,\ngone.png,a,A\n', "utf-8-sig")
    found = read_folder(tmp_path)
    assert {name: len(drawings) for name, drawings in found.classes.items()} == {
        "A/a": 1,
        "A/b, c": 1,
        f"{tmp_path.name}/a": 1,
    }
    assert "in the table, but not there" in str(found.left_out["gone.png"])
    assert "belongs to no class" in str(found.left_out["unlisted.png"])
    table.write_text("file,class\n1.png\n")
    with pytest.raises(MetalearnError, match=r"row 2 of labels\.csv"):
        read_folder(tmp_path)
    table.write_bytes(b"file,class\n\xff\xfe,a\n")
    with pytest.raises(MetalearnError, match="UTF-8"):
        read_folder(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", ["1.png", "2.png"])
    root = write(tmp_path / "mine", ["b/1.png"])
    (root / "a").symlink_to(tmp_path / "elsewhere")
    (root / "b" / "2.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    (root / "b" / "up").symlink_to(root)
    os.mkfifo(root / "b" / "pipe.png")
    found = load_folder(root)
    assert dict(zip(found.characters, found.counts.tolist(), strict=True)) == {"mine/a": 2, "mine/b": 2}


@pytest.mark.parametrize("root", ["", "omniglot-py", "python"])
def test_omniglot_is_known_however_it_lies(root: str, tmp_path: Path) -> None:
    for alphabet in OMNIGLOT_HALVES["images_background"]:
        (tmp_path / "all" / root / alphabet).mkdir(parents=True)
    assert not holds_omniglot(tmp_path / "all")
    for alphabet in OMNIGLOT_HALVES["images_evaluation"]:
        (tmp_path / "all" / root / alphabet).mkdir(parents=True)
    assert holds_omniglot(tmp_path / "all"), "all alphabets in one folder"
    for half in OMNIGLOT_HALVES:
        write(tmp_path / "zips" / root, [f"{half}.zip"])
        (tmp_path / "folders" / root / half).mkdir(parents=True)
    assert holds_omniglot(tmp_path / "zips")
    assert holds_omniglot(tmp_path / "folders")


def test_all_alphabets_in_one_folder_are_two_halves(tmp_path: Path) -> None:
    for half in OMNIGLOT_HALVES.values():
        write(tmp_path, [f"{alphabet}/character01/0001_01.png" for alphabet in half])
    with pytest.raises(MetalearnError, match="it holds 30 drawings of 30 characters, Omniglot has 19,280 of 964 there"):
        load_characters(tmp_path)


name_part = st.text(st.sampled_from("aB1 ._-/\\é\u0301"), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(name_part, min_size=1, max_size=6))
def test_every_name_gives_an_alphabet_and_a_class_or_none(names: list[str]) -> None:
    for name, found in classes_by_place(names, "mine").items():
        assert name in names
        assert all(part.strip() for part in found.split("/"))
        assert found.count("/") >= 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_read_or_refused(data: st.DataObject) -> None:
    packing = data.draw(
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as packed:
        for name in ("a/1.png", "é/2.png", "labels.csv"):
            packed.writestr(name, PICTURE if name.endswith("png") else b"file,class\na/1.png,x\n")
    content = bytearray(file.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_collection(
            bytes(content[: data.draw(st.integers(1, len(content)))]), "it", Limits(10, 10**7, 10**7)
        )
    except MetalearnError as refused:
        assert "\n" not in str(refused)  # noqa: PT017
    else:
        assert found.classes
