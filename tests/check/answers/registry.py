"""Where answers to exercises are noted: wrong ones, with words of the hint they deserve, and right ones.

A wrong answer for which no hint names the mistake is noted with the words ``BARE``: it is told its numbers and no more.
"""

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from metalearn import check

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
EXERCISES = sorted(set(check.__all__) - {"Result"})
BARE = "the numbers are not those of"
Answer = Callable[..., Any]


def load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"course_{path.stem}", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


SOLUTIONS: dict[str, Answer] = {
    name: attempt
    for path in sorted((NOTEBOOKS / "solutions").glob("[0-9][0-9].py"))
    for name, attempt in vars(load(path)).items()
    if name in EXERCISES
}
WRONG: dict[str, list[tuple[str, Answer]]] = defaultdict(list)
RIGHT: dict[str, list[Answer]] = defaultdict(list)


def wrong(exercise: str, hint: str) -> Callable[[Answer], Answer]:
    """Note a wrong answer to an exercise, with some words of the hint it deserves."""

    def noted(attempt: Answer) -> Answer:
        WRONG[exercise].append((hint, attempt))
        return attempt

    return noted


def right(exercise: str) -> Callable[[Answer], Answer]:
    """Note another right answer to an exercise."""

    def noted(attempt: Answer) -> Answer:
        RIGHT[exercise].append(attempt)
        return attempt

    return noted
