"""Character sets: what is read, how it is split, where it is looked for, what is refused."""

import io
import logging
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.image_folder import load_folder, read_folder
from metalearn.characters.images import shrink_images
from metalearn.characters.ink import normalise_image
from metalearn.characters.load import load_characters
from metalearn.characters.omniglot import OMNIGLOT_HALVES, load_omniglot
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError


def picture(ink: np.ndarray, inverted: bool = False, mode: str = "L") -> bytes:
    grey = Image.fromarray(
        np.where(ink, 255, 0).astype(np.uint8) if inverted else np.where(ink, 0, 255).astype(np.uint8)
    )
    buffer = io.BytesIO()
    grey.convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def cross(side: int = 60) -> np.ndarray:
    ink = np.zeros((side, side), bool)
    ink[side // 4 : -side // 4, side // 2 - 2 : side // 2 + 2] = True
    ink[side // 2 - 2 : side // 2 + 2, side // 4 : -side // 4] = True
    return ink


@pytest.fixture
def own_images(tmp_path: Path) -> Path:
    """Two alphabets of two classes: uneven counts, both polarities, colour, and a picture that is not square."""
    root = tmp_path / "mine"
    for alphabet in ("Left", "Right"):
        for number, count in (("one", 3), ("two", 2)):
            folder = root / alphabet / number
            folder.mkdir(parents=True)
            for i in range(count):
                content = picture(cross(40 + 10 * i), inverted=alphabet == "Right", mode="RGB" if i else "L")
                (folder / f"{i}.png").write_bytes(content)
    (root / "Left" / "one" / "2.png").write_bytes(picture(cross(60)[:, 20:]))
    return root


def test_omniglot_is_whole(omniglot: CharacterSet) -> None:
    assert omniglot.images.shape == (1623, 20, 28, 28)
    assert omniglot.images.dtype == np.uint8
    assert len(omniglot.alphabet_names) == 50
    # The published drawings' mean ink, which shrinking by area keeps.
    assert omniglot.images[:964].mean() / 255 == pytest.approx(0.0779, abs=2e-4)
    assert omniglot.images[964:].mean() / 255 == pytest.approx(0.0843, abs=2e-4)


def test_omniglot_splits(omniglot: CharacterSet) -> None:
    article, lake = split(omniglot, "article"), split(omniglot, "lake")
    assert len(article.train) + len(article.validation) == 1200
    assert len(article.test) == 423
    assert len(lake.train) + len(lake.validation) == 964
    assert len(lake.test) == 659
    trained = {omniglot.alphabets[i] for i in [*lake.train, *lake.validation]}
    assert trained.isdisjoint(omniglot.alphabets[i] for i in lake.test)


def test_the_split_of_vinyals_is_the_published_one(omniglot: CharacterSet) -> None:
    """Snell et al.'s lists: 1,028, 172 and 423 characters; Gurmukhi/character42 is the first of the test."""
    sides = split(omniglot, "vinyals")
    assert [len(side) for side in (sides.train, sides.validation, sides.test)] == [1028, 172, 423]
    held_out = ["Armenian", "Bengali", "Early_Aramaic", "Hebrew", "Mkhedruli_(Georgian)"]
    assert sorted({omniglot.alphabets[i] for i in sides.validation}) == held_out
    assert omniglot.characters[sides.test[0]] == "Gurmukhi/character42"
    shared = {omniglot.alphabets[i] for i in sides.train} & {omniglot.alphabets[i] for i in sides.test}
    assert shared == {"Gurmukhi"}


def test_the_split_of_vinyals_is_omniglots_alone(small: CharacterSet) -> None:
    with pytest.raises(MetalearnError, match="one of Omniglot"):
        split(small, "vinyals")


@pytest.mark.parametrize("name", ["article", "lake"])
def test_the_sides_of_a_split_share_nothing_and_leave_nothing_out(characters: CharacterSet, name: str) -> None:
    sides = split(characters, name)
    together = np.concatenate([sides.train, sides.validation, sides.test])
    assert np.array_equal(np.sort(together), np.arange(len(characters)))
    assert min(map(len, (sides.train, sides.validation, sides.test))) > 0


@pytest.mark.parametrize("name", ["article", "lake"])
@pytest.mark.parametrize("count", [6, 7, 9, 12])
def test_each_side_of_a_small_set_has_two_characters_at_least(small: CharacterSet, name: str, count: int) -> None:
    few = replace(small, images=small.images[:count], characters=small.characters[:count], counts=small.counts[:count])
    sides = split(few, name)
    together = np.concatenate([sides.train, sides.validation, sides.test])
    assert np.array_equal(np.sort(together), np.arange(count))
    if name == "article":
        assert min(map(len, (sides.train, sides.validation, sides.test))) >= 2
    else:
        assert len(sides.validation) >= 2
        assert {few.alphabets[i] for i in sides.test}.isdisjoint(few.alphabets[i] for i in sides.train)


def test_omniglot_is_read_again_from_the_cache_and_a_damaged_copy_is_not_trusted(
    omniglot: CharacterSet, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    (kept,) = cache.glob("omniglot-*.safetensors")
    again = load_omniglot(os.environ["METALEARN_DATA"])
    assert np.array_equal(again.images, omniglot.images)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    monkeypatch.setattr("metalearn.characters.omniglot._read_omniglot", lambda *_: omniglot)
    assert np.array_equal(load_omniglot(os.environ["METALEARN_DATA"]).images, omniglot.images)
    assert kept.read_bytes() == whole


def test_own_images_of_any_size_colour_and_polarity(own_images: Path) -> None:
    found = load_folder(own_images)
    assert found.images.shape == (4, 3, 28, 28)
    assert found.counts.tolist() == [3, 2, 3, 2]
    assert found.alphabet_names == ("Left", "Right")
    assert "2 to 3 drawings" in str(found)
    assert not found.images[1, 2].any()  # there is no third drawing
    dark_on_light, light_on_dark = found.images[0, 0], found.images[2, 0]
    assert np.array_equal(dark_on_light, light_on_dark)
    assert dark_on_light.max() == 255


def test_classes_without_alphabets_take_the_folders_name(own_images: Path) -> None:
    found = load_folder(own_images / "Left")
    assert found.characters == ("Left/one", "Left/two")


def test_what_cannot_be_used_is_left_out_and_named(own_images: Path, caplog: pytest.LogCaptureFixture) -> None:
    left = own_images / "Left" / "one"
    (left / "0.png").write_text("not a picture")
    (left / "1.png").write_bytes(picture(np.zeros((50, 50), bool)))
    Image.new("1", (21_000, 10)).save(left / "3.png")
    (left / "4.heic").write_bytes(b"")
    (left / "broken link.png").symlink_to("nowhere")
    with caplog.at_level(logging.INFO, "metalearn"):
        found = load_folder(own_images)
    assert found.counts.tolist() == [1, 2, 3, 2]
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said.startswith("mine: 5 left out: ")
    assert "2 more" in said
    why = {name.rsplit("/", 1)[-1]: str(reason) for name, reason in read_folder(own_images).left_out.items()}
    assert "0.png is not an image" in why["0.png"]
    assert "1.png is blank" in why["1.png"]
    assert "20,000 along a side" in why["3.png"]
    assert "save it as PNG" in why["4.heic"]
    assert "cannot be read" in why["broken link.png"]


def test_a_folder_of_nothing_but_blank_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(picture(np.zeros((50, 50), bool)))
    with pytest.raises(MetalearnError, match=r"no image that can be used: a/1\.png is blank"):
        load_folder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", None])
def test_damaged_archives_are_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is None:  # an archive whose compressed bytes were altered
        with zipfile.ZipFile(tmp_path / "images_background.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("images_background/A/character01/0001_01.png", picture(cross(105)))
        raw = bytearray((tmp_path / "images_background.zip").read_bytes())
        raw[80:90] = b"\xff" * 10
        content = bytes(raw)
    for half in OMNIGLOT_HALVES:
        (tmp_path / f"{half}.zip").write_bytes(content)
    with pytest.raises(MetalearnError, match=r"images_background\.zip cannot be read"):
        load_characters(tmp_path)


def test_an_incomplete_omniglot_is_refused(tmp_path: Path) -> None:
    for half in OMNIGLOT_HALVES:
        drawing = tmp_path / half / "Greek" / "character01" / "0001_01.png"
        drawing.parent.mkdir(parents=True)
        drawing.write_bytes(picture(cross(105)))
    with pytest.raises(MetalearnError, match="incomplete: it holds 1 drawings of 1 characters"):
        load_characters(tmp_path)


def test_a_folder_that_was_named_and_holds_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="no class folders"):
        load_characters(tmp_path)
    with pytest.raises(MetalearnError, match="not a folder"):
        load_characters(tmp_path / "nowhere")


def test_the_switch_to_glyphs_is_said_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("METALEARN_DATA", raising=False)

    def unreachable(*args: object, **settings: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("metalearn.characters.omniglot._ask", unreachable)
    monkeypatch.setattr("metalearn.characters.load._failure", None)
    with caplog.at_level(logging.INFO, "metalearn"):
        found = load_characters()
    assert found.name == "glyphs"
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "no route to host" in warning.getMessage()
    assert "not Omniglot results" in warning.getMessage()


def test_glyphs_can_be_asked_for_by_name(caplog: pytest.LogCaptureFixture) -> None:
    assert load_characters("glyphs").name == "glyphs"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_unknown_character_is_answered_with_a_close_one(small: CharacterSet) -> None:
    assert small.find(["Birch/character01", "Ash/character00"]).tolist() == [5, 0]
    with pytest.raises(MetalearnError, match="did you mean 'Birch/character01'"):
        small.find(["Brich/character01"])


def test_unknown_splits_and_single_alphabets(own_images: Path, small: CharacterSet) -> None:
    with pytest.raises(MetalearnError, match="article, lake, vinyals"):
        split(small, "random")
    with pytest.raises(MetalearnError, match="one alphabet"):
        split(load_folder(own_images / "Left"), "lake")


@settings(max_examples=30, deadline=None)
@given(side=st.integers(5, 120), level=st.floats(0, 1))
def test_shrinking_keeps_the_mean(side: int, level: float) -> None:
    flat = np.full((1, side, side), level, np.float32)
    assert np.abs(shrink_images(flat).astype(int) - round(255 * level)).max() <= 1


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 80), width=st.integers(1, 80), seed=st.integers(0, 99))
def test_normalising_ignores_polarity(height: int, width: int, seed: int) -> None:
    grey = (np.random.default_rng(seed).random((height, width)) * 255).astype(np.uint8)
    result = normalise_image(grey)
    assert result.shape == (28, 28)
    assert np.abs(result.astype(int) - normalise_image(255 - grey)).max() <= 6  # the median of an even count rounds
