"""Quizzes: questions with choices, and a reason for each choice, in English and Chinese.

The texts are in ``quizzes/NN.toml``, one file per notebook.
"""

import string
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalearn.course.edition import language_in_use
from metalearn.course.progress import note, recall
from metalearn.errors import MetalearnError

FOLDER = Path(__file__).parent / "quizzes"
CHOOSE = {"en": "answer with", "zh": "作答："}


@dataclass(frozen=True)
class Choice:
    """One of the answers to choose from, whether it is the right one, and why."""

    text: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question and its choices, of which one is right."""

    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, repr=False)
class Quiz:
    """The questions about a notebook. In a notebook it is shown with buttons; elsewhere as text.

    Parameters
    ----------
    notebook : str
        The number of the notebook, "01" for example.
    questions : tuple of Question
        Two or three.
    """

    notebook: str
    questions: tuple[Question, ...]

    def answer(self, number: int, letter: str) -> str:
        """Choose an answer, and return whether it is right and why. The choice is kept on this machine.

        Parameters
        ----------
        number : int
            Which question, from 1.
        letter : str
            Which choice: "a", "b", …

        Raises
        ------
        MetalearnError
            Where there is no such question or choice.
        """
        if number not in range(1, len(self.questions) + 1):
            raise MetalearnError("there are questions 1 to {count}", count=len(self.questions))
        choices = self.questions[number - 1].choices
        letters = string.ascii_lowercase[: len(choices)]
        if len(letter) != 1 or letter not in letters:
            raise MetalearnError("there are the choices {letters}", letters=", ".join(letters))
        chosen = letters.index(letter)
        note("quizzes", f"{self.notebook}.{number}", chosen)
        return said(choices[chosen])

    def chosen(self, number: int) -> int | None:
        """Return the position of the choice that was made before, on this machine; None where there was none."""
        kept = recall("quizzes", f"{self.notebook}.{number}")
        return kept if kept in range(len(self.questions[number - 1].choices)) else None

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines.append(f"{number}. {question.text}")
            lines += [f"   {letter}) {choice.text}" for letter, choice in _lettered(question)]
        lines.append(f'{CHOOSE[language_in_use()]} ml.course.quiz("{self.notebook}").answer(1, "a")')
        return "\n".join(lines)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        from metalearn.course.widgets import page, quiz_buttons, with_buttons

        return with_buttons(lambda: quiz_buttons(self), {"text/plain": repr(self), "text/html": page(self)})


def _lettered(question: Question) -> list[tuple[str, Choice]]:
    return list(zip(string.ascii_lowercase, question.choices, strict=False))


def said(choice: Choice) -> str:
    """Return the answer to a choice: whether it is right, and why."""
    return f"{'✓' if choice.right else '✗'} {choice.why}"


def quiz(notebook: str) -> Quiz:
    """Return the quiz about a notebook, to be shown or answered, in the language of the course.

    Parameters
    ----------
    notebook : str
        The number of the notebook.

    Raises
    ------
    MetalearnError
        Where the notebook has no quiz.

    Examples
    --------
    >>> import metalearn as ml
    >>> print(ml.course.quiz("01").answer(2, "b"))
    ✗ A label is one number either way. What changes is what can be learned from it.
    """
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    if notebook not in known:
        raise MetalearnError(
            "there is no quiz for notebook {name!r}; there are {names}", name=notebook, names=", ".join(known)
        )
    language = language_in_use()
    entries = tomllib.loads((FOLDER / f"{notebook}.toml").read_text("utf-8"))["questions"]
    return Quiz(notebook, tuple(_question(entry, language) for entry in entries))


def _question(entry: dict[str, Any], language: str) -> Question:
    choices = (Choice(c[language], c[f"{language}_why"], c.get("right", False)) for c in entry["choices"])
    return Question(entry[language], tuple(choices))


def right_answers(notebook: str) -> dict[str, int]:
    """Return the position of the right choice to each question of a notebook, by the name under which answers are kept.

    A notebook without a quiz has none.
    """
    if not (FOLDER / f"{notebook}.toml").exists():
        return {}
    questions = enumerate(quiz(notebook).questions, 1)
    return {f"{notebook}.{n}": [choice.right for choice in question.choices].index(True) for n, question in questions}
