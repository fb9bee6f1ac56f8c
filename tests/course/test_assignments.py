"""The assignments hold every checked exercise, as the graders expect it; a wrong answer fails its test."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from metalearn.course.assignments import assignment_files
from metalearn.course.exercises import checked_exercises, read_solutions
from tests.check.answers import SOLUTIONS, WRONG

FOLDER = Path(__file__).parents[2] / "notebooks"
EXERCISES = checked_exercises(FOLDER)

every_grader = pytest.mark.parametrize("grader", ["nbgrader", "otter"])


@pytest.fixture(scope="module")
def made() -> dict[str, list[dict[str, Any]]]:
    return {
        grader: [json.loads(f) for f in assignment_files(FOLDER, grader).values()] for grader in ("nbgrader", "otter")
    }


def code(notebooks: list[dict[str, Any]]) -> list[str]:
    return [cell["source"] for notebook in notebooks for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_every_solution_has_its_exercise() -> None:
    assert sorted(one.name for one in EXERCISES) == sorted(SOLUTIONS)
    assert all(one.text.startswith("### Exercise ") for one in EXERCISES)


@every_grader
def test_they_are_valid_notebooks_with_every_exercise_and_its_test(made: Any, grader: str) -> None:
    for notebook in made[grader]:
        nbformat.validate(nbformat.from_dict(notebook))
    cells = code(made[grader])
    for exercise in EXERCISES:
        assert sum(f"def {exercise.name}(" in cell for cell in cells) == 1
        assert sum(f"ml.check.{exercise.name}({exercise.name})" in cell for cell in cells) == 1


@every_grader
def test_solutions_pass_and_wrong_answers_fail(made: Any, grader: str) -> None:
    (notebook,) = [n for n in made[grader] if "02_learning" in n["cells"][0]["source"] + n["cells"][1]["source"]]
    namespace: dict[str, Any] = {}
    for cell in code([notebook]):
        exec(cell, namespace)  # a test cell would raise
    namespace["reptile_step"] = WRONG["reptile_step"][0][1]
    with pytest.raises(AssertionError, match="reptile_step: not yet"):
        exec(code([notebook])[-1], namespace)


def test_nbgraders_cells_say_what_they_are(made: Any) -> None:
    marks = [c["metadata"]["nbgrader"] for n in made["nbgrader"] for c in n["cells"] if c["metadata"]]
    assert len({mark["grade_id"] for mark in marks}) == len(marks) == 3 * len(EXERCISES)
    for mark in marks:
        assert mark["schema_version"] == 3
        assert mark["grade"] == (mark["grade_id"].endswith("-check")) == ("points" in mark)
        assert mark["locked"] != mark["solution"]


@pytest.mark.parametrize(
    ("grader", "begin", "end"), [("nbgrader", "### BEGIN", "### END"), ("otter", "# BEGIN", "# END")]
)
def test_what_is_left_without_the_solution_is_the_blank(made: Any, grader: str, begin: str, end: str) -> None:
    solutions = read_solutions(FOLDER / "solutions")
    for exercise in EXERCISES:
        (cell,) = [cell for cell in code(made[grader]) if f"def {exercise.name}(" in cell]
        before, rest = cell.split(f"    {begin} SOLUTION\n")
        inside, after = rest.split(f"\n    {end} SOLUTION")
        assert before + inside == solutions[exercise.name]
        assert after == ""
        assert before.rstrip().endswith('"""')


def test_otters_raw_cells_come_in_pairs(made: Any) -> None:
    for notebook in made["otter"]:
        open_ones = []
        for raw in (cell["source"].splitlines()[0] for cell in notebook["cells"][1:] if cell["cell_type"] == "raw"):
            _, mark, what = raw.split(" ")
            if mark == "BEGIN":
                open_ones.append(what)
            else:
                assert open_ones.pop() == what
        assert not open_ones
