"""Buttons that are drawings: large enough for a thumb, and reached with the keyboard like any other button."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from dashboard.widgets.images import image_address

SIDE = 6.5  # rem; three stand side by side on a phone


def row(
    drawings: Sequence[np.ndarray], names: Sequence[str], choose: Callable[[int], None], chosen: int | None
) -> None:
    """Show one button per drawing, uint8 ``[28, 28]``; ``choose`` is called with the position of the one pressed.

    After the choice that button is marked, and none can be pressed any more.
    """
    rules = [
        f".st-key-drawing-{i} button {{ background: #fff url({image_address(drawing)}) center 0.4rem / 5.25rem "
        "no-repeat !important; }"
        for i, drawing in enumerate(drawings)
    ]
    st.html(f"<style>{SHAPE}{''.join(rules)}</style>")
    cells = st.container(horizontal=True, gap="small")
    for i, name in enumerate(names):
        cells.button(
            name,
            key=f"drawing-{i}",
            on_click=choose,
            args=(i,),
            disabled=chosen is not None,
            type="primary" if chosen == i else "secondary",
        )


# The name stands below the drawing; dark on white in both themes, since the drawing is.
SHAPE = f"""
[class*="st-key-drawing-"] button {{
  width: {SIDE}rem; height: {SIDE + 1.5}rem; padding: {SIDE - 0.75}rem 4px 0; opacity: 1;
  border: 2px solid #777; color: #222 !important; }}
[class*="st-key-drawing-"] button:hover:enabled {{ border-color: #0072B2; }}
[class*="st-key-drawing-"] button:focus-visible {{ outline: 3px solid #0072B2; outline-offset: 2px; }}
[class*="st-key-drawing-"] button[kind="primary"] {{ border: 5px solid #0072B2; }}
"""
