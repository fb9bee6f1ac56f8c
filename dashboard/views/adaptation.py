"""Watch adaptation: choose characters, and see learners adapt to telling them apart, step by step."""

import numpy as np
import streamlit as st

from dashboard import address, state, worker_pool
from dashboard.adaptation_request import AdaptationRequest
from dashboard.language import _
from dashboard.widgets import adaptation_panel, character_picker, data_banner, images, task_picker
from dashboard.widgets.adaptation_figure import MOST_LEARNERS
from metalearn.characters.character_set import CharacterSet
from metalearn.evaluation.embedding_sources import EMBEDDING_SOURCES
from metalearn.tasks.questions import QUESTIONS


def readers(characters: CharacterSet) -> dict[str, address.Reader]:
    """Return what the page's address holds."""
    return {
        "question": address.one_of(QUESTIONS),
        "characters": address.some_of(characters.characters, state.MOST_CHARACTERS),
        "alphabet": address.one_of(characters.alphabet_names),
        "ways": address.number(2, 10),
        "shots": address.number(1, 10),
        "queries": address.number(1, 10),
        "seed": address.number(0, 9999),
        "split": address.one_of(state.SPLITS),
        "mixed": address.flag,
        # Which learners there are depends on the split; the widget drops the others.
        "learners": lambda values: values[:MOST_LEARNERS],
        "told": address.one_of(EMBEDDING_SOURCES),
        "steps": address.number(1, task_picker.MOST_STEPS),
        "step": address.number(0, task_picker.MOST_STEPS),
        "narrow": address.flag,
    }


def seen_in_training(characters: CharacterSet, chosen: list[int], split: str) -> str:
    """Say how many of the chosen characters are not test characters; some models train on the validation side too."""
    seen = 0
    if characters.name == "omniglot":
        sides = state.sides(split, characters, characters.name)
        seen = int(np.isin(chosen, np.union1d(sides.train, sides.validation)).sum())
    return _("{met} of these {count} characters were used in training or validation.").format(
        met=seen, count=len(chosen)
    )


def choose_and_watch(characters: CharacterSet) -> None:
    """Ask for a task and for learners, and play how they adapt."""
    question, ways, shots, queries, seed = task_picker.choose_task()
    names: tuple[str, ...] = ()
    if question == "character":
        names = choose_characters(characters, ways)
        if len(names) < 2:
            st.info(_("Choose at least two characters: by name, by picture, at random, or on the map."))
            return
        images.row_of_characters(characters, state.chosen())
    split, mixed, entrants, steps = task_picker.choose_learners()
    if not entrants:
        st.info(_("Choose a learner."))
        return
    adaptation_panel.play(
        AdaptationRequest(characters.name, split, mixed, question, names, ways, shots, queries, seed, steps, entrants)
    )
    if names:
        st.caption(seen_in_training(characters, state.chosen(), split))


def choose_characters(characters: CharacterSet, ways: int) -> tuple[str, ...]:
    """Ask for the characters to be told apart, by name or by image; return their names."""
    st.session_state["characters"] = [characters.characters[i] for i in state.chosen()]
    names = st.multiselect(
        _("Characters"),
        characters.characters,
        key="characters",
        persist_state="session",
        max_selections=state.MOST_CHARACTERS,
        placeholder=_("type a name, or choose below"),
    )
    label = _("Choose 2 to 10 characters by picture")
    with st.expander(label, expanded=state.is_choosing(), on_change="rerun") as expander:
        if expander.open:  # an alphabet is a hundred elements of a page: too many to send unseen
            character_picker.choose(characters, ways)
    return tuple(names)


def page() -> None:
    st.title(_("Watch adaptation"))
    st.markdown(
        _(
            "A learner sees a few drawings of each class (the **support set**) and must then name new ones (the "
            "**query set**). Choose a task, press play, and watch it learn."
        )
    )
    worker_pool.wake()
    characters = state.characters()
    with address.synchronised(readers(characters)):
        choose_and_watch(characters)
    data_banner.show(characters)


page()
