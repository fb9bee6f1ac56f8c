"""The step at which the player stands: what the slider is moved to gets into the address, and is kept from then on."""

from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

import streamlit as st

KEY = "player step"
_OPENED = "player opened"

_watch = st.components.v2.component("metalearn_step", js=Path(__file__).with_name("player_step.js").read_text("utf-8"))


class Opened(NamedTuple):
    """The player on a page: what it shows, the step at which it opened and that at which it stands, and its number."""

    shown: Hashable
    opened: int
    stands: int
    number: int


def opened_at(shown: Hashable) -> tuple[int, int]:
    """Return the step at which the player of ``shown`` opens, and its number on this page.

    A player that stands on the page already is left as it is while its slider moves: one that opens at another step
    would be another figure, and the browser would draw all of it again. Where something else says which step it is, as
    the address does when the visitor goes back, there is a new player, with a number of its own.
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
