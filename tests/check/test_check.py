"""Every solution passes its check, every blank fails it, and wrong answers are told what they got wrong."""

from typing import Any

import numpy as np
import pytest

from metalearn import check
from tests.check.answers import BARE, EXERCISES, NOTEBOOKS, RIGHT, SOLUTIONS, WRONG, Answer, load

BLANKS = load(NOTEBOOKS / "blanks.py")
WRONG_ANSWERS = [(name, words, attempt) for name in EXERCISES for words, attempt in WRONG[name]]
RIGHT_ANSWERS = [(name, attempt) for name in EXERCISES for attempt in RIGHT[name]]

every_exercise = pytest.mark.parametrize("name", EXERCISES)


@every_exercise
def test_its_solution_passes(name: str) -> None:
    result = getattr(check, name)(SOLUTIONS[name])
    assert result.passed, result
    assert len(set(result.holds)) == len(result.holds) >= 2
    assert "everything that was checked holds" in repr(result)
    assert all(claim in repr(result) for claim in result.holds)


@pytest.mark.parametrize(("name", "attempt"), RIGHT_ANSWERS, ids=[name for name, _ in RIGHT_ANSWERS])
def test_no_other_right_answer_is_refused(name: str, attempt: Answer) -> None:
    result = getattr(check, name)(attempt)
    assert result.passed, result


@every_exercise
def test_its_blank_fails(name: str) -> None:
    cell = BLANKS.blank(name)
    assert cell.endswith(f"\nml.check.{name}({name})")
    namespace: dict[str, Any] = {}
    exec(cell.removesuffix(f"ml.check.{name}({name})"), namespace)
    result = getattr(check, name)(namespace[name])
    assert not result.passed
    assert "fill in the body" in repr(result)


@pytest.mark.parametrize(("name", "words", "attempt"), WRONG_ANSWERS, ids=[f"{n}: {w}" for n, w, _ in WRONG_ANSWERS])
def test_a_wrong_answer_is_told_its_mistake(name: str, words: str, attempt: Answer) -> None:
    result = getattr(check, name)(attempt)
    assert not result.passed
    assert words in result.hint, f"expected a hint with {words!r}:\n{result}"
    assert words == BARE or BARE not in result.hint


def test_nearly_all_wrong_answers_are_told_their_mistake_by_name() -> None:
    """Each of them is held to the words of its hint above; here it is counted how many have more than their numbers."""
    named = sum(words != BARE for _, words, _ in WRONG_ANSWERS)
    assert len(WRONG_ANSWERS) >= 200
    assert named >= 0.95 * len(WRONG_ANSWERS)
    assert min(len(WRONG[name]) for name in EXERCISES) >= 12
    assert min(len(RIGHT[name]) for name in EXERCISES) >= 2


@every_exercise
def test_hints_come_in_steps(name: str) -> None:
    def nothing(*arguments: object) -> None:
        return None

    first, second, third = (getattr(check, name)(nothing, hint=step) for step in (1, 2, 3))
    assert len(first.hints) == 3
    assert "hint=2)" in repr(first)
    for result, shown in ((first, 1), (second, 2), (third, 3)):
        assert [hint in repr(result) for hint in result.hints] == [k < shown for k in range(3)]
    assert "more help" not in repr(third)
    assert repr(getattr(check, name)(nothing, hint=99)) == repr(third)
    assert repr(getattr(check, name)(nothing, hint=-1)) == repr(first)
    assert not getattr(check, name)(SOLUTIONS[name], hint=3).hints


@every_exercise
@pytest.mark.parametrize(
    "given",
    ["a word", 1.0, [], {}, (1, 2), ("a", "b"), (np.zeros(200), 0.1), np.zeros((2, 3)), object()],
    ids=lambda given: type(given).__name__,
)
def test_whatever_comes_back_is_answered(name: str, given: object) -> None:
    result = getattr(check, name)(lambda *arguments: given)
    assert not result.passed
    assert "\n" not in result.hint


@every_exercise
def test_an_error_of_the_student_is_named_and_not_raised(name: str) -> None:
    def attempt(*arguments: object) -> None:
        raise IndexError("list index out of range\nand more")

    assert getattr(check, name)(attempt).hint == "it stopped with IndexError: list index out of range"


@every_exercise
def test_the_check_says_how_the_function_is_called(name: str) -> None:
    signature = next(iter(BLANKS.solutions()[name].splitlines())).removeprefix("def ").removesuffix(":")
    assert f"``{signature}``" in getattr(check, name).__doc__


def test_every_exercise_has_a_solution_and_no_solution_lacks_a_check() -> None:
    assert set(BLANKS.solutions()) == set(EXERCISES)
