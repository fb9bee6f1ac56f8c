"""Draw: the visitor's own characters, recognised by a learner that never saw them, and placed on the map."""

import streamlit as st

from dashboard import address, state
from dashboard.address import Choice
from dashboard.language import _
from dashboard.widgets import data_banner, recognition_panel, split_picker, upload_panel
from dashboard.widgets.upload_panel import OwnCharacters
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import FEWEST_CHARACTERS


def page() -> None:
    st.title(_("Draw"))
    st.markdown(_("A learner that has never seen your characters learns them from a drawing or two of each."))
    characters = state.characters()
    data_banner.warn()
    choices = {
        "split": state.SPLIT,
        "learner": Choice(recognition_panel.read_learner, recognition_panel.usual_learner),
        "source": Choice(address.one_of(["draw", "upload"]), "draw"),
        "classes": Choice(address.number(2, upload_panel.MOST_CLASSES), 3),
    }
    with address.synchronised(choices):
        left, right = st.columns([1, 1], gap="large")
        with left:
            titles = {"draw": _("draw"), "upload": _("upload pictures")}
            source = st.segmented_control(
                _("Your characters"),
                list(titles),
                required=True,
                format_func=titles.__getitem__,
                key="source",
                persist_state="session",
            )
            own = upload_panel.draw() if source == "draw" else upload_panel.upload()
        with right:
            recognise_and_place(characters, own)
    data_banner.cite(characters)


def recognise_and_place(characters: CharacterSet, own: OwnCharacters) -> None:
    """Show what a learner recognises, and where the visitor's characters lie on the map."""
    split = split_picker.choose()
    if len(own.classes) < 2:
        st.info(_("Draw at least two different characters, or upload an archive with two folders."))
        st.page_link(
            "views/adaptation.py", label=_("Or choose characters by keyboard instead"), icon=":material/keyboard:"
        )
        return
    recognition_panel.recognise(own, split)
    if len(characters) >= FEWEST_CHARACTERS:
        recognition_panel.show_on_map(characters, own, split)


page()
