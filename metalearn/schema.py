"""What a file has to hold before it is used: entries of the right types, arrays of the right shapes, finite numbers.

A checksum says that a file is as it was written. It does not say that what was written fits.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin

import numpy as np

from metalearn.errors import MetalearnError


class Array(NamedTuple):
    """What an array has to be.

    Parameters
    ----------
    kinds : str
        The kinds of its numbers, in NumPy's letters: "f" for fractions, "iu" for whole numbers.
    shape : tuple
        The length of each dimension: a number or a name. Dimensions of one name have one length.

    Examples
    --------
    >>> from metalearn.schema import check_arrays, floats
    >>> wanted = {"embedding": floats("tasks", "D"), "umap": floats("tasks", 2)}
    >>> check_arrays("a map", {"embedding": np.zeros((5, 3)), "umap": np.zeros((5, 2))}, wanted)
    {'tasks': 5, 'D': 3}
    """

    kinds: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        kind = {"f": "fractions", "u": "bytes"}.get(self.kinds, "whole numbers")
        return f"{kind} [{', '.join(map(str, self.shape))}]"


Layout = Mapping[str, Array]  # all arrays that there have to be


def floats(*shape: int | str) -> Array:
    """Return the layout of an array of fractions."""
    return Array("f", shape)


def whole(*shape: int | str) -> Array:
    """Return the layout of an array of whole numbers."""
    return Array("iu", shape)


def layout_of(values: Mapping[str, Any]) -> dict[str, Array]:
    """Return the layout of arrays or tensors that are there, those of a module's ``state_dict()`` for example."""
    return {n: Array("f" if "float" in str(v.dtype) else "biu", tuple(v.shape)) for n, v in values.items()}


def below(prefix: str, layout: Layout) -> dict[str, Array]:
    """Return the layout of the same arrays whose names begin with ``prefix``."""
    return {f"{prefix}{name}": array for name, array in layout.items()}


def check_entries(file: Path | str, entries: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Check that ``entries``, read from JSON, hold every wanted name with a value of its type.

    Types are written as in annotations: ``list[str]``, ``str | None``, ``tuple[int, float]`` for a list of those two.
    Raises MetalearnError naming ``file``.
    """
    for name, kind in wanted.items():
        if name not in entries:
            raise unusable(file, f"it lacks {name!r}")
        if not _is(entries[name], kind):
            raise unusable(file, f"its {name!r} is not what it should be, {_named(kind)}")


def check_arrays(
    file: Path | str, arrays: Mapping[str, np.ndarray], wanted: Layout, sizes: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Check that ``arrays`` are the wanted ones, no more and no fewer, of these shapes, and finite.

    ``sizes`` are lengths of named dimensions that are known already. Returns those of all named dimensions.
    Raises MetalearnError naming ``file``.
    """
    found = dict(sizes or {})
    for name in wanted:
        if name not in arrays:
            raise unusable(file, f"it lacks the array {name!r}")
    for name, array in arrays.items():
        if name not in wanted:
            raise unusable(file, f"nothing is known of its array {name!r}")
        kinds, shape = wanted[name]
        if array.dtype.kind not in kinds or len(array.shape) != len(shape):
            raise unusable(file, f"its array {name!r} is {array.dtype} {list(array.shape)}, not {wanted[name]}")
        for length, size in zip(array.shape, shape, strict=True):
            if length != (size if isinstance(size, int) else found.setdefault(size, length)):
                known = ", ".join(str(found.get(str(size), size)) for size in shape)
                raise unusable(file, f"its array {name!r} is {list(array.shape)}, not [{known}]")
        if not np.isfinite(array).all():
            raise unusable(file, f"its array {name!r} holds numbers that are not finite")
    return found


def unusable(file: Path | str, reason: str) -> MetalearnError:
    """Return the error for a file that does not hold what it should."""
    return MetalearnError(
        "{file} cannot be used: {reason}; restore it, or remove it and make it again", file=file, reason=reason
    )


def _is(value: Any, kind: Any) -> bool:
    """Whether a value from JSON is of a type, as annotations write it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return any(_is(value, one) for one in inner)
    if origin is list:
        return isinstance(value, list) and all(_is(entry, inner[0]) for entry in value)
    if origin is tuple:
        return isinstance(value, list) and len(value) == len(inner) and all(map(_is, value, inner))
    if origin is dict:
        return isinstance(value, dict) and all(_is(n, inner[0]) and _is(v, inner[1]) for n, v in value.items())
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    if kind is int:
        return type(value) is int
    return kind is Any or isinstance(value, kind)


def _named(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
