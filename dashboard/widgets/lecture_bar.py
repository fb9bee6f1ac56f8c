"""The lecture's bar at the bottom of a page: the view before, the next one, notes for the speaker, a code for phones.

``lecture_bar.js`` presses its links and switches by key, moves the page to what a view is about, and says how large
type is: it grows with the screen.
"""

from pathlib import Path

import streamlit as st

from dashboard import type_size
from dashboard.language import _
from dashboard.lecture import VIEWS, View
from dashboard.widgets import phone_code

FOLDER = Path(__file__).parent
KEY = "lecture keys"

_keys = st.components.v2.component("metalearn_lecture", js=(FOLDER / "lecture_bar.js").read_text("utf-8"))


def show(number: int) -> None:
    """Show the bar for one of the views, the first being 1; with it, all of the page is in large type."""
    view = VIEWS[number - 1]
    st.html(FOLDER / "lecture_bar.css")
    _keys(
        key=KEY,
        data={"number": number, "about": view.about, "type": type_size.current()},
        on_type_change=_take_type_size,
    )
    with st.container(key="lecture"):
        if st.session_state.get("lecture-notes"):
            st.markdown(_(view.notes))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _link("lecture-before", number - 1, _("Before"), ":material/arrow_back:")
            st.markdown(f"**{number} / {len(VIEWS)}** · {_(view.title)}", width="stretch")
            st.toggle(_("Notes (N)"), key="lecture-notes", persist_state="session")
            st.toggle(_("Code for phones (Q)"), key="lecture-code", persist_state="session")
            st.button(_("Leave"), key="lecture-leave", on_click=leave, icon=":material/close:", type="tertiary")
            _link("lecture-next", number + 1, _("Next"), ":material/arrow_forward:")


def show_code() -> None:
    """Show the code that opens the view on a phone, if it was asked for. The page has written its address by now."""
    if st.session_state.get("lecture-code"):
        with st.container(key="lecture-phones"):
            phone_code.show()


def _take_type_size() -> None:
    """Keep what the browser says of the size of its type."""
    told = st.session_state[KEY]["type"]
    if isinstance(told, int | float):
        st.session_state[type_size.KEY] = told


def leave() -> None:
    """Leave the lecture; the page stays as it is."""
    st.session_state["lecture"] = None


def link(number: int) -> list[tuple[str, str]]:
    """Return what stands in the address of a view."""
    return [("lecture", str(number)), *VIEWS[number - 1].choices.items()]


def path(view: View) -> str:
    """Return the file of a view's page."""
    return f"views/{view.page}.py"


def _link(key: str, number: int, label: str, icon: str) -> None:
    """Link to a view; there is none before the first and none after the last."""
    if 1 <= number <= len(VIEWS):
        with st.container(key=key, width="content"):
            st.page_link(path(VIEWS[number - 1]), label=label, icon=icon, query_params=link(number))
