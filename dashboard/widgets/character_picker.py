"""The choice of a task's characters: by name, of one alphabet, by image, or at random."""

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.adaptation_request import unseen
from dashboard.language import _
from dashboard.widgets import images
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.style import short_name


def an_unseen_alphabet() -> str:
    """Return the first alphabet that the learners of the chosen split have not met."""
    characters = state.characters()
    return characters.alphabets[unseen(characters, st.session_state["split"])[0]]


def choose(characters: CharacterSet, ways: int) -> tuple[str, ...]:
    """Let the visitor choose 2 to 10 characters: by name, by image, some at random, or on the map."""
    st.session_state["characters"] = [characters.characters[i] for i in state.chosen()]
    names = st.multiselect(
        _("Characters"),
        characters.characters,
        format_func=short_name,
        key="characters",
        persist_state="session",
        max_selections=state.MOST_CHARACTERS,
        placeholder=_("type a name, or choose below"),
    )
    alphabet = st.selectbox(_("Alphabet"), characters.alphabet_names, key="alphabet", persist_state="session")
    of_alphabet = np.flatnonzero(np.array(characters.alphabets) == alphabet)
    buttons = st.container(horizontal=True)
    for key, label, pool in (
        ("some of alphabet", _("{count} of this alphabet").format(count=ways), of_alphabet),
        ("some at random", _("{count} at random").format(count=ways), np.arange(len(characters))),
    ):
        buttons.button(label, key=key, on_click=choose_at_random, args=(pool, ways))
    buttons.button(_("Clear"), key="clear", on_click=state.choose, args=([],), disabled=not state.chosen())
    st.page_link("views/task_space.py", label=_("Choose them on the map"), icon=":material/scatter_plot:")
    label = _("Choose 2 to 10 characters by picture")
    with st.expander(label, expanded=state.is_choosing(), on_change="rerun") as expander:
        if expander.open:  # an alphabet is a hundred elements of a page: too many to send unseen
            images.tick_boxes(characters, of_alphabet, state.chosen(), state.toggle)
    return tuple(names)


def choose_at_random(pool: np.ndarray, count: int) -> None:
    """Choose ``count`` characters of ``pool``, others each time; those that no learner has met are taken first."""
    tries = st.session_state["tries"] = st.session_state.get("tries", 0) + 1
    shuffled = np.random.default_rng([st.session_state["seed"], tries]).permutation(pool)
    seen = ~np.isin(shuffled, unseen(state.characters(), st.session_state["split"]))
    state.choose(shuffled[np.argsort(seen, kind="stable")][:count])
