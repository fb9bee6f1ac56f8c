"""Draw: characters of the visitor's own, recognised by a learner that never saw them, and where they lie on the map."""

import streamlit as st

from dashboard import address, state
from dashboard.components import answering, banner, bringing
from dashboard.components import split as split_choice
from dashboard.components.bringing import Own
from dashboard.language import _, said
from metalearn import maps
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError


def page() -> None:
    st.title(_("Draw"))
    st.markdown(_("A learner that has never seen your characters learns them from a drawing or two of each."))
    characters = state.characters()
    view = {
        "split": address.one_of(state.SPLITS),
        "learner": address.one_of([title for split in state.SPLITS for title in state.learner_titles(split)]),
        "source": address.one_of(["draw", "upload"]),
        "classes": address.number(2, bringing.MOST_CLASSES),
    }
    with address.of(view):
        left, right = st.columns([1, 1], gap="large")
        with left:
            titles = {"draw": _("draw"), "upload": _("upload pictures")}
            source = st.segmented_control(
                _("Your characters"),
                list(titles),
                default="draw",
                required=True,
                format_func=titles.__getitem__,
                key="source",
                persist_state="session",
            )
            brought = bringing.drawn() if source == "draw" else bringing.uploaded()
        with right:
            answer(characters, brought)
    banner.show(characters)


def answer(characters: CharacterSet, brought: Own) -> None:
    """Show what is made of the visitor's characters."""
    split = split_choice.choose()
    if len(brought.classes) < 2:
        st.info(_("Draw at least two different characters, or upload an archive with two folders."))
        st.page_link(
            "views/adaptation.py", label=_("Or choose characters by keyboard instead"), icon=":material/keyboard:"
        )
        return
    answering.recognise(brought, split)
    if len(characters) >= maps.FEWEST:
        answering.on_the_map(characters, brought, split)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
