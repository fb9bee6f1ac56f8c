"""The checked exercises as assignments for graders: nbgrader, and otter-grader.

Both make the students' notebook from one with solutions, and grade with cells that fail. So both get the imports, and
for each exercise its text, its solution and the test ``assert result.passed``. What differs is how they mark which is
which: nbgrader in a cell's metadata, otter-grader in raw cells around it.
"""

import ast
import json
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from metalearn.course.exercises import Exercise, checked_exercises, read_solutions, split_body

POINTS = 1  # for each exercise: a check holds or it does not
KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
TITLE = "# {notebook}\n\nFill in the functions. The cell below each one checks yours, and says what is wrong with it."

Cell = dict[str, Any]


def assignment_files(notebooks: Path, grader: str) -> dict[str, bytes]:
    """Return the assignments' source files, by their path in the folder that the grader works in.

    Parameters
    ----------
    notebooks : path
        The folder with the course's notebooks and their solutions.
    grader : str
        "nbgrader" or "otter".

    Returns
    -------
    dict of str to bytes
        For nbgrader ``source/NAME/NAME.ipynb``, as its commands expect it; for otter-grader ``NAME.ipynb``, for
        ``otter assign``. There is one for each notebook with checked exercises.
    """
    solutions, (place, begin, mark) = read_solutions(notebooks / "solutions"), GRADERS[grader]
    found = {}
    for name, exercises in groupby(checked_exercises(notebooks), lambda exercise: exercise.notebook):
        imports = _imports(notebooks / "solutions" / f"{name[:2]}.py")
        cells = [*begin, _markdown(TITLE.format(notebook=name)), _code(f"{imports}\n\nimport metalearn as ml")]
        for exercise in exercises:
            cells += mark(exercise, solutions[exercise.name])
        found[place.format(name=name)] = _notebook(cells)
    return found


def _imports(solution_file: Path) -> str:
    source = solution_file.read_text("utf-8")
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(node) for node in nodes)


def _nbgrader(exercise: Exercise, solution: str) -> list[Cell]:
    given, body = split_body(solution)
    written = f"{given}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return [
        _graded(_markdown(exercise.text), f"{exercise.name}-text", locked=True),
        _graded(_code(written), exercise.name, solution=True),
        _graded(_code(_test(exercise.name)), f"{exercise.name}-check", locked=True, grade=True),
    ]


def _graded(cell: Cell, name: str, *, locked: bool = False, solution: bool = False, grade: bool = False) -> Cell:
    """Mark a cell for nbgrader: who may change it, and whether it gives points."""
    marks = {"schema_version": 3, "grade_id": name, "locked": locked, "solution": solution, "grade": grade}
    points = {"points": POINTS} if grade else {}
    return cell | {"metadata": {"nbgrader": {**marks, **points, "cell_type": cell["cell_type"], "task": False}}}


def _otter(exercise: Exercise, solution: str) -> list[Cell]:
    given, body = split_body(solution)
    written = f"{given}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"
    return [
        _raw(f"# BEGIN QUESTION\nname: {exercise.name}\npoints: {POINTS}"),
        _markdown(exercise.text),
        _raw("# BEGIN SOLUTION"),
        _code(written),
        _raw("# END SOLUTION"),
        _raw("# BEGIN TESTS"),
        _code(_test(exercise.name)),
        _raw("# END TESTS"),
        _raw("# END QUESTION"),
    ]


def _test(name: str) -> str:
    """Return a cell that fails unless the check passes; then it shows the hint."""
    return f"result = ml.check.{name}({name})\nassert result.passed, result"


def _markdown(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _raw(text: str) -> Cell:
    return {"cell_type": "raw", "metadata": {}, "source": text}


def _code(text: str) -> Cell:
    return {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}


def _notebook(cells: list[Cell]) -> bytes:
    numbered = [{"id": f"cell-{number:02}", **cell} for number, cell in enumerate(cells)]
    whole = {"cells": numbered, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()


# Where its source files lie, the cells that they begin with, and how an exercise is marked.
GRADERS: dict[str, tuple[str, list[Cell], Callable[[Exercise, str], list[Cell]]]] = {
    "nbgrader": ("source/{name}/{name}.ipynb", [], _nbgrader),
    "otter": ("{name}.ipynb", [_raw("# ASSIGNMENT CONFIG\ninit_cell: true")], _otter),
}
