"""Draw: the visitor's own characters, recognised by a learner that never saw them, and placed on the map."""

import streamlit as st

from dashboard import address, drawn_sheet, state, worker_pool
from dashboard.address import Choice
from dashboard.drawn_sheet import OwnCharacters
from dashboard.language import _
from dashboard.widgets import data_banner, recognition_panel, upload_panel
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import FEWEST_CHARACTERS


def page() -> None:
    st.title(_("Draw"))
    st.markdown(_("A learner that has never seen your characters learns them from a drawing or two of each."))
    worker_pool.wake()
    characters = state.characters()
    data_banner.warn()
    choices = {
        "split": state.SPLIT,
        "learner": Choice(recognition_panel.read_learner, recognition_panel.usual_learner),
        "source": Choice(address.one_of(["draw", "upload"]), "draw"),
        "classes": Choice(address.number(2, drawn_sheet.MOST_CLASSES), 3),
        "strokes": Choice(drawn_sheet.read, ""),
    }
    with address.synchronised(choices):
        source = upload_panel.choose_source(*st.columns(2, gap="large"))
        left, right = st.columns(2, gap="large")  # what is said of them stands beside them
        with left:
            own = upload_panel.draw() if source == "draw" else upload_panel.upload()
        with right:
            recognise_and_place(characters, own)
    data_banner.cite(characters)


def recognise_and_place(characters: CharacterSet, own: OwnCharacters) -> None:
    """Show what a learner recognises, and where the visitor's characters lie on the map.

    The choice of who recognises stands below the answers: these are beside the sheet, or on a phone right below it.
    """
    answers, settings, places = st.container(), st.container(), st.container()
    with settings:
        split, learner = recognition_panel.choose()
        if st.session_state["source"] == "draw":
            upload_panel.offer_file(st.session_state["strokes"])
    if len(own.classes) < 2:
        answers.info(_("Draw at least two different characters, or upload an archive with two folders."))
        answers.page_link(
            "views/adaptation.py", label=_("Or choose characters by keyboard instead"), icon=":material/keyboard:"
        )
        return
    with answers:
        recognition_panel.recognise(own, split, learner, characters.name)
        if st.session_state["source"] == "draw":
            recognition_panel.offer_to_watch(own, st.session_state["strokes"], split, learner)
    if len(characters) >= FEWEST_CHARACTERS:
        with places:
            recognition_panel.show_on_map(characters, own, split)


page()
