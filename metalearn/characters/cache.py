"""The cache: a character set is read once, and then kept as an artifact."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from metalearn import artifacts
from metalearn._files import cache_dir
from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.errors import MetalearnError
from metalearn.schema import Array, check_arrays, unusable, whole

log = logging.getLogger("metalearn")

ENTRIES: dict[str, Any] = {"name": str, "source": str, "citation": str, "characters": list[str], "drawers": list[str]}
LAYOUT = {"images": Array("u", ("characters", "drawings", IMAGE_SIZE, IMAGE_SIZE)), "counts": whole("characters")}


def cache_file(key: str) -> Path:
    """Return the file that says which character set is kept under this name; its drawings are beside it."""
    return cache_dir() / f"{key}.json"


def cached(key: str, build: Callable[[], CharacterSet]) -> CharacterSet:
    """Read the character set kept under ``key``, or build and keep it. A damaged copy is built again."""
    kept = read_cache(key)
    if kept is not None:
        return kept
    built = build()
    try:
        write_cache(key, built)
    except MetalearnError as error:
        log.warning("%s; the next start reads it all again", error)
    return built


def read_cache(key: str) -> CharacterSet | None:
    """Return the character set kept under ``key``; None where there is none, or a damaged one."""
    if not cache_file(key).exists():
        return None
    try:
        return _read(cache_dir() / key)
    except MetalearnError as error:
        log.warning("the cached copy of %s is made anew: %s", key, error)
        return None


def write_cache(key: str, characters: CharacterSet) -> None:
    """Keep a character set under ``key``, in place of what was there. Raises MetalearnError where there is no room."""
    arrays = {"images": characters.images, "counts": characters.counts}
    description = {name: getattr(characters, name) for name in ENTRIES}
    try:
        artifacts.save(cache_dir() / key, arrays, {"kind": "characters", **description})
    except OSError as error:
        raise MetalearnError(
            "could not keep a copy in {folder} ({error})", folder=cache_dir(), error=str(error)
        ) from error


def _read(path: Path) -> CharacterSet:
    arrays, description = artifacts.load(path, "characters", ENTRIES)
    said = {name: description[name] for name in ENTRIES}
    said |= {name: tuple(said[name]) for name in ("characters", "drawers")}
    check_arrays(path, arrays, LAYOUT, {"characters": len(said["characters"]), "drawings": len(said["drawers"])})
    images, counts = arrays["images"], arrays["counts"]
    if not len(images) or counts.min() < 1 or counts.max() > images.shape[1] or images.dtype != np.uint8:
        raise unusable(path, "its characters do not have the drawings that it says")
    return CharacterSet(**said, images=images, counts=counts)
