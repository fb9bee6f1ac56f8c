"""A student's progress, notebook by notebook."""

from pathlib import Path
from typing import Any

from metalearn.course.exercises import checked_exercises
from metalearn.course.progress import Progress
from metalearn.course.quizzes import right_answers


def by_notebook(notebooks: Path, progress: Progress) -> list[dict[str, Any]]:
    """Return a row per notebook: what has become of its exercises and questions ("done", "tried" or "open").

    Exercises without a check are not counted: nobody but the student knows about them.
    """
    exercises = checked_exercises(notebooks)
    rows = []
    for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        of = {one.name: _state(progress["exercises"].get(one.name)) for one in exercises if one.notebook == path.stem}
        quiz = {n: _state(_is_right(progress, n, right)) for n, right in right_answers(path.stem[:2]).items()}
        rows.append({"notebook": path.stem, "exercises": of, "quiz": quiz})
    return rows


def _is_right(progress: Progress, question: str, right: int) -> bool | None:
    chosen = progress["quizzes"].get(question)
    return None if chosen is None else chosen == right


def _state(passed: bool | None) -> str:
    return "open" if passed is None else "done" if passed else "tried"
