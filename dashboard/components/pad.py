"""A sheet of cells to draw in with mouse, finger or pen; it sends strokes, a few kilobytes, and no pictures."""

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.language import _

KEY = "pad"
HERE = Path(__file__).parent

_sheet = st.components.v2.component(
    "metalearn_pad",
    html=(HERE / "pad.html").read_text("utf-8"),
    css=(HERE / "pad.css").read_text("utf-8"),
    js=(HERE / "pad.js").read_text("utf-8"),
)


def draw(rows: list[str], columns: int) -> list[dict[str, Any]]:
    """Show a sheet with a row for each of these labels; return what was drawn, as the browser sent it.

    What was drawn is kept for the visitor, whatever page is looked at in between.
    """
    kept = st.session_state.setdefault("strokes", [])
    _sheet(
        key=KEY,
        data={
            "rows": rows,
            "columns": columns,
            "strokes": kept,
            "version": st.session_state.get("strokes version", 0),
        },
        default={"strokes": kept},
        on_strokes_change=_keep,
    )
    st.caption(_("↶ takes the last stroke back, ✕ clears the sheet. Mouse, finger and pen all draw."))
    return list(st.session_state["strokes"])


def replace(strokes: list[dict[str, Any]]) -> None:
    """Put other strokes on the visitor's sheet."""
    st.session_state["strokes"] = strokes
    st.session_state["strokes version"] = st.session_state.get("strokes version", 0) + 1


def _keep() -> None:
    st.session_state["strokes"] = st.session_state[KEY]["strokes"] or []
