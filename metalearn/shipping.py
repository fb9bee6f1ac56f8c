"""Everything that ships, made by one command: which pieces there are, what each needs, and what each took."""

import json
import multiprocessing
import os
import platform
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from metalearn import __version__, families, making, mapmaking, maps, recipes, store
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.files import write_atomically
from metalearn.glyphs import glyphs


@dataclass(frozen=True)
class Piece:
    """An artifact at ``path`` below the root (without ending); ``make`` takes the characters and writes it."""

    path: str
    make: Callable[[CharacterSet], Any]
    needs: tuple[str, ...] = ()


def shipped() -> dict[str, list[str]]:
    """Name the artifacts that ship, by folder."""
    found = sorted(store.PRETRAINED.glob("*/*.json"))
    folders = sorted({p.parent.name for p in found} - {"results"})
    return {folder: [p.stem for p in found if p.parent.name == folder] for folder in folders}


def pieces(root: Path, seed: int = 0) -> list[Piece]:
    """Return everything that ships, what takes longest first."""
    longest = ("ensemble", "wide", families.BASE)
    everyone = {split: recipes.shipped_for(split) for split in recipes.SPLITS}
    found = [_learner(n, split, root, seed) for n in longest for split, names in everyone.items() if n in names]
    for split in recipes.SPLITS:
        base = f"{split}/{families.BASE}"
        found.append(_episodes(split, "character", root, seed))
        found += [_learner(name, split, root, seed) for name in everyone[split] if name not in longest]
        for name in families.FAMILIES:
            fit = partial(families.make_embedder, name, split_name=split, root=root, seed=seed)
            found.append(Piece(f"{split}/{name}", fit, (base,)))
        found += [_map(family, split, root, seed) for family in maps.FAMILIES]
    found.append(_map("gradient", "article", root, seed, "glyphs"))
    found.append(_episodes("lake", "mixed", root, seed))
    found += [_learner(name, "lake", root, seed, "mixed") for name in recipes.MIXED]
    return [*found, _map(maps.EPISODES, "lake", root, seed)]


def make_all(characters: CharacterSet, root: Path, seed: int = 0) -> dict[str, Any]:
    """Make everything that ships into ``root``; what is already there is kept, interrupted trainings are taken up.

    Every piece is made by one process on one thread, as many at a time as there are processors, so that the same bits
    come out whatever their number. Returns, and writes to ``root/manifest.json``, what each piece took and its
    checksum. Only Omniglot will do: raises MetalearnError for other data.
    """
    if characters.name != "omniglot":
        raise MetalearnError(f"what ships is trained on Omniglot; this is {characters.name}")
    everything = pieces(root, seed)
    waiting = [piece for piece in everything if not (root / f"{piece.path}.json").exists()]
    running: dict[Future[None], Piece] = {}
    workers = ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(characters,)
    )
    with workers, tqdm(total=len(everything), initial=len(everything) - len(waiting), unit="piece") as bar:
        while waiting or running:
            open_paths = {piece.path for piece in (*waiting, *running.values())}
            for piece in [piece for piece in waiting if not open_paths & set(piece.needs)]:
                waiting.remove(piece)
                running[workers.submit(_make, piece)] = piece
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                bar.set_description(running.pop(future).path)
                future.result()
                bar.update()
    return write_manifest(root, seed)


def write_manifest(root: Path, seed: int) -> dict[str, Any]:
    """Write ``root/manifest.json``: the versions, and of each artifact its checksum, its size and the time it took."""
    artifacts = {}
    for path in sorted(root.glob("*/*.json")):
        description = store.describe(path)
        artifacts[f"{path.parent.name}/{path.stem}"] = {
            "sha256": description["sha256"],
            "bytes": path.with_suffix(".safetensors").stat().st_size,
            "wall_s": description.get("wall_s"),
        }
    manifest = {
        "version": __version__,
        "seed": seed,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor_s": round(sum(entry["wall_s"] or 0 for entry in artifacts.values()), 1),
        "bytes": sum(entry["bytes"] for entry in artifacts.values()),
        "artifacts": artifacts,
    }
    write_atomically(root / "manifest.json", json.dumps(manifest, indent=1).encode() + b"\n")
    return manifest


def _learner(name: str, split: str, root: Path, seed: int, questions: str = "character") -> Piece:
    folder = recipes.folder_of(split, questions)
    recipe = recipes.recipe_of(name)
    needs = [f"{split}/{families.BASE}"] if recipe.warm_start else []
    needs += [f"{folder}/episodes"] if recipe.twin else []
    make = partial(making.make_learner, name, split_name=split, root=root, seed=seed, questions=questions)
    return Piece(f"{folder}/{name}", make, tuple(needs))


def _episodes(split: str, questions: str, root: Path, seed: int) -> Piece:
    make = partial(making.make_episode_embedder, split_name=split, questions=questions, root=root, seed=seed)
    return Piece(f"{recipes.folder_of(split, questions)}/episodes", make, (f"{split}/{families.BASE}",))


def _map(family: str, split: str, root: Path, seed: int, data: str = "omniglot") -> Piece:
    path = maps.path_of(split, family, data, root).relative_to(root)
    make = partial(_make_map, split_name=split, family=family, root=root, seed=seed, data=data)
    return Piece(str(path), make, (f"{path.parent}/{family}", f"{path.parent}/{mapmaking.LEARNER}"))


def _make_map(characters: CharacterSet, split_name: str, family: str, root: Path, seed: int, data: str) -> None:
    shown = glyphs() if data == "glyphs" else characters
    mapmaking.make(shown, split_name, family, root, seed)


# --- in the worker processes -----------------------------------------------------------------------------------------

_characters: CharacterSet


def _start_worker(characters: CharacterSet) -> None:
    global _characters
    _characters = characters
    torch.set_num_threads(1)
    os.environ["TQDM_DISABLE"] = "1"  # one bar for all of them: the parent's


def _make(piece: Piece) -> None:
    piece.make(_characters)
