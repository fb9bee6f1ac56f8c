"""Choosing the characters of a task: of an alphabet, by picture, or at random."""

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import pictures
from dashboard.language import _
from metalearn.data import CharacterSet


def characters(data: CharacterSet, ways: int) -> None:
    """Let the visitor choose 2 to 10 characters: by name, by picture, at random, or on the map."""
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    alphabet = left.selectbox(_("Alphabet"), data.alphabet_names, key="alphabet", persist_state="session")
    right.page_link("views/task_space.py", label=_("Choose them on the map"), icon=":material/scatter_plot:")
    of_alphabet = np.flatnonzero(np.array(data.alphabets) == alphabet)
    buttons = st.container(horizontal=True)
    for key, label, pool in (
        ("some of alphabet", _("{count} of this alphabet").format(count=ways), of_alphabet),
        ("some at random", _("{count} at random").format(count=ways), np.arange(len(data))),
    ):
        buttons.button(label, key=key, on_click=some, args=(pool, ways))
    buttons.button(_("Clear"), key="clear", on_click=state.choose, args=([],), disabled=not state.chosen())
    pictures.choices(data, of_alphabet, state.chosen(), state.toggle)


def some(pool: np.ndarray, count: int) -> None:
    """Choose so many of the characters at ``pool`` (or all, if they are fewer), others each time."""
    tries = st.session_state["tries"] = st.session_state.get("tries", 0) + 1
    state.choose(np.random.default_rng([st.session_state["seed"], tries]).permutation(pool)[:count])
