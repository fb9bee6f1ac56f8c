"""Watch adaptation: choose characters, and see learners adapt to telling them apart, step by step."""

import numpy as np
import streamlit as st

from dashboard import address, drawn_sheet, state, worker_pool
from dashboard.adaptation_request import TOLD, AdaptationRequest, unseen
from dashboard.address import Choice
from dashboard.language import _
from dashboard.widgets import adaptation_panel, character_picker, data_banner, images, task_picker
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.style import short_name
from metalearn.tasks.questions import QUESTIONS


def choices(characters: CharacterSet) -> dict[str, address.Choice]:
    """Return what the page's address holds."""
    return {
        "drawn": Choice(drawn_sheet.read, ""),
        "question": Choice(address.one_of(QUESTIONS), "character"),
        "characters": Choice(address.some_of(characters.characters, state.MOST_CHARACTERS), []),
        "ways": Choice(address.number(2, 10), 5),
        "shots": Choice(address.number(1, 10), 1),
        "queries": Choice(address.number(1, 10), 5),
        "seed": Choice(address.number(0, 9999), 0),
        "split": state.SPLIT,
        "alphabet": Choice(address.one_of(characters.alphabet_names), character_picker.an_unseen_alphabet),
        "mixed": Choice(address.flag, False),
        "learners": Choice(task_picker.read_learners, task_picker.usual_learners),
        "told": Choice(address.one_of(TOLD), "own"),
        "steps": Choice(address.number(1, task_picker.MOST_STEPS), 10),
        "step": Choice(address.number(0, task_picker.MOST_STEPS), 0),
        "narrow": Choice(address.flag, adaptation_panel.on_a_phone),
    }


def seen_in_training(characters: CharacterSet, chosen: list[int], split: str) -> str:
    """Say how many of the chosen characters some learner was trained or tuned on."""
    seen = len(np.setdiff1d(chosen, unseen(characters, split)))
    return _("{met} of these {count} characters were used in training or validation.").format(
        met=seen, count=len(chosen)
    )


def choose_and_watch(characters: CharacterSet) -> None:
    """Ask for a task and for learners, and play how they adapt."""
    if st.session_state["drawn"]:
        watch_drawn(characters, st.session_state["drawn"])
        return
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


def watch_drawn(characters: CharacterSet, sheet: str) -> None:
    """Play how learners adapt to what the visitor drew."""
    own = drawn_sheet.own_characters(sheet).drawn_twice
    row = st.container(horizontal=True, vertical_alignment="center")
    for name, drawings in zip(own.names, own.classes, strict=True):
        row.image(images.image_address(drawings[0]), _("yours: {name}").format(name=name), width=84)
    row.button(_("Choose other characters"), on_click=leave_drawn, icon=":material/close:")
    st.caption(
        _("Your drawings are the task. Of each character that you drew twice or more, the last drawing is the query.")
    )
    split, mixed, entrants, steps = task_picker.choose_learners()
    if not entrants:
        st.info(_("Choose a learner."))
        return
    shots = min(map(len, own.classes), default=2) - 1
    adaptation_panel.play(
        AdaptationRequest(
            characters.name, split, mixed, "character", (), len(own.names), shots, 1, 0, steps, entrants, sheet
        )
    )


def leave_drawn() -> None:
    """Go back to characters of the data."""
    st.session_state["drawn"] = ""


def choose_characters(characters: CharacterSet, ways: int) -> tuple[str, ...]:
    """Ask for the characters to be told apart, by name or by image; return their names."""
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
    label = _("Choose 2 to 10 characters by picture")
    asked = state.is_choosing() or "alphabet" in st.query_params
    with st.expander(label, expanded=asked, on_change="rerun") as expander:
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
    data_banner.warn()
    with address.synchronised(choices(characters)):
        choose_and_watch(characters)
    data_banner.cite(characters)


page()
