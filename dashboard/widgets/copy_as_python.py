"""Code that draws a page's figure again, without the dashboard; and small helpers to write such code."""

import json
from collections.abc import Iterable

import streamlit as st

from dashboard.language import _

LONGEST_LINE = 100
IMPORTS = {
    "embedding_for(": "from metalearn.evaluation.accuracy import embedding_for",
    "order=FIFTHS": "from metalearn.maps.task_map import FIFTHS",
    "table_figure(": "from metalearn.plots.result_tables import VIEWS, table_figure",
    "make_named_map(": "from metalearn.pretrained.make_map import make_named_map",
}


def show(code: str) -> None:
    """Offer ``code``, which runs by itself and leaves the page's figure in ``figure``."""
    with st.popover(_("Copy as Python"), icon=":material/code:"):
        st.code(code, language="python", wrap_lines=True)
        st.caption(_("It needs nothing but the kit, and gives the same figure on the same data."))


def program(lines: Iterable[str]) -> str:
    """Return lines of code as a program that shows its ``figure``, with the imports that they need above them."""
    body = "\n".join([*lines, "figure.show()"])
    numpy = ["import numpy as np", ""] if "np.arange(" in body else []
    return "\n".join([*numpy, "import metalearn as ml", *(IMPORTS[name] for name in IMPORTS if name in body), "", body])


def quoted(text: str) -> str:
    """Return a text as it is written in code, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def call(function: str, *arguments: str) -> str:
    """Return the code of a call whose arguments are texts."""
    return f"{function}({', '.join(map(quoted, arguments))})"


def collection(name: str, opening: str, entries: list[str], closing: str) -> str:
    """Return the code that makes a list or a dictionary: on one line where it fits, else one line per entry."""
    line = f"{name} = {opening}{', '.join(entries)}{closing}"
    if len(line) <= LONGEST_LINE:
        return line
    return "\n".join([f"{name} = {opening}", *(f"    {entry}," for entry in entries), closing])
