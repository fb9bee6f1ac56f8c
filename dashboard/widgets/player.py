"""The player on a page. The step at which the visitor comes to rest is kept, and gets into the address."""

from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dashboard import address
from metalearn.plots.player import PLAYER_CSS, PLAYER_JS

KEY = "player"
_STAND = "player stands"

_player = st.components.v2.component(
    "metalearn_player",
    html='<div class="player"></div>',
    css=PLAYER_CSS,
    # Joined into one module: a component's JavaScript cannot import a file of ours.
    js=PLAYER_JS + Path(__file__).with_suffix(".js").read_text("utf-8"),
)


class Stand(NamedTuple):
    """The step at which the browser stands, how often it was sent to one, and whether it plays when it is opened."""

    step: int
    number: int
    plays: bool


def show(scene: dict[str, Any]) -> None:
    """Play a scene, from the step in the session's state on; by itself if the visitor's first address asks for nothing.

    While the visitor goes from step to step, the browser is there already. If the step comes from elsewhere, from the
    address when the visitor goes back, say, the browser is sent to it.
    """
    step = st.session_state["step"] = min(int(st.session_state["step"]), scene["steps"])
    stand: Stand | None = st.session_state.get(_STAND)
    if stand is None:
        stand = Stand(step, 0, plays=not address.asks_for_something())
    elif stand.step != step:
        stand = Stand(step, stand.number + 1, plays=False)
    st.session_state[_STAND] = stand
    _player(key=KEY, data={"scene": scene, **stand._asdict()}, on_step_change=_keep)


def _keep() -> None:
    """Keep the step that the browser says it stands at."""
    step = st.session_state[KEY]["step"]
    if isinstance(step, int) and step >= 0:
        st.session_state["step"] = step
        st.session_state[_STAND] = st.session_state[_STAND]._replace(step=step, plays=False)
