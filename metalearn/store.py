"""Artifacts: a safetensors file for the arrays and a JSON file beside it that says what they are. No pickles."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from metalearn import __version__
from metalearn.errors import MetalearnError
from metalearn.files import sha256, write_atomically

PRETRAINED = Path(__file__).parent / "pretrained"


def save(path: Path, arrays: dict[str, np.ndarray], description: dict[str, Any]) -> None:
    """Write ``path.safetensors`` and ``path.json``; the description gets the kit's version and the arrays' checksum.

    The arrays are written first, so that an interrupted save leaves a pair that does not match and is refused.
    """
    content = safetensors.numpy.save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    entry = {**description, "version": __version__, "sha256": sha256(content)}
    write_atomically(_with(path, ".safetensors"), content)
    write_atomically(_with(path, ".json"), json.dumps(entry, indent=1, ensure_ascii=False).encode() + b"\n")


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what :func:`save` wrote. Raises MetalearnError where a file is missing, altered or not one of ours."""
    try:
        content = _with(path, ".safetensors").read_bytes()
        description = json.loads(_with(path, ".json").read_text("utf-8"))
        if sha256(content) != description["sha256"]:
            raise MetalearnError(
                f"{_with(path, '.safetensors')} was altered or cut short (its checksum differs); "
                "restore it, or make it again with 'metalearn train'"
            )
        return safetensors.numpy.load(content), description
    except FileNotFoundError as error:
        raise MetalearnError(
            f"there is no artifact {error.filename}; restore it, or make it with 'metalearn train'"
        ) from error
    except (
        OSError,
        UnicodeDecodeError,
        KeyError,
        TypeError,
        json.JSONDecodeError,
        safetensors.SafetensorError,
    ) as error:
        raise MetalearnError(
            f"{path} is not an artifact of this kit ({error}); make it with 'metalearn train'"
        ) from error


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
