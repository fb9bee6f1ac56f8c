"""The exercises that check themselves: which notebook they are in, what they ask, and their solutions."""

import ast
import itertools
import json
import re
from dataclasses import dataclass
from pathlib import Path

from metalearn.course.edition import source_of

CHECKED = re.compile(r"^ml\.check\.(\w+)\(\1\)$", re.MULTILINE)  # the last line of a cell in which a student works


@dataclass(frozen=True)
class Exercise:
    """A function for a student to write.

    Parameters
    ----------
    notebook : str
        The name of the notebook that asks for it, without its ending.
    name : str
        The function's name, and its check's.
    text : str
        What the notebook asks.
    """

    notebook: str
    name: str
    text: str


def checked_exercises(notebooks: Path) -> list[Exercise]:
    """Return the exercises of all notebooks in a folder whose cells end in ``ml.check.NAME(NAME)``, in order."""
    found = []
    for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        for asked, cell in itertools.pairwise(cells):
            if cell["cell_type"] == "code" and (check := CHECKED.search(source_of(cell))):
                found.append(Exercise(path.stem, check[1], source_of(asked)))
    return found


def read_solutions(folder: Path) -> dict[str, str]:
    """Return the source of every function in the files ``NN.py`` of a folder, by its name."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("[0-9][0-9].py")):
        source = path.read_text("utf-8")
        functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        found |= {function.name: ast.get_source_segment(source, function) or "" for function in functions}
    return found


def split_body(source: str) -> tuple[str, str]:
    """Split a function's source after its docstring: what a student is given, and what they write."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    lines, given = source.splitlines(), function.body[0].end_lineno
    return "\n".join(lines[:given]), "\n".join(lines[given:])
