"""How large type is. In a lecture it grows with the screen, and pictures and figures on the page grow with it."""

import streamlit as st

USUAL, LARGEST = 16, 64  # pixels
FIRST = 22.4  # in a lecture, on a screen 1280 pixels wide: until the browser has said how large its type is
KEY = "type size"


def current() -> float:
    """Return how large type is, in pixels."""
    if not st.session_state.get("lecture"):
        return USUAL
    return float(min(max(st.session_state.get(KEY, FIRST), USUAL), LARGEST))


def scale() -> float:
    """Return how much larger than usual type is."""
    return current() / USUAL


def pixels(usual: float) -> int:
    """Return a length in pixels, given what it is in usual type: it grows as type does."""
    return round(usual * scale())
