"""The cache: a character set is read once, and then kept as one file, which is checked when it is read again."""

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from metalearn._files import cache_dir, in_words, sha256, write_atomically
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

log = logging.getLogger("metalearn")


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
    path = _cache_file(key)
    try:
        content = path.read_bytes()
        checksum, _, archive = content.partition(b"\n")
        if sha256(archive).encode() != checksum:
            raise MetalearnError("it was altered or cut short")
        with np.load(io.BytesIO(archive), allow_pickle=False) as kept:
            about = json.loads(kept["about"].tobytes())
            about["characters"], about["drawers"] = tuple(about["characters"]), tuple(about["drawers"])
            return CharacterSet(images=kept["images"], counts=kept["counts"], **about)
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever a damaged or foreign file makes NumPy's reader raise
        log.warning("the cached copy of %s cannot be used (%s) and is made anew", key, in_words(error))
        return None


def write_cache(key: str, characters: CharacterSet) -> None:
    """Keep a character set under ``key``, in place of what was there. Raises MetalearnError where there is no room."""
    about = {name: getattr(characters, name) for name in ("name", "source", "citation", "characters", "drawers")}
    buffer = io.BytesIO()
    np.savez(
        buffer,
        images=characters.images,
        counts=characters.counts,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
    )
    archive = buffer.getvalue()
    path = _cache_file(key)
    try:
        write_atomically(path, sha256(archive).encode() + b"\n" + archive)
    except OSError as error:
        raise MetalearnError(
            "could not keep a copy in {folder} ({error})", folder=path.parent, error=in_words(error)
        ) from error


def _cache_file(key: str) -> Path:
    return cache_dir() / f"{key}.characters"
