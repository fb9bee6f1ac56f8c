"""Artifacts: a safetensors file with arrays, and a JSON file beside it that says what they are. No pickles."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from metalearn import __version__
from metalearn._files import sha256, write_atomically
from metalearn.errors import MetalearnError

PRETRAINED = Path(__file__).parent / "pretrained"


def save(path: Path, arrays: dict[str, np.ndarray], description: dict[str, Any]) -> None:
    """Write ``path.safetensors`` and ``path.json``, with the kit's version and the arrays' checksum.

    The arrays are written first: an interrupted save leaves two files that do not match, and loading refuses them.
    """
    content = safetensors.numpy.save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    entry = {**description, "version": __version__, "sha256": sha256(content)}
    write_atomically(_with(path, ".safetensors"), content)
    write_atomically(_with(path, ".json"), json.dumps(entry, indent=1, ensure_ascii=False).encode() + b"\n")


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what :func:`save` wrote; arrays in half precision come back in single precision.

    Raises MetalearnError where a file is missing, altered or not one of ours.
    """
    description = describe(_with(path, ".json"))
    file = _with(path, ".safetensors")
    try:
        content = file.read_bytes()
        if sha256(content) != description["sha256"]:
            raise MetalearnError(
                "{file} was altered or cut short (its checksum differs); restore it, or make it again with "
                "'metalearn train'",
                file=file,
            )
        arrays = safetensors.numpy.load(content)
        return {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in arrays.items()}, description
    except FileNotFoundError as error:
        raise _missing(file) from error
    except (OSError, KeyError, safetensors.SafetensorError) as error:
        raise MetalearnError(
            "{file} is not an artifact of this kit ({error}); restore it", file=file, error=str(error)
        ) from error


def describe(file: Path) -> dict[str, Any]:
    """Read the description in ``file``, the ``.json`` half of an artifact. Raises MetalearnError like :func:`load`."""
    try:
        description = json.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise _missing(file) from error
    except (OSError, ValueError) as error:
        raise MetalearnError(
            "{file} does not describe an artifact of this kit ({error}); restore it", file=file, error=str(error)
        ) from error
    if not isinstance(description, dict):
        raise MetalearnError("{file} does not describe an artifact of this kit; restore it", file=file)
    return description


def _missing(file: Path) -> MetalearnError:
    return MetalearnError("there is no artifact {file}; restore it, or make it with 'metalearn train'", file=file)


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
