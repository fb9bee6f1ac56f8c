"""A sheet of cells to draw in with mouse, finger or pen. The browser sends strokes, a few kilobytes, and no images."""

from pathlib import Path

import streamlit as st

from dashboard import drawn_sheet
from dashboard.language import _, error_text
from metalearn.errors import MetalearnError

KEY = "pad"
# What a session remembers: the sheet that the browser shows, how often it was replaced, and why a sheet was refused.
_FROM_BROWSER, _VERSION, _REFUSED = "strokes shown", "strokes version", "strokes refused"
FOLDER = Path(__file__).parent

_sheet = st.components.v2.component(
    "metalearn_pad",
    html=(FOLDER / "drawing_pad.html").read_text("utf-8"),
    css=(FOLDER / "drawing_pad.css").read_text("utf-8"),
    js=(FOLDER / "drawing_pad.js").read_text("utf-8"),
)


def draw(rows: list[str], columns: int) -> str:
    """Show a sheet with one row per label; return what is drawn on it, as an address holds it.

    It is kept while the visitor looks at other pages.
    """
    sheet: str = st.session_state["strokes"]
    if sheet != st.session_state.get(_FROM_BROWSER):  # a link, a file or Back brought it: the browser is to show it
        st.session_state[_FROM_BROWSER] = sheet
        st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    _sheet(
        key=KEY,
        data={
            "rows": rows,
            "columns": columns,
            "strokes": drawn_sheet.unpacked(sheet),
            "version": st.session_state[_VERSION],
        },
        default={"strokes": []},
        on_strokes_change=_keep_strokes,
    )
    refused: MetalearnError | None = st.session_state.pop(_REFUSED, None)
    if refused is not None:
        st.error(error_text(refused))
    st.caption(_("↶ takes the last stroke back, ✕ clears the sheet. Mouse, finger and pen all draw."))
    return sheet


def _keep_strokes() -> None:
    """Keep the sheet that the browser sent; if that is too full, the one before stays."""
    try:
        sheet = drawn_sheet.packed(st.session_state[KEY]["strokes"] or [])
    except MetalearnError as refused:
        st.session_state[_REFUSED] = refused
        return
    st.session_state["strokes"] = st.session_state[_FROM_BROWSER] = sheet
