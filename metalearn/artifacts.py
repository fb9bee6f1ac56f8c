"""Artifacts: a safetensors file with arrays, and a JSON file beside it that says what they are. No pickles."""

import contextlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from metalearn import __version__
from metalearn._files import sha256, write_atomically
from metalearn.errors import MetalearnError
from metalearn.schema import check_entries, unusable

Arrays = dict[str, np.ndarray]
Description = dict[str, Any]

PRETRAINED = Path(__file__).parent / "pretrained"


def save(path: Path, arrays: dict[str, np.ndarray], description: dict[str, Any]) -> None:
    """Write ``path.safetensors`` and ``path.json``, with the kit's version and the arrays' checksum.

    Two files cannot be replaced at once, so the arrays wait under another name until the description has been replaced.
    That is the moment in which the old artifact becomes the new one: :func:`load` takes the arrays that the description
    names, wherever they are. Whoever is interrupted leaves the old artifact or the new, and never a mixture.
    """
    content = safetensors.numpy.save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    entry = {**description, "version": __version__, "sha256": sha256(content)}
    settle(path)
    write_atomically(_places(path)[0], content)
    write_atomically(_with(path, ".json"), json.dumps(entry, indent=1, ensure_ascii=False).encode() + b"\n")
    settle(path)


def load(path: Path, kind: str | None = None, entries: Mapping[str, Any] | None = None) -> tuple[Arrays, Description]:
    """Read what :func:`save` wrote; arrays in half precision come back in single precision.

    ``kind`` is what it has to be, and ``entries`` are the types of what its description has to say; see
    :func:`metalearn.schema.check_entries`. What the arrays have to be is for the caller to check, who knows it from the
    description.

    Raises MetalearnError where a file is missing, altered, of a newer version, or not what it should be.
    """
    file = _with(path, ".json")
    description = describe(file)
    if kind is not None and description.get("kind") != kind:
        raise unusable(file, f"its kind is {description.get('kind')!r}, not {kind!r}")
    check_entries(file, description, entries or {})
    with contextlib.suppress(OSError):  # in a folder that cannot be written, they stay where they are
        settle(path)
    return _read_arrays(path, description["sha256"]), description


def describe(file: Path) -> Description:
    """Read the description in ``file``, the ``.json`` half of an artifact. Raises MetalearnError like :func:`load`."""
    try:
        description = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MetalearnError(
            "there is no artifact {file}; restore it, or make it with 'metalearn train'", file=file
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(file, f"it is no description ({error})") from error
    if not isinstance(description, dict):
        raise unusable(file, "it is no description")
    check_entries(file, description, {"version": str, "sha256": str})
    if not re.match(r"\d+\.\d+\.\d+", description["version"]):
        raise unusable(file, f"{description['version']!r} is not a version of this kit")
    if _release(description["version"]) > _release(__version__):
        raise MetalearnError(
            "{file} was written by version {newer} of this kit, and this is {version}; install the newer version",
            file=file,
            newer=description["version"],
            version=__version__,
        )
    return description


def exists(path: Path) -> bool:
    """Whether there is an artifact at ``path``: its description is what makes it one."""
    return _with(path, ".json").exists()


def settle(path: Path) -> None:
    """Put the arrays of an artifact in their place, where an interrupted :func:`save` has left them waiting."""
    waiting, file = _places(path)
    # Another process that writes the same may be quicker.
    with contextlib.suppress(FileNotFoundError, MetalearnError):
        if sha256(waiting.read_bytes()) == describe(_with(path, ".json"))["sha256"]:
            os.replace(waiting, file)


def _read_arrays(path: Path, checksum: str) -> Arrays:
    there = [place for place in _places(path) if place.exists()]
    if not there:
        raise unusable(_with(path, ".json"), f"{path.name}.safetensors is missing beside it")
    file = there[-1]
    try:
        for place in there:
            content = place.read_bytes()
            if sha256(content) == checksum:
                arrays = safetensors.numpy.load(content)
                return {n: a.astype(np.float32) if a.dtype == np.float16 else a for n, a in arrays.items()}
    except (OSError, KeyError, TypeError, AttributeError, ValueError, safetensors.SafetensorError) as error:
        raise unusable(file, f"its arrays cannot be read ({error})") from error
    raise unusable(file, "it was altered or cut short (its checksum differs)")


def _places(path: Path) -> tuple[Path, Path]:
    """Return where the arrays of an artifact may be: on their way, and in their place."""
    return _with(path, ".safetensors.new"), _with(path, ".safetensors")


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def halved(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays with all matrices in half precision, which is how they ship.

    Vectors, such as variances, take little room and may hold very small numbers: they stay as they are.
    """
    return {name: a.astype(np.float16) if a.dtype.kind == "f" and a.ndim > 1 else a for name, a in arrays.items()}


def below(prefix: str, entries: dict[str, Any]) -> dict[str, Any]:
    """Return the entries whose names begin with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in entries.items() if name.startswith(prefix)}


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
