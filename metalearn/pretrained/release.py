"""Making everything that ships with one command: which pieces there are, and what each needs."""

import json
import os
import platform
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from metalearn import __version__, artifacts
from metalearn._files import write_atomically
from metalearn._workers import workers
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.glyphs import make_glyphs
from metalearn.characters.splits import SPLITS
from metalearn.errors import MetalearnError
from metalearn.maps.task_map import EPISODE_MAP
from metalearn.pretrained.embedders import BASE_LEARNER, FAMILIES, make_embedder
from metalearn.pretrained.make_map import DIFFICULTY_LEARNER, make_named_map
from metalearn.pretrained.maps import MAPPED_FAMILIES, map_path
from metalearn.pretrained.names import artifact_folder
from metalearn.pretrained.recipes import FULL_SPLITS, shipped_for
from metalearn.pretrained.train_recipe import check_made_for, make_episode_embedder, make_learner
from metalearn.pretrained.worlds import SHIPPED, base_folder, find_world
from metalearn.training._malloc import keep_freed_memory


@dataclass(frozen=True)
class Piece:
    """An artifact to be made: ``path`` is below the root, without ``.json``; ``make`` takes the characters.

    It is made when all artifacts that it ``needs`` are there.
    """

    path: str
    make: Callable[[CharacterSet], Any]
    needs: tuple[str, ...] = ()


def shipped() -> dict[str, list[str]]:
    """Return the names of the artifacts that ship, by folder."""
    found = sorted(artifacts.PRETRAINED.glob("*/*.json"))
    folders = sorted({p.parent.name for p in found} - {"results"})
    return {folder: [p.stem for p in found if p.parent.name == folder] for folder in folders}


def pieces(root: Path, seed: int = 0) -> list[Piece]:
    """Return everything that ships; what takes longest comes first, so that it does not hold all up at the end."""
    longest = ("ensemble", "wide", BASE_LEARNER)
    everyone = {split: shipped_for(split) for split in SPLITS}
    found = [_learner(n, split, root, seed) for n in longest for split, names in everyone.items() if n in names]
    for split in FULL_SPLITS:
        base = f"{split}/{BASE_LEARNER}"
        found.append(_episodes(split, "characters", root, seed))
        found += [_learner(name, split, root, seed) for name in everyone[split] if name not in longest]
        for name in FAMILIES:
            fit = partial(make_embedder, name, split_name=split, root=root, seed=seed)
            found.append(Piece(f"{split}/{name}", fit, (base,)))
        found += [_map(family, split, root, seed) for family in MAPPED_FAMILIES]
        found.append(_map("gradient", split, root, seed, "glyphs"))
    for world, names in SHIPPED.items():
        found.append(_episodes("lake", world, root, seed))
        found += [_learner(name, "lake", root, seed, world) for name in names]
    return [*found, _map(EPISODE_MAP, "lake", root, seed)]


def make_all(characters: CharacterSet, root: Path, seed: int = 0) -> dict[str, Any]:
    """Make everything that ships, in the folder ``root``. What is there is kept; interrupted trainings go on.

    Every piece is made by one process on one thread, so that the same bits come out on any number of processors. As
    many pieces are made at a time as there are processors. Returns the checksum of each piece and the time it took, and
    writes them to ``root/manifest.json``. Raises MetalearnError for other data than Omniglot.
    """
    if characters.name != "omniglot":
        raise MetalearnError("what ships is trained on Omniglot; this is {name}", name=characters.name)
    everything = pieces(root, seed)
    waiting = [piece for piece in everything if not artifacts.exists(root / piece.path)]
    for piece in everything:
        if piece not in waiting:
            check_made_for(root / piece.path, characters, seed)
    running: dict[Future[None], Piece] = {}
    bar = tqdm(total=len(everything), initial=len(everything) - len(waiting), unit="piece")
    with workers(None, _start_worker) as processes, bar:
        while waiting or running:
            open_paths = {piece.path for piece in (*waiting, *running.values())}
            for piece in [piece for piece in waiting if not open_paths & set(piece.needs)]:
                waiting.remove(piece)
                running[processes.submit(_make, piece, characters)] = piece
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                bar.set_description(running.pop(future).path)
                future.result()
                bar.update()
    return write_manifest(root, seed)


def write_manifest(root: Path, seed: int) -> dict[str, Any]:
    """Write ``root/manifest.json``: versions, and the checksum, the size and the time of each artifact."""
    pieces_made: dict[str, dict[str, Any]] = {}
    for path in sorted(root.glob("*/*.json")):
        artifacts.settle(path.with_suffix(""))
        description = artifacts.describe(path)
        pieces_made[f"{path.parent.name}/{path.stem}"] = {
            "sha256": description["sha256"],
            "bytes": path.with_suffix(".safetensors").stat().st_size,
            "wall_s": description.get("wall_s"),
        }
    manifest = {
        "version": __version__,
        "seed": seed,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor_s": round(sum(entry["wall_s"] or 0 for entry in pieces_made.values()), 1),
        "bytes": sum(entry["bytes"] for entry in pieces_made.values()),
        "artifacts": pieces_made,
    }
    write_atomically(root / "manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")
    return manifest


def _learner(name: str, split: str, root: Path, seed: int, world: str = "characters") -> Piece:
    folder, recipe = artifact_folder(split, world), find_world(world).recipe(name)
    needs = [f"{base_folder(split, world)}/{BASE_LEARNER}"] if recipe.warm_start else []
    needs += [f"{folder}/episodes"] if recipe.twin else []
    make = partial(make_learner, name, split_name=split, root=root, seed=seed, world=world)
    return Piece(f"{folder}/{name}", make, tuple(needs))


def _episodes(split: str, world: str, root: Path, seed: int) -> Piece:
    make = partial(make_episode_embedder, split_name=split, world=world, root=root, seed=seed)
    return Piece(f"{artifact_folder(split, world)}/episodes", make, (f"{base_folder(split, world)}/{BASE_LEARNER}",))


def _map(family: str, split: str, root: Path, seed: int, data: str = "omniglot") -> Piece:
    path = map_path(split, family, data, root).relative_to(root)
    make = partial(_make_map, split_name=split, family=family, root=root, seed=seed, data=data)
    return Piece(str(path), make, (f"{path.parent}/{family}", f"{path.parent}/{DIFFICULTY_LEARNER}"))


def _make_map(characters: CharacterSet, split_name: str, family: str, root: Path, seed: int, data: str) -> None:
    mapped = make_glyphs() if data == "glyphs" else characters
    make_named_map(mapped, split_name, family, root, seed).save(map_path(split_name, family, mapped.name, root))


# --- in the worker processes -----------------------------------------------------------------------------------------


def _start_worker() -> None:
    torch.set_num_threads(1)
    keep_freed_memory()
    os.environ["TQDM_DISABLE"] = "1"  # the parent process shows one bar for all


def _make(piece: Piece, characters: CharacterSet) -> None:
    piece.make(characters)
