"""Making what ships: the right order, one process a piece, a manifest, and nothing made twice."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.pretrained import release
from metalearn.pretrained.embedders import FAMILIES
from metalearn.pretrained.maps import MAPPED_FAMILIES
from metalearn.pretrained.recipes import FULL_SPLITS, shipped_for
from metalearn.pretrained.worlds import SHIPPED


def test_everything_is_a_piece_and_has_what_it_needs() -> None:
    pieces = release.pieces(Path("root"))
    paths = [piece.path for piece in pieces]
    assert len(paths) == len(set(paths))
    for split in FULL_SPLITS:
        of_split = {*shipped_for(split), *FAMILIES, *(f"map-{family}" for family in MAPPED_FAMILIES)}
        assert {f"{split}/{name}" for name in of_split} <= set(paths)
    for world, names in SHIPPED.items():
        assert {f"lake-{world}/{name}" for name in (*names, "episodes")} <= set(paths)
    # And everything that is a piece ships.
    assert set(paths) == {f"{folder}/{name}" for folder, names in release.shipped().items() for name in names}
    for piece in pieces:
        assert set(piece.needs) <= set(paths)
    assert set(next(p for p in pieces if p.path == "lake-mixed/preinit").needs) == {
        "lake/prototypes",
        "lake-mixed/episodes",
    }
    assert set(next(p for p in pieces if p.path == "lake-which-part/places").needs) == {
        "lake-which-part/prototypes",
        "lake-which-part/episodes",
    }


def test_only_omniglot_makes_what_ships(small: CharacterSet, tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="this is small"):
        release.make_all(small, tmp_path)


def note(characters: CharacterSet, path: Path, after: Path | None) -> None:
    """Stands for a training: an artifact that holds how many characters there were, and whether its need was met."""
    met = after is None or after.with_suffix(".json").exists()
    artifacts.save(path, {"seen": np.array([len(characters), int(met)])}, {"kind": "note", "wall_s": 1.5})


def test_pieces_are_made_in_order_once_and_listed(
    small: CharacterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    made = {"a": None, "b": "a", "c": "b"}
    pieces = [
        release.Piece(
            f"lake/{name}",
            partial(note, path=tmp_path / "lake" / name, after=tmp_path / "lake" / need if need else None),
            (f"lake/{need}",) if need else (),
        )
        for name, need in reversed(made.items())
    ]
    monkeypatch.setattr("metalearn.pretrained.release.pieces", lambda root, seed: pieces)
    named_omniglot = replace(small, name="omniglot")
    manifest = release.make_all(named_omniglot, tmp_path)
    for name in made:
        assert artifacts.load(tmp_path / "lake" / name)[0]["seen"].tolist() == [12, 1]
    assert manifest == json.loads((tmp_path / "manifest.json").read_text())
    assert set(manifest["artifacts"]) == {"lake/a", "lake/b", "lake/c"}
    assert manifest["processor_s"] == 4.5
    entry = manifest["artifacts"]["lake/a"]
    assert entry["sha256"] == artifacts.load(tmp_path / "lake" / "a")[1]["sha256"]
    (tmp_path / "lake" / "b.json").unlink()
    times = {name: (tmp_path / "lake" / f"{name}.json").stat().st_mtime_ns for name in ("a", "c")}
    release.make_all(named_omniglot, tmp_path)
    assert (tmp_path / "lake" / "b.json").exists()
    assert times == {name: (tmp_path / "lake" / f"{name}.json").stat().st_mtime_ns for name in ("a", "c")}
