"""Guess first: a number that is asked for before a result, kept, and shown beside the result."""

import math
from dataclasses import dataclass
from html import escape
from typing import Any

from metalearn.course.edition import language_in_use
from metalearn.course.progress import note, recall

WORDS = {
    "en": {
        "keep": "keep yours with",
        "kept": "kept: {guess:g}",
        "not kept": "{guess:g}, which cannot be kept here",
        "no number": "a number, please",
        "both": "your guess: {guess:g}; the result: {result:.3g}",
        "result": "the result: {result:.3g} (you made no guess)",
    },
    "zh": {
        "keep": "记下你的猜测：",
        "kept": "已记下：{guess:g}",
        "not kept": "{guess:g}，但这里无法保存",
        "no number": "请填一个数",
        "both": "你猜的是 {guess:g}，结果是 {result:.3g}",
        "result": "结果是 {result:.3g}（你没有猜）",
    },
}


@dataclass(frozen=True, repr=False)
class Guess:
    """A question whose answer is a number, to be guessed. In a notebook it has a field; elsewhere it is text.

    Parameters
    ----------
    name : str
        Under which the guess is kept.
    question : str
        What is asked.
    """

    name: str
    question: str

    def keep(self, number: float | str) -> str:
        """Keep a guess, a number or a text like "30 %", and return what to say to it."""
        words, value = WORDS[language_in_use()], _number(number)
        if value is None:
            return words["no number"]
        note("guesses", self.name, value)
        return words["kept" if self.kept() == value else "not kept"].format(guess=value)

    def kept(self) -> float | None:
        """Return what was guessed before; None where nothing was."""
        return recall("guesses", self.name)

    def __repr__(self) -> str:
        call = f"ml.course.guess({self.name!r}, …).keep(30)"
        return f"{self.question} ({WORDS[language_in_use()]['keep']} {call})"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        from metalearn.course.widgets import guess_field, with_buttons

        page = f"<p><b>{escape(self.question)}</b></p>"
        return with_buttons(lambda: guess_field(self), {"text/plain": repr(self), "text/html": page})


def guess(name: str, question: str) -> Guess:
    """Ask for a number before a result is seen. Nothing waits for it.

    The few words beside the question are in the language of the course (:func:`metalearn.course.set_language`).

    Parameters
    ----------
    name : str
        Under which the guess is kept, until :func:`reveal` asks for it.
    question : str
        What to guess.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.course.guess("heads", "How many of a hundred coins show heads?").keep(40)
    'kept: 40'
    >>> ml.course.reveal("heads", 52)
    your guess: 40; the result: 52
    """
    return Guess(name, question)


def reveal(name: str, result: float) -> None:
    """Print a result, beside what was guessed for it.

    Parameters
    ----------
    name : str
        That of the guess.
    result : float
        What came out.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.course.reveal("tails", 48)
    the result: 48 (you made no guess)
    """
    kept = recall("guesses", name)
    print(WORDS[language_in_use()]["result" if kept is None else "both"].format(guess=kept, result=float(result)))


def _number(given: float | str) -> float | None:
    """Return a finite number, also from a text with a percent sign or a comma; None where there is none."""
    try:
        number = float(given.strip().rstrip("%％").replace(",", ".") if isinstance(given, str) else given)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
