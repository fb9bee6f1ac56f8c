"""Artifacts: what is saved comes back; what was altered, cut short or is missing is refused in one line."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metalearn import __version__, artifacts
from metalearn._files import sha256, write_atomically
from metalearn.errors import MetalearnError

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "scalar": np.float32(2), "b": np.zeros(0, np.int16)}


def test_round_trip(tmp_path: Path) -> None:
    artifacts.save(tmp_path / "thing", ARRAYS, {"kind": "test", "name": "é"})
    arrays, description = artifacts.load(tmp_path / "thing")
    assert {name: (a.shape, a.dtype) for name, a in arrays.items()} == {
        name: (np.shape(a), np.asarray(a).dtype) for name, a in ARRAYS.items()
    }
    assert all(np.array_equal(arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert (description["kind"], description["name"], description["version"]) == ("test", "é", __version__)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thing.json", "thing.safetensors"]


@settings(max_examples=30, deadline=None)
@given(
    array=hnp.arrays(
        st.sampled_from([np.float32, np.int64, np.uint8]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
def test_any_array_comes_back_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    artifacts.save(path, {"x": array}, {})
    back = artifacts.load(path)[0]["x"]
    assert back.shape == array.shape
    assert back.tobytes() == np.asarray(array).tobytes()


def test_matrices_are_halved_and_come_back_single(tmp_path: Path) -> None:
    """What is small in a vector is kept; integers are no matter of precision."""
    rng = np.random.default_rng(0)
    arrays = {
        "matrix": rng.normal(size=(20, 30)).astype(np.float32),
        "vector": np.full(3, 1e-9, np.float32),
        "scalar": np.float32(0.1),
        "ids": np.arange(70_000).reshape(2, -1),
    }
    halved = artifacts.halved(arrays)
    assert {name: a.dtype.itemsize for name, a in halved.items()} == {"matrix": 2, "vector": 4, "scalar": 4, "ids": 8}
    artifacts.save(tmp_path / "thing", halved, {})
    back, _ = artifacts.load(tmp_path / "thing")
    assert {name: a.dtype for name, a in back.items()} == {name: a.dtype for name, a in arrays.items()}
    np.testing.assert_allclose(back["matrix"], arrays["matrix"], rtol=2**-11, atol=1e-7)
    assert all(np.array_equal(back[name], arrays[name]) for name in ("vector", "scalar", "ids"))


def test_entries_below_a_prefix_lose_it() -> None:
    entries = {"now/a": 1, "now/now/b": 2, "best/a": 3, "a/now/": 4}
    assert artifacts.below("now/", entries) == {"a": 1, "now/b": 2}


def test_an_altered_artifact_is_refused(tmp_path: Path) -> None:
    artifacts.save(tmp_path / "thing", ARRAYS, {})
    file = tmp_path / "thing.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(MetalearnError, match="altered or cut short"):
        artifacts.load(tmp_path / "thing")


@pytest.mark.parametrize("description", ["{", "[]", "{}", '{"sha256": 5}'])
def test_a_description_that_is_not_one(tmp_path: Path, description: str) -> None:
    artifacts.save(tmp_path / "thing", ARRAYS, {})
    (tmp_path / "thing.json").write_text(description)
    with pytest.raises(MetalearnError):
        artifacts.load(tmp_path / "thing")


def test_a_missing_artifact_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match=r"no artifact .* 'metalearn train'"):
        artifacts.load(tmp_path / "nothing")


def test_arrays_that_are_not_safetensors(tmp_path: Path) -> None:
    content = b"\x80\x04pickled"
    (tmp_path / "thing.safetensors").write_bytes(content)
    (tmp_path / "thing.json").write_text(json.dumps({"version": __version__, "sha256": sha256(content)}))
    with pytest.raises(MetalearnError, match="arrays cannot be read"):
        artifacts.load(tmp_path / "thing")


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    write_atomically(target, b"old")

    def fail(*paths: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("99.0.0", "written by version 99.0.0 of this kit, .* install the newer version"),
        ("0.99.0.dev1", "written by version 0.99.0.dev1"),
        ("new", "'new' is not a version of this kit"),
        (3, "its 'version' is not what it should be"),
    ],
)
def test_another_version_is_refused(tmp_path: Path, version: object, reason: str) -> None:
    artifacts.save(tmp_path / "thing", ARRAYS, {"kind": "test"})
    description = json.loads((tmp_path / "thing.json").read_text())
    (tmp_path / "thing.json").write_text(json.dumps({**description, "version": version}))
    with pytest.raises(MetalearnError, match=reason):
        artifacts.load(tmp_path / "thing")
    (tmp_path / "thing.json").write_text(json.dumps({**description, "version": "0.1.0"}))
    artifacts.load(tmp_path / "thing")


def test_another_kind_is_refused(tmp_path: Path) -> None:
    artifacts.save(tmp_path / "thing", ARRAYS, {"kind": "test"})
    with pytest.raises(MetalearnError, match="its kind is 'test', not 'map'"):
        artifacts.load(tmp_path / "thing", "map")


def test_a_missing_half_is_named(tmp_path: Path) -> None:
    artifacts.save(tmp_path / "thing", ARRAYS, {})
    (tmp_path / "thing.safetensors").unlink()
    with pytest.raises(MetalearnError, match=r"thing\.safetensors is missing beside it; restore it, or remove it"):
        artifacts.load(tmp_path / "thing")


OLD, NEW = {"x": np.zeros(3)}, {"x": np.ones(3)}


@pytest.mark.parametrize("stop_at", range(3))
def test_an_interrupted_save_leaves_the_old_artifact_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    """The three moments are: arrays on their way, description replaced, arrays in their place."""
    artifacts.save(tmp_path / "thing", OLD, {"name": "old"})
    replace, done = os.replace, []

    def until(*paths: object) -> None:
        if len(done) == stop_at:
            raise KeyboardInterrupt
        done.append(paths)
        replace(*paths)

    monkeypatch.setattr("os.replace", until)
    with pytest.raises(KeyboardInterrupt):
        artifacts.save(tmp_path / "thing", NEW, {"name": "new"})
    monkeypatch.undo()
    expected = (OLD, "old") if stop_at < 2 else (NEW, "new")
    arrays, description = artifacts.load(tmp_path / "thing")
    assert (arrays["x"].tolist(), description["name"]) == (expected[0]["x"].tolist(), expected[1])
    artifacts.save(tmp_path / "thing", NEW, {"name": "new"})
    assert artifacts.load(tmp_path / "thing")[0]["x"].tolist() == NEW["x"].tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thing.json", "thing.safetensors"]


def test_arrays_that_wait_in_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifacts.save(tmp_path / "thing", OLD, {})
    (tmp_path / "thing.safetensors").rename(tmp_path / "thing.safetensors.new")

    def refuse(*paths: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr("os.replace", refuse)
    assert artifacts.load(tmp_path / "thing")[0]["x"].tolist() == OLD["x"].tolist()
