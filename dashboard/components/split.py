"""Which characters the models behind a page were trained on."""

import streamlit as st

from dashboard import state


def choose() -> str:
    """Ask for the split; the answer is the same on every page."""
    return st.selectbox(
        "Models trained on",
        list(state.SPLITS),
        format_func=lambda name: f"{name}: {state.SPLITS[name]}",
        key="split",
        persist_state="session",
        help="article: characters at random, alphabets shared. lake: 30 alphabets; the other 20 were never seen.",
    )
