"""Watch adaptation: learners adapt to telling some characters apart, step by step; all that is shown can be changed."""

import numpy as np
import streamlit as st

from dashboard import address, drawn_sheet, state, worker_pool, worlds
from dashboard.adaptation_request import AdaptationRequest, unseen
from dashboard.address import Choice
from dashboard.language import _
from dashboard.type_size import pixels
from dashboard.widgets import adaptation_panel, character_picker, data_banner, task_picker
from metalearn.characters.character_set import CharacterSet


def choices(characters: CharacterSet) -> dict[str, address.Choice]:
    """Return what the page's address holds."""
    return {
        "drawn": Choice(drawn_sheet.read, ""),
        "question": Choice(address.one_of(task_picker.CAN_BE_ASKED), "character"),
        "split": state.SPLIT,
        "characters": Choice(
            address.some_of(characters.characters, state.MOST_CHARACTERS), task_picker.usual_characters
        ),
        "ways": Choice(address.number(2, 10), 5),
        "shots": Choice(address.number(1, 10), 1),
        "queries": Choice(address.number(1, 10), 5),
        "seed": Choice(address.number(0, 9999), 0),
        "alphabet": Choice(address.one_of(characters.alphabet_names), character_picker.an_unseen_alphabet),
        "mixed": Choice(address.flag, False),
        "learners": Choice(task_picker.read_learners, task_picker.usual_learners),
        "task": Choice(address.number(0, worlds.MOST_TASKS - 1), worlds.FIRST_TASK),
        "told": Choice(task_picker.read_told, "own"),
        "steps": Choice(address.number(1, task_picker.MOST_STEPS), 10),
        "step": Choice(address.number(0, task_picker.MOST_STEPS), 0),
    }


def seen_in_training(characters: CharacterSet, chosen: list[int], split: str) -> str:
    """Say how many of the chosen characters some learner was trained or tuned on."""
    seen = len(np.setdiff1d(chosen, unseen(characters, split)))
    return _("{met} of these {count} characters were used in training or validation.").format(
        met=seen, count=len(chosen)
    )


def what_to_do() -> str:
    """Say what one sees, and what to do."""
    if task_picker.in_world():
        return _(
            "Nobody says what counts in this task; the **embedding** is to tell the learner. Throw the switch *told*: "
            "what becomes of its answers, and of where it looks?"
        )
    return _(
        "A learner sees a few drawings of each class (the **support set**) and must then name new ones (the **query "
        "set**). Choose a task, press play, and watch it learn."
    )


def choose_and_watch(characters: CharacterSet) -> None:
    """Play how the chosen learners adapt to the chosen task. What is chosen stands above it in one line of words."""
    if st.session_state["drawn"]:
        watch_drawn(characters, st.session_state["drawn"])
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="words"):
        task = task_picker.choose_task(characters)
        split, mixed, entrants, steps = task_picker.choose_learners()
    if task.question == "character" and len(task.names) < 2:
        st.info(_("Choose at least two characters: by name, by picture, at random, or on the map."))
        return
    if not entrants:
        st.info(_("Choose a learner."))
        return
    adaptation_panel.play(AdaptationRequest(characters.name, split, mixed, *task, steps, entrants))
    if task.names:
        st.caption(seen_in_training(characters, state.chosen(), split))


def watch_drawn(characters: CharacterSet, sheet: str) -> None:
    """Play how learners adapt to what the visitor drew."""
    own = drawn_sheet.own_characters(sheet).drawn_twice
    with st.container(horizontal=True, gap="xsmall", key="words"):
        st.button(_("Choose other characters"), on_click=leave_drawn, icon=":material/close:")
        split, mixed, entrants, steps = task_picker.choose_learners()
    if not entrants:
        st.info(_("Choose a learner."))
        return
    shots = min(map(len, own.classes), default=2) - 1
    task = task_picker.Task("character", (), len(own.names), shots, 1, 0)
    adaptation_panel.play(AdaptationRequest(characters.name, split, mixed, *task, steps, entrants, sheet))
    st.caption(
        _("Your drawings are the task. Of each character that you drew twice or more, the last drawing is the query.")
    )


def leave_drawn() -> None:
    """Go back to characters of the data."""
    st.session_state["drawn"] = ""


def page() -> None:
    heading = st.container(horizontal=True, vertical_alignment="center", key="heading")
    heading.title(_("Watch adaptation"), width="content")
    worker_pool.wake()
    characters = state.characters()
    data_banner.warn()
    with address.synchronised(choices(characters)):
        heading.caption(what_to_do(), width=pixels(560))
        choose_and_watch(characters)
    data_banner.cite(characters)


page()
