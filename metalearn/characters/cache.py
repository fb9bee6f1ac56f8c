"""The cache: a character set is read once, and then kept as one array with a checksum."""

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from metalearn._files import cache_dir, sha256, write_atomically
from metalearn.characters.character_set import CharacterSet

log = logging.getLogger("metalearn")


def cache_file(key: str) -> Path:
    """Return where the character set of this name is kept."""
    return cache_dir() / f"{key}.npy"


def cached(key: str, build: Callable[[], CharacterSet]) -> CharacterSet:
    """Read the character set kept under ``key``, or build and keep it. A damaged copy is built again."""
    path = cache_file(key)
    description = path.with_suffix(".json")
    try:
        entry = json.loads(description.read_text("utf-8"))
        content = path.read_bytes()
        if sha256(content) == entry.pop("sha256"):
            images = np.load(io.BytesIO(content), allow_pickle=False)
            characters, drawers = tuple(entry.pop("characters")), tuple(entry.pop("drawers"))
            return CharacterSet(
                images=images, characters=characters, drawers=drawers, counts=np.array(entry.pop("counts")), **entry
            )
        log.warning("the cached copy of %s is damaged and is made anew", key)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("the cached copy of %s cannot be read (%s) and is made anew", key, error)
    built = build()
    try:
        _write_cache(path, built)
    except OSError as error:
        log.warning("could not keep a copy in %s (%s); the next start reads it all again", path.parent, error)
    return built


def _write_cache(path: Path, built: CharacterSet) -> None:
    buffer = io.BytesIO()
    np.save(buffer, built.images, allow_pickle=False)
    entry = {
        "name": built.name,
        "source": built.source,
        "citation": built.citation,
        "characters": built.characters,
        "drawers": built.drawers,
        "counts": built.counts.tolist(),
        "sha256": sha256(buffer.getbuffer()),
    }
    write_atomically(path, buffer.getvalue())
    write_atomically(path.with_suffix(".json"), json.dumps(entry).encode())
