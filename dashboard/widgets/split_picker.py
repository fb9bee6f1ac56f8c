"""The choice of split: which characters the models behind a page were trained on."""

import streamlit as st

from dashboard import state
from dashboard.language import _


def choose(only_one: bool = False) -> str:
    """Ask for the split; the answer is the same on every page. ``only_one``: it is shown, and cannot be changed."""
    titles = {"article": _("article: 1,200 / 423 characters"), "lake": _("lake: 30 / 20 alphabets")}
    return st.selectbox(
        _("Models trained on"),
        state.SPLITS,
        format_func=titles.__getitem__,
        key="split",
        persist_state="session",
        disabled=only_one,
        help=_(
            "article: characters at random, alphabets shared. lake: 30 alphabets; the other 20 were never seen (Lake "
            "et al. 2015)."
        ),
    )
