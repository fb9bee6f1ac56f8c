"""Progress is shown notebook by notebook."""

from pathlib import Path

from metalearn.course.quizzes import right_answers
from metalearn.course.summary import by_notebook

FOLDER = Path(__file__).parents[2] / "notebooks"


def test_exercises_and_questions_are_done_tried_or_open() -> None:
    right = right_answers("03")
    answers = {"03.1": right["03.1"], "03.2": (right["03.2"] + 1) % 3}
    progress = {"exercises": {"fisher": True, "gone": True, "gradient_embedding": False}, "quizzes": answers}
    rows = {row["notebook"][:2]: row for row in by_notebook(FOLDER, progress)}
    assert sorted(rows) == [f"{number:02}" for number in range(12)]
    assert rows["03"]["exercises"] == {"fisher": "done", "gradient_embedding": "tried"}
    assert rows["03"]["quiz"] == {"03.1": "done", "03.2": "tried", "03.3": "open"}
    assert rows["00"]["exercises"] == {}
