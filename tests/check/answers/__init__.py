"""Answers to the exercises as students give them, one file per notebook. To import this notes them all."""

from importlib import import_module
from pathlib import Path

from tests.check.answers.registry import BARE, EXERCISES, NOTEBOOKS, RIGHT, SOLUTIONS, WRONG, Answer, load

__all__ = ["BARE", "EXERCISES", "NOTEBOOKS", "RIGHT", "SOLUTIONS", "WRONG", "Answer", "load"]

for _file in sorted(Path(__file__).parent.glob("notebook*.py")):
    import_module(f"{__name__}.{_file.stem}")
