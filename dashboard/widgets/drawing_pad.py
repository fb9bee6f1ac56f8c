"""A sheet of cells to draw in with mouse, finger or pen. The browser sends strokes, a few kilobytes, and no images."""

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.language import _

KEY = "pad"
FOLDER = Path(__file__).parent

_sheet = st.components.v2.component(
    "metalearn_pad",
    html=(FOLDER / "drawing_pad.html").read_text("utf-8"),
    css=(FOLDER / "drawing_pad.css").read_text("utf-8"),
    js=(FOLDER / "drawing_pad.js").read_text("utf-8"),
)


def draw(rows: list[str], columns: int) -> list[dict[str, Any]]:
    """Show a sheet with one row per label; return the strokes on it, as the browser sent them.

    They are kept while the visitor looks at other pages.
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
        on_strokes_change=_keep_strokes,
    )
    st.caption(_("↶ takes the last stroke back, ✕ clears the sheet. Mouse, finger and pen all draw."))
    return list(st.session_state["strokes"])


def replace(strokes: list[dict[str, Any]]) -> None:
    """Put other strokes on the visitor's sheet."""
    st.session_state["strokes"] = strokes
    st.session_state["strokes version"] = st.session_state.get("strokes version", 0) + 1


def _keep_strokes() -> None:
    st.session_state["strokes"] = st.session_state[KEY]["strokes"] or []
