"""One task, played again and again in a training: each time in miniature, so that one sees the start improve."""

from functools import lru_cache

import numpy as np
import streamlit as st

from dashboard.language import _
from dashboard.training import Played, Training
from dashboard.widgets.images import framed_address
from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.plots.player import RIGHT, WRONG

MOST = 12  # that are shown
WIDTH = 104  # pixels, of one; its caption has room in one line
COLUMNS = 5


def show(training: Training) -> None:
    """Show the queries of the task as the learner named them after adapting, at up to ``MOST`` meta-steps."""
    queries, played = training.queries, list(training.played)
    if queries is None or not played:
        return
    row = st.container(horizontal=True, gap="small")
    for once in spread(played):
        caption = f"{once.meta_step}: {once.before:.0%} → {once.after:.0%}"
        row.image(miniature(queries.tobytes(), once.right.tobytes()), caption, width=WIDTH)
    st.caption(
        _(
            "One task, again and again: after so many meta-steps, how many new drawings the learner names right before "
            "it adapts, and afterwards. Framed blue: right; orange and crossed: wrong."
        )
    )


def spread(played: list[Played]) -> list[Played]:
    """Return at most ``MOST`` of these, evenly spread, with the first and the last."""
    chosen = np.linspace(0, len(played) - 1, min(MOST, len(played))).round().astype(int)
    return [played[i] for i in chosen]


@lru_cache(maxsize=256)
def miniature(queries: bytes, right: bytes) -> str:
    """Return the address of a picture of the queries, each in the colour of whether it was named right."""
    drawings = np.frombuffer(queries, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    named = np.frombuffer(right, bool)
    return framed_address(drawings, [RIGHT if each else WRONG for each in named], list(~named), COLUMNS)
