"""Watch adaptation: choose characters, and see learners adapt to telling them apart, step by step."""

import numpy as np
import streamlit as st

from dashboard import address, state, workers
from dashboard.asked import TOLD, Asked
from dashboard.components import asking, banner, choosing, pictures, playing
from dashboard.components.adapting import MOST_LEARNERS
from dashboard.language import _, said
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError


def view(characters: CharacterSet) -> dict[str, address.Read]:
    """Return what shapes this page."""
    return {
        "question": address.one_of(asking.QUESTIONS),
        "characters": address.some_of(characters.characters, state.MOST_CHARACTERS),
        "alphabet": address.one_of(characters.alphabet_names),
        "ways": address.number(2, 10),
        "shots": address.number(1, 10),
        "queries": address.number(1, 10),
        "seed": address.number(0, 9999),
        "split": address.one_of(state.SPLITS),
        "mixed": address.flag,
        "learners": lambda said: said[:MOST_LEARNERS],  # those that the split does not have are dropped there
        "told": address.one_of(TOLD),
        "steps": address.number(1, asking.MOST_STEPS),
        "step": address.number(0, asking.MOST_STEPS),
        "narrow": address.flag,
    }


def met_in_training(characters: CharacterSet, chosen: list[int], split: str) -> str:
    """Say how many of the characters the models have met before."""
    met = 0
    if characters.name == "omniglot":
        met = int(np.isin(chosen, state.sides(split, characters, characters.name).train).sum())
    return _("The models were trained on {met} of these {count} characters.").format(met=met, count=len(chosen))


def watch(characters: CharacterSet) -> None:
    """Ask for a task and for learners, and play."""
    question, ways, shots, queries, seed = asking.task()
    named: tuple[str, ...] = ()
    if question == "character":
        st.session_state["characters"] = [characters.characters[i] for i in state.chosen()]
        named = tuple(
            st.multiselect(
                _("Characters"),
                characters.characters,
                key="characters",
                persist_state="session",
                max_selections=state.MOST_CHARACTERS,
                placeholder=_("type a name, or choose below"),
            )
        )
        label = _("Choose 2 to 10 characters by picture")
        with st.expander(label, expanded=state.choosing(), on_change="rerun") as chooser:
            if chooser.open:  # an alphabet is a hundred elements of a page
                choosing.characters(characters, ways)
        if len(named) < 2:
            st.info(_("Choose at least two characters: by name, by picture, at random, or on the map."))
            return
        pictures.strip(characters, state.chosen())
    split, mixed, entrants, steps = asking.learners()
    if not entrants:
        st.info(_("Choose a learner."))
        return
    playing.play(Asked(characters.name, split, mixed, question, named, ways, shots, queries, seed, steps, entrants))
    if named:
        st.caption(met_in_training(characters, state.chosen(), split))


def page() -> None:
    st.title(_("Watch adaptation"))
    st.markdown(
        _(
            "A learner sees a few drawings of each class (the **support set**) and must then name new ones (the "
            "**query set**). Choose a task, press play, and watch it learn."
        )
    )
    workers.wake()
    characters = state.characters()
    with address.of(view(characters)):
        watch(characters)
    banner.show(characters)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
