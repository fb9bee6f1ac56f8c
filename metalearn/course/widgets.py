"""How quizzes and guesses look in a notebook: with buttons; and as a page where nothing runs, as in the book."""

import string
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from metalearn.course.quizzes import Quiz, said

if TYPE_CHECKING:
    from metalearn.course.guesses import Guess

Shown = dict[str, Any]  # what is shown, by its MIME type
WHOLE = {"width": "auto"}


def with_buttons(make: Callable[[], Any], still: Shown) -> Shown:
    """Return what a notebook shows: the widget that ``make`` returns, and where there are no widgets, ``still``."""
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return still
    return make()._repr_mimebundle_() | still


def quiz_buttons(quiz: Quiz) -> Any:
    """Return the quiz with a button for each choice. What was chosen before is chosen again."""
    import ipywidgets

    return ipywidgets.VBox([row for number in range(1, len(quiz.questions) + 1) for row in _question(quiz, number)])


def _question(quiz: Quiz, number: int) -> list[Any]:
    import ipywidgets

    question, before = quiz.questions[number - 1], quiz.chosen(number)
    texts = [choice.text for choice in question.choices]
    asked = ipywidgets.HTML(f"<b>{number}. {escape(question.text)}</b>", layout=WHOLE)
    buttons = ipywidgets.RadioButtons(options=texts, index=before, layout=WHOLE)
    why = ipywidgets.HTML("" if before is None else escape(said(question.choices[before])), layout=WHOLE)

    def choose(change: Any) -> None:
        if change["new"] is not None:
            why.value = escape(quiz.answer(number, string.ascii_lowercase[change["new"]]))

    buttons.observe(choose, "index")
    return [asked, buttons, why]


def page(quiz: Quiz) -> str:
    """Return the quiz as HTML that needs no program: a choice unfolds into its reason."""
    lines = []
    for number, question in enumerate(quiz.questions, 1):
        lines.append(f"<p><b>{number}. {escape(question.text)}</b></p>")
        for choice in question.choices:
            summary = f"<summary>{escape(choice.text)}</summary>"
            lines.append(f"<details>{summary}{escape(said(choice))}</details>")
    return "\n".join(lines)


def guess_field(guess: "Guess") -> Any:
    """Return a field for a number, which is kept when it is left, or with Enter."""
    import ipywidgets

    before = guess.kept()
    asked = ipywidgets.HTML(f"<b>{escape(guess.question)}</b>", layout=WHOLE)
    field = ipywidgets.Text("" if before is None else f"{before:g}", continuous_update=False)
    answer = ipywidgets.Label("")

    def keep(change: Any) -> None:
        answer.value = guess.keep(change["new"])

    field.observe(keep, "value")
    return ipywidgets.VBox([asked, ipywidgets.HBox([field, answer])])
