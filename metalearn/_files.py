"""Where the kit keeps its files, and how it writes them: completely or not at all."""

import hashlib
import json
import math
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import platformdirs

from metalearn.errors import MetalearnError


def cache_dir() -> Path:
    """Return the folder for data the kit can make again (``METALEARN_CACHE``, else the system's cache folder)."""
    folder = os.environ.get("METALEARN_CACHE")
    return user_path(folder) if folder else platformdirs.user_cache_path("metalearn-kit", appauthor=False)


def user_path(path: str | Path) -> Path:
    """Return a path that a user wrote, with ``~`` and ``..`` resolved, so that it means the same in every process."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, the home of nobody, a NUL in the name
        raise MetalearnError("{path} is not a path ({error})", path=repr(str(path)), error=in_words(error)) from error


def in_words(error: BaseException) -> str:
    """Return what a library's error says, on one line and without the addresses of objects in memory."""
    text = re.sub(r"\s*<[^<>]* at 0x[0-9a-fA-F]+>", "", str(error))
    return " ".join(text.split()) or type(error).__name__


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old content or the new, even after a crash, and never half of it.

    ``mode`` says who may read and write it; by default all may read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sha256(content: bytes | memoryview) -> str:
    """Return the SHA-256 of ``content`` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: Any, indent: int | None = None, ensure_ascii: bool = True) -> str:
    """Return ``value`` as JSON that every reader takes: null stands where a float is no number (NaN, infinity)."""
    return json.dumps(finite(value), indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)


def finite(value: Any) -> Any:
    """Return ``value`` with None wherever a float in it is no number."""
    if isinstance(value, dict):
        return {name: finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
