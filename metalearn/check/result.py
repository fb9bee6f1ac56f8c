"""What a check is made of: points, in order, and the result that a student reads."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metalearn.learners.backbone import Params

Attempt = Callable[..., Any]
Point = tuple[bool, str, str]  # whether it holds; what to say if it does; a hint if it does not


@dataclass(frozen=True, repr=False)
class Result:
    """What a check found: the points that hold, and a hint for the first that does not.

    Parameters
    ----------
    exercise : str
        The name of the exercise.
    holds : tuple of str
        What holds, in the order in which it was checked.
    hint : str or None
        What to think about next; None if everything holds.
    """

    exercise: str
    holds: tuple[str, ...]
    hint: str | None

    @property
    def passed(self) -> bool:
        """Whether every point holds."""
        return self.hint is None

    def __repr__(self) -> str:
        lines = [f"{self.exercise}: {'everything that was checked holds' if self.passed else 'not yet'}"]
        lines += [f"  ✓ {claim}" for claim in self.holds]
        return "\n".join(lines + ([f"  → {self.hint}"] if self.hint else []))


class StoppedError(Exception):
    """The student's function returned nothing that can be checked; the message is the hint."""


def exercise(points: Callable[[Attempt], Iterator[Point]]) -> Callable[[Attempt], Result]:
    """Turn a generator of points into a check."""

    @functools.wraps(points)
    def check(attempt: Attempt) -> Result:
        holds: list[str] = []
        try:
            for held, claim, hint in points(_guarded(attempt)):
                if not held:
                    return Result(points.__name__, tuple(holds), hint)
                holds.append(claim)
        except StoppedError as stopped:
            return Result(points.__name__, tuple(holds), str(stopped))
        return Result(points.__name__, tuple(holds), None)

    return check


def _guarded(attempt: Attempt) -> Attempt:
    def called(*arguments: Any) -> Any:
        try:
            found = attempt(*arguments)
        except Exception as error:
            first_line = next(iter(str(error).strip().splitlines()), "without a message")
            raise StoppedError(f"it stopped with {type(error).__name__}: {first_line}") from error
        if found is None or found is ...:
            raise StoppedError("it returns nothing yet: fill in the body, and end it with return")
        return found

    return called


def shaped(found: Any, *shape: int, why: str = "") -> Point:
    """Check the type and shape of what the student's function returned, and that its numbers are finite."""
    right = isinstance(found, (Tensor, np.ndarray)) and tuple(found.shape) == shape
    what = f"{list(found.shape)}" if isinstance(found, (Tensor, np.ndarray)) else f"a {type(found).__name__}"
    if right and not np.isfinite(array(found)).all():
        return False, "", "some numbers are not finite: look for a missing entry, a division by zero or a root of one"
    return (
        right,
        f"the shape is {list(shape)}",
        f"it returns {what} where {list(shape)} is expected{why and '; ' + why}",
    )


def named(found: Any, like: Params) -> Point:
    """Check that the student's function returned a dictionary of tensors with the names and shapes of ``like``."""
    shapes = {name: list(p.shape) for name, p in like.items()}
    right = isinstance(found, dict) and all(isinstance(p, Tensor) for p in found.values())
    what = {name: list(p.shape) for name, p in found.items()} if right else f"a {type(found).__name__}"
    return what == shapes, "names and shapes are right", f"it returns {what} where {shapes} is expected"


def array(values: Any) -> np.ndarray:
    """Return what the student's function returned as an array of numbers; the check stops if it is none."""
    try:
        return values.detach().numpy() if isinstance(values, Tensor) else np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise StoppedError(f"it returns a {type(values).__name__} where numbers are expected") from error


def close(a: Any, b: Any) -> bool:
    """Whether two arrays, or two dictionaries of them, hold the same numbers."""
    if isinstance(b, dict):
        return all(close(a[name], values) for name, values in b.items())
    first, second = array(a), array(b)
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-3, atol=1e-5))


def is_not(found: Any, wrong: Any, claim: str, hint: str) -> Point:
    """Check that the answer is not a wrong one that people often give."""
    return not close(found, wrong), claim, hint


def equals(found: Any, right: Any, what: str) -> Point:
    """Check the numbers against the right ones, which are called ``what``; the hint names the one furthest off."""
    pairs = [(found[name], right[name]) for name in right] if isinstance(right, dict) else [(found, right)]
    pairs = [(array(a).ravel(), array(b).ravel()) for a, b in pairs]
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    worst = int(np.abs(a - b).argmax())
    hint = f"the numbers are not those of {what}: number {worst} should be {b[worst]:.4f} and is {a[worst]:.4f}"
    return close(found, right), f"the numbers are those of {what}", hint


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Return normal random numbers, the same ones for the same seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
