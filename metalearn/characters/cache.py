"""The cache: a character set is read once, and then kept as an artifact."""

import json
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from metalearn import artifacts
from metalearn._files import cache_dir, in_words, sha256
from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.errors import MetalearnError
from metalearn.schema import Array, check_arrays, unusable, whole

log = logging.getLogger("metalearn")

ENTRIES: dict[str, Any] = {"name": str, "source": str, "citation": str, "characters": list[str], "drawers": list[str]}
LAYOUT = {"images": Array("u", ("characters", "drawings", IMAGE_SIZE, IMAGE_SIZE)), "counts": whole("characters")}


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
    path = cache_dir() / key
    if not artifacts.exists(path):
        return None
    try:
        arrays, description = artifacts.load(path, "characters", ENTRIES | {"said_sha256": str})
        said = {name: description[name] for name in ENTRIES}
        if description["said_sha256"] != _checksum(said):
            raise unusable(path, "what it says of itself was altered")
        said |= {name: tuple(said[name]) for name in ("characters", "drawers")}
        check_arrays(path, arrays, LAYOUT, {"characters": len(said["characters"]), "drawings": len(said["drawers"])})
        images, counts = arrays["images"], arrays["counts"]
        if not len(images) or counts.min() < 1 or counts.max() > images.shape[1] or images.dtype != np.uint8:
            raise unusable(path, "its characters do not have the drawings that it says")
    except MetalearnError as error:
        log.warning("the cached copy of %s is made anew: %s", key, error)
        return None
    return CharacterSet(**said, images=images, counts=counts)


def write_cache(key: str, characters: CharacterSet) -> None:
    """Keep a character set under ``key``, in place of what was there. Raises MetalearnError where there is no room."""
    arrays = {"images": characters.images, "counts": characters.counts}
    said = {name: getattr(characters, name) for name in ENTRIES}
    try:
        artifacts.save(cache_dir() / key, arrays, {"kind": "characters", **said, "said_sha256": _checksum(said)})
    except OSError as error:
        raise MetalearnError(
            "could not keep a copy in {folder} ({error})", folder=cache_dir(), error=in_words(error)
        ) from error


def _checksum(said: dict[str, Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode())
