"""What a check is made of: points, in order, and the result that a student reads."""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metalearn.check.texts import Text, said
from metalearn.course.progress import note_attempt
from metalearn.learners.backbone import Params

Attempt = Callable[..., Any]
Point = tuple[bool, str | Text, str | Text]  # whether it holds; what to say if it does; a hint if it does not
Mistakes = Mapping[str, Mapping[Any, str]]  # for each option of a formula, its wrong values, each with its hint

# What PyTorch and NumPy say of common mistakes, and what is meant.
ERRORS = {
    "NoneType": "something is None where a tensor is needed. backward() fills .grad of leaves only, and "
    "parameters inside the inner loop are no leaves: ask torch.autograd.grad for the gradients",
    "does not require grad": "nothing leads back from here to what should be differentiated: somewhere the graph "
    "was detached (.detach(), .data, .item(), no_grad)",
    "implicitly created only for scalar": "only one number can be differentiated: take the sum of the losses first",
    "a second time": "the graph was freed after its first use: differentiate once, or ask for create_graph=True",
    "in-place operation": "a parameter was changed in place (+=, -=): make a new one instead",
    "numpy() on Tensor that requires grad": "NumPy knows no graph: stay with torch operations, all the way",
    "not have been used in the graph": "one of the parameters took no part in the loss: was it replaced by a copy?",
    "shapes cannot be multiplied": "the shapes do not fit in a matrix product: is one of them the wrong way round?",
    "mismatch in its core dimension": "the shapes do not fit in a matrix product: is one of them the wrong way round?",
    "must match the size": "two shapes do not line up: PyTorch aligns the last dimensions; add one with [:, None]",
    "could not be broadcast": "two shapes do not line up: NumPy aligns the last dimensions; add one with [:, None]",
}


@dataclass(frozen=True, repr=False)
class Result:
    """What a check found: the points that hold, and hints for the first that does not.

    Parameters
    ----------
    exercise : str
        The name of the exercise.
    holds : tuple of str
        What holds, in the order in which it was checked.
    hints : tuple of str
        What to think about next: first what went wrong, then how to go about the exercise, in more and more detail.
        Empty if everything holds.
    shown : int
        How many of the hints are printed.
    """

    exercise: str
    holds: tuple[str, ...]
    hints: tuple[str, ...] = ()
    shown: int = 1

    @property
    def hint(self) -> str | None:
        """What went wrong; None if everything holds."""
        return self.hints[0] if self.hints else None

    @property
    def passed(self) -> bool:
        """Whether every point holds."""
        return not self.hints

    def __repr__(self) -> str:
        verdict = "{name}: everything that was checked holds" if self.passed else "{name}: not yet"
        lines = [said(Text(verdict, name=self.exercise))]
        lines += ["  ✓ " + claim for claim in self.holds]
        lines += ["  → " + hint for hint in self.hints[: self.shown]]
        if self.shown < len(self.hints):
            more = "(more help: ml.check.{name}({name}, hint={number}))"
            lines.append("  " + said(Text(more, name=self.exercise, number=self.shown + 1)))
        return "\n".join(lines)


class StoppedError(Exception):
    """The student's function returned nothing that can be checked; ``hint`` says why."""

    def __init__(self, hint: str | Text) -> None:
        super().__init__(hint)
        self.hint = hint


def exercise(*steps: str) -> Callable[[Callable[[Attempt], Iterator[Point]]], Callable[..., Result]]:
    """Turn a generator of points into a check; ``steps`` say how to go about the exercise, in more and more detail."""

    def decorate(points: Callable[[Attempt], Iterator[Point]]) -> Callable[..., Result]:
        @functools.wraps(points)
        def check(attempt: Attempt, hint: int = 1) -> Result:
            holds: list[str] = []
            wrong: str | Text | None = None
            try:
                for held, claim, message in points(_guarded(attempt)):
                    if not held:
                        wrong = message
                        break
                    if (text := said(claim)) not in holds:
                        holds.append(text)
            except StoppedError as stopped:
                wrong = stopped.hint
            hints = tuple(said(hint) for hint in (wrong, *steps)) if wrong else ()
            note_attempt(points.__name__, passed=not hints)
            return Result(points.__name__, tuple(holds), hints, max(1, hint))

        return check

    return decorate


def _guarded(attempt: Attempt) -> Attempt:
    def called(*arguments: Any) -> Any:
        try:
            found = attempt(*arguments)
        except Exception as error:
            first_line = next(iter(str(error).strip().splitlines()), "without a message")
            meant = next((meant for words, meant in ERRORS.items() if words in str(error)), None)
            template = "it stopped with {error}: {line}; {meant}" if meant else "it stopped with {error}: {line}"
            raise StoppedError(Text(template, error=type(error).__name__, line=first_line, meant=meant)) from error
        if found is None or found is ...:
            raise StoppedError("it returns nothing yet: fill in the body, and end it with return")
        return found

    return called


def shaped(found: Any, *shape: int, why: str = "") -> Point:
    """Check the type and shape of what the student's function returned, and that its numbers are finite."""
    numbers = isinstance(found, (Tensor, np.ndarray))
    right = numbers and tuple(found.shape) == shape
    if right and not np.isfinite(array(found)).all():
        return False, "", "some numbers are not finite: look for a missing entry, a division by zero or a root of one"
    what = list(found.shape) if numbers else _kind(found)
    return right, Text("the shape is {shape}", shape=list(shape)), _unexpected(what, list(shape), why)


def _kind(found: Any) -> Text:
    return Text("a {kind}", kind=type(found).__name__)


def _unexpected(what: Any, expected: Any, why: str) -> Text:
    template = "it returns {what} where {expected} is expected"
    if why:
        template = "it returns {what} where {expected} is expected; {why}"
    return Text(template, what=what, expected=expected, why=why)


def named(found: Any, like: Params, why: str = "") -> Point:
    """Check that the student's function returned a dictionary of tensors with the names and shapes of ``like``."""
    shapes = {name: list(p.shape) for name, p in like.items()}
    right = isinstance(found, dict) and all(isinstance(p, Tensor) for p in found.values())
    what = {name: list(p.shape) for name, p in found.items()} if right else _kind(found)
    return what == shapes, "names and shapes are right", _unexpected(what, shapes, why)


def array(values: Any) -> np.ndarray:
    """Return what the student's function returned as an array of numbers; the check stops if it is none."""
    try:
        return values.detach().numpy() if isinstance(values, Tensor) else np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        kind = type(values).__name__
        raise StoppedError(Text("it returns a {kind} where numbers are expected", kind=kind)) from error


def close(a: Any, b: Any) -> bool:
    """Whether two arrays, or two dictionaries of them, hold the same numbers."""
    if isinstance(b, dict):
        return all(close(a[name], values) for name, values in b.items())
    first, second = array(a), array(b)
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-3, atol=1e-5))


def follows(found: Any, formula: Callable[..., Any], what: str | Text, /, **mistakes: Mapping[Any, str]) -> Point:
    """Check the numbers against ``formula()``, which is called ``what``.

    ``mistakes`` has, for each option of the formula, its wrong values and a hint for each. If the numbers are wrong,
    look for the mistake that gives exactly these numbers, and then for two made at once. If there is none, say by how
    much they are off.
    """
    right = formula()
    if close(found, right):
        return True, Text("the numbers are right: {what}", what=what), ""
    return False, "", mistaken(found, formula, **mistakes) or _difference(found, right, what)


def mistaken(found: Any, formula: Callable[..., Any], /, **mistakes: Mapping[Any, str]) -> str | Text:
    """Return the hint for the mistake, or the two, that give these numbers; nothing if there are none such."""
    single = [(option, value, hint) for option, hints in mistakes.items() for value, hint in hints.items()]
    for count in (1, 2):
        for made in itertools.combinations(single, count):
            options = {option: value for option, value, _ in made}
            if len(options) == count and close(found, formula(**options)):
                hints = [hint for _, _, hint in made]
                return hints[0] if count == 1 else Text("{first}. Also: {second}", first=hints[0], second=hints[1])
    return ""


def _difference(found: Any, right: Any, what: str | Text) -> Text:
    """Say how wrong numbers differ from the right ones: by a factor, if they do, or where they are furthest off."""
    pairs = [(found[name], right[name]) for name in right] if isinstance(right, dict) else [(found, right)]
    pairs = [(array(a).ravel(), array(b).ravel()) for a, b in pairs]
    a, b = (np.concatenate(side).astype(float) for side in zip(*pairs, strict=True))
    factor = float(a @ b / max(b @ b, 1e-12))
    if abs(factor) > 1e-3 and np.allclose(a, factor * b, rtol=1e-3, atol=1e-5):
        times = "every number is {factor:.4g} times that of {what}: a factor is missing, or there is one too many"
        return Text(times, factor=factor, what=what)
    at = int(np.abs(a - b).argmax())
    off = "the numbers are not those of {what}: number {at} should be {right:.4f} and is {found:.4f}"
    return Text(off, what=what, at=at, right=b[at], found=a[at])


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Return normal random numbers, the same ones for the same seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
