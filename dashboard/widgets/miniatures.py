"""One task, played again and again in a training: each time in miniature, so that one sees the start improve."""

from functools import lru_cache

import numpy as np
import streamlit as st

from dashboard.language import _
from dashboard.training import Played, Training
from dashboard.type_size import pixels
from dashboard.widgets.images import framed_address
from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.plots.player import RIGHT, WRONG

MOST = 13  # that are shown
WIDTH = 108  # pixels, of one
COLUMNS = 8
PEN = 14  # of frames and crosses, which are to be seen in a small picture


def show(training: Training) -> None:
    """Show the queries of the task as the learner named them after adapting, at up to ``MOST`` meta-steps."""
    queries, played = training.queries, list(training.played)
    if queries is None or not played:
        return
    row = st.container(horizontal=True, gap="small")
    for once in spread(played):
        caption = _("{step}: {share:.0%}").format(step=once.meta_step, share=once.accuracy)
        alt = _("{right} of {count} drawings named right.").format(right=once.right.sum(), count=len(once.right))
        row.image(miniature(queries.tobytes(), once.right.tobytes()), caption, width=pixels(WIDTH), alt=alt)
    st.caption(
        _(
            "One hard task, again and again: after so many meta-steps, how many of the {count} new drawings the "
            "learner names right once it has adapted to the task. Framed blue: right; orange and crossed: wrong. Each "
            "time it has the same examples; only what it starts from has changed."
        ).format(count=len(queries))
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
    return framed_address(drawings, [RIGHT if each else WRONG for each in named], list(~named), COLUMNS, PEN)
