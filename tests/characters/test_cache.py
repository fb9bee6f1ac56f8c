"""What is kept is read again whole or not at all; what cannot be kept is said, and destroys nothing."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalearn import cli
from metalearn.characters.cache import cached, read_cache, write_cache
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.omniglot import OMNIGLOT_HALVES
from metalearn.errors import MetalearnError


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("METALEARN_CACHE", str(folder))
    return folder


def damaged_omniglot(folder: Path) -> Path:
    for half in OMNIGLOT_HALVES:
        with zipfile.ZipFile(folder / f"{half}.zip", "w") as archive:
            archive.writestr(f"{half}/Greek/character01/0001_01.png", b"no image")
    return folder


def test_what_is_kept_is_read_again(own_cache: Path, small: CharacterSet) -> None:
    assert read_cache("it") is None
    write_cache("it", small)
    again = read_cache("it")
    assert again is not None
    assert np.array_equal(again.images, small.images)
    assert np.array_equal(again.counts, small.counts)
    assert (again.characters, again.drawers, again.name) == (small.characters, small.drawers, small.name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(["json", "safetensors"]),
    place=st.integers(0, 10**9),
    byte=st.integers(1, 255),
    cut=st.booleans(),
)
def test_a_damaged_copy_is_never_used(
    own_cache: Path, small: CharacterSet, suffix: str, place: int, byte: int, cut: bool
) -> None:
    write_cache("it", small)
    file = own_cache / f"it.{suffix}"
    content = bytearray(file.read_bytes())
    place %= len(content)
    content[place] ^= byte
    file.write_bytes(content[:place] if cut else content)
    again = read_cache("it")
    # What is not damaged, such as the number of a version, may be read.
    assert again is None or (again.fingerprint, again.source) == (small.fingerprint, small.source)
    cached("it", lambda: small)
    assert read_cache("it") is not None


@pytest.mark.parametrize(
    "change",
    [
        {"images": np.zeros((12, 6, 27, 28), np.uint8)},
        {"images": np.zeros((12, 6, 28, 28))},
        {"images": np.zeros((11, 6, 28, 28), np.uint8)},
        {"counts": np.full(12, 7)},
        {"counts": np.zeros(12, int)},
        {"counts": np.full(12, 6.0)},
        {"drawers": ("one",)},
        {"characters": ("the same",) * 12},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_set_that_does_not_fit_together_is_refused(small: CharacterSet, change: dict[str, object]) -> None:
    with pytest.raises(MetalearnError, match="is not a character set"):
        replace(small, **change)


def test_importing_a_damaged_archive_keeps_the_good_copy(
    own_cache: Path, tmp_path: Path, small: CharacterSet, capsys: pytest.CaptureFixture[str]
) -> None:
    write_cache("omniglot", small)
    assert cli.main(["data", "import", str(damaged_omniglot(tmp_path))]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert read_cache("omniglot") is not None


def test_importing_fails_where_nothing_can_be_kept(
    tmp_path: Path, small: CharacterSet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("METALEARN_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr("metalearn.characters.omniglot._read_omniglot", lambda *_: small)
    monkeypatch.setattr("metalearn.characters.omniglot.download_omniglot", lambda: small)
    folder = str(damaged_omniglot(tmp_path))
    for command in (["import", folder], ["download"]):
        assert cli.main(["data", *command]) == 2
        assert "could not keep a copy" in capsys.readouterr().err
    assert cached("it", lambda: small) is small, "what only speeds up the next start may fail"


def test_a_path_means_the_same_everywhere(
    tmp_path: Path, small: CharacterSet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        Image.fromarray(255 - small.images[0, 0]).save(tmp_path / "mine" / name / "1.PNG")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.delenv("METALEARN_DATA", raising=False)
    found = []
    for path in ("~/mine", ".", "../mine", str(tmp_path / "mine")):
        assert cli.main(["data", "info", "--data-dir", path, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
        assert cli.main(["data", "import", path, "--json"]) == 0
        imported = json.loads(capsys.readouterr().out)
        assert imported.pop("use_it_with") == f"--data-dir {tmp_path / 'mine'}"
        found.append(imported)
        monkeypatch.setenv("METALEARN_DATA", path)
        assert cli.main(["data", "info", "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
        monkeypatch.delenv("METALEARN_DATA")
    assert all(one == found[0] for one in found)
    assert found[0]["data"] == "mine"
    assert cli.main(["data", "info", "--data-dir", "~nobody-of-this-name/x"]) == 2
