"""The step at which the player stands: where its slider comes to rest is kept, and gets into the address."""

from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

import streamlit as st

KEY = "player step"
_OPENED = "player opened"

_watch = st.components.v2.component("metalearn_step", js=Path(__file__).with_name("player_step.js").read_text("utf-8"))


class Opened(NamedTuple):
    """The player on a page: what it shows, the step at which it opened, the one at which it stands, and its number."""

    shown: Hashable
    opened: int
    stands: int
    number: int


def opened_at(shown: Hashable) -> tuple[int, int]:
    """Return the step at which the player of ``shown`` opens, and its number on this page.

    While its slider moves, the player on the page stays the same figure: one that opens at another step would be drawn
    anew by the browser. If the step comes from elsewhere, from the address when the visitor goes back, say, there is a
    new player with a new number.
    """
    step = int(st.session_state["step"])
    now: Opened | None = st.session_state.get(_OPENED)
    if now is None or (now.shown, now.stands) != (shown, step):
        now = st.session_state[_OPENED] = Opened(shown, step, step, now.number + 1 if now else 0)
    return now.opened, now.number


def watch() -> None:
    """Have the browser say where the slider of the page's player comes to rest."""
    _watch(key=KEY, on_step_change=_keep)


def _keep() -> None:
    """Keep the step that the browser sent; the figure stands there already."""
    step = st.session_state[KEY]["step"]
    if isinstance(step, int) and step >= 0:
        st.session_state["step"] = step
        st.session_state[_OPENED] = st.session_state[_OPENED]._replace(stands=step)
