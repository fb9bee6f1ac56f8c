"""The player on a page. The step at which the visitor comes to rest is kept, and gets into the address."""

from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from metalearn.plots.player import PLAYER_CSS, PLAYER_JS

KEY = "player"
_OPENED = "player opened"

_player = st.components.v2.component(
    "metalearn_player",
    html='<div class="player"></div>',
    css=PLAYER_CSS,
    # Joined into one module: a component's JavaScript cannot import a file of ours.
    js=PLAYER_JS + Path(__file__).with_suffix(".js").read_text("utf-8"),
)


class Opened(NamedTuple):
    """The step to which the browser was sent last, the one at which it stands now, and how often it was sent."""

    start: int
    stands: int
    number: int


def show(scene: dict[str, Any]) -> None:
    """Play a scene, from the step in the session's state on.

    What the browser is sent stays the same while the visitor goes from step to step: it is there already. If the step
    comes from elsewhere, from the address when the visitor goes back, say, the browser is sent to it.
    """
    step = st.session_state["step"] = min(int(st.session_state["step"]), scene["steps"])
    now: Opened | None = st.session_state.get(_OPENED)
    if now is None or now.stands != step:
        now = st.session_state[_OPENED] = Opened(step, step, now.number + 1 if now else 0)
    _player(key=KEY, data={"scene": scene, "start": now.start, "number": now.number}, on_step_change=_keep)


def _keep() -> None:
    """Keep the step that the browser says it stands at."""
    step = st.session_state[KEY]["step"]
    if isinstance(step, int) and step >= 0:
        st.session_state["step"] = step
        st.session_state[_OPENED] = st.session_state[_OPENED]._replace(stands=step)
