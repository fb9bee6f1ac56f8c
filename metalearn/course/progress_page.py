"""A student's progress as a page: one file without a program in it, to look at, to print or to hand in."""

from html import escape
from typing import Any

MARKS = {"done": "✓", "tried": "✗", "open": "○"}
WORDS = {
    "en": {
        "title": "Your progress",
        "notebook": "notebook",
        "exercises": "exercises",
        "quiz": "quiz",
        "marks": "✓ done · ✗ tried, and not right yet · ○ open",
    },
    "zh": {
        "title": "你的进度",
        "notebook": "笔记本",
        "exercises": "练习",
        "quiz": "自测",
        "marks": "✓ 已完成 · ✗ 试过，还不对 · ○ 还没做",
    },
}
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font-family: sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #8888; padding: 0.5em; text-align: left; vertical-align: top }}
progress {{ accent-color: #0072b2; display: block; width: 8em }}
li {{ list-style: none }} ul {{ margin: 0.3em 0 0; padding: 0 }}
</style>
<h1>{title}</h1>
<p>{marks}</p>
<table>
<tr><th scope="col">{notebook}</th><th scope="col">{exercises}</th><th scope="col">{quiz}</th></tr>
{rows}
</table>
</html>
"""


def as_page(rows: list[dict[str, Any]], language: str) -> str:
    """Return the rows of :func:`metalearn.course.summary.by_notebook` as HTML.

    Parameters
    ----------
    rows : list of dict
        One per notebook, with what has become of its exercises and of the questions of its quiz.
    language : str
        "en" or "zh".

    Examples
    --------
    >>> row = {"notebook": "02_learning_to_learn", "exercises": {"reptile_step": "done"}, "quiz": {"02.1": "open"}}
    >>> "<li>✓ reptile_step</li>" in as_page([row], "en")
    True
    """
    return PAGE.format(language=language, rows="\n".join(map(_row, rows)), **WORDS[language])


def _row(row: dict[str, Any]) -> str:
    cells = "".join(f"<td>{_states(row[what])}</td>" for what in ("exercises", "quiz"))
    return f'<tr><th scope="row">{escape(row["notebook"])}</th>{cells}</tr>'


def _states(states: dict[str, str]) -> str:
    """Show how many are done, and each with its mark; nothing where there are none."""
    if not states:
        return ""
    done = list(states.values()).count("done")
    each = "".join(f"<li>{MARKS[state]} {escape(name)}</li>" for name, state in states.items())
    return f'<progress value="{done}" max="{len(states)}"></progress>{done} / {len(states)}<ul>{each}</ul>'
