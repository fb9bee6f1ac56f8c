"""The warning where glyphs stand in for Omniglot, and the line that names the data."""

import streamlit as st

from dashboard import state
from dashboard.language import _, error_text
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError


def warn() -> None:
    """Where the glyphs stand in for Omniglot, say so plainly and offer to try again. It belongs at a page's top."""
    if not state.glyphs_stand_in():
        return
    text, again = st.columns([5, 1], vertical_alignment="center")
    text.warning(_("Omniglot is not on this machine: these are the kit's own invented glyphs, not Omniglot."), icon="⚠️")
    if again.button(_("Try again"), help=_("Download Omniglot (14 MB)")):
        _download()


def cite(characters: CharacterSet) -> None:
    """Name the data and their source."""
    low, high = int(characters.counts.min()), int(characters.counts.max())
    st.caption(
        _(
            "Data: **{name}**, {characters:,} characters in {alphabets} alphabets, {drawings} drawings each. {citation}"
        ).format(
            name=characters.name,
            characters=len(characters),
            alphabets=len(characters.alphabet_names),
            drawings=high if low == high else f"{low}–{high}",
            citation=characters.citation,
        )
    )


def _download() -> None:
    with st.spinner(_("Downloading Omniglot (14 MB) and reading it; this takes a minute …")):
        try:
            from metalearn.characters.omniglot import fetch_omniglot

            fetch_omniglot()
        except MetalearnError as error:
            st.error(_("{error}. The glyphs stay until it can be had.").format(error=error_text(error)))
            return
    state.characters.clear()
    st.session_state.pop("characters", None)
    st.rerun()
