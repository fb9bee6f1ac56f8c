"""The step at which the player stands: what the slider is moved to gets into the address, and is kept from then on."""

from collections.abc import Hashable
from pathlib import Path

import streamlit as st

KEY = "player step"
_OPENED = "player opened"

_watch = st.components.v2.component("metalearn_step", js=Path(__file__).with_name("player_step.js").read_text("utf-8"))


def opened_at(shown: Hashable) -> int:
    """Return the step at which the figure of ``shown`` opens.

    A figure that stands on the page already is left as it is while its slider moves: one that opens at another step
    would be another figure, and the browser would draw all of it again.
    """
    step = int(st.session_state["step"])
    before = st.session_state.get(_OPENED)
    if before is None or before[0] != shown or step != before[2]:
        st.session_state[_OPENED] = (shown, step, step)
    return int(st.session_state[_OPENED][1])


def watch() -> None:
    """Have the browser say where the slider of the page's player comes to rest."""
    _watch(key=KEY, on_step_change=_keep)


def _keep() -> None:
    """Keep the step that the browser sent; the figure stands there already."""
    step = st.session_state[KEY]["step"]
    shown, opened, _ = st.session_state[_OPENED]
    if isinstance(step, int) and step >= 0:
        st.session_state["step"] = step
        st.session_state[_OPENED] = (shown, opened, step)
