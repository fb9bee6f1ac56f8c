"""Code that makes a page's figure again, without the dashboard."""

import streamlit as st

from dashboard.language import _


def show(code: str) -> None:
    """Offer ``code``, which runs by itself and ends with the page's figure in ``figure``."""
    with st.popover(_("Copy as Python"), icon=":material/code:"):
        st.code(code, language="python")
        st.caption(_("It needs nothing but the kit, and gives the same figure on the same data."))
