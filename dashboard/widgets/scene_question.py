"""Second scene: one can ask different questions of the same drawings. Which question do the groups answer?"""

import numpy as np
import streamlit as st

from dashboard.game import QUESTIONS, Deal, nine_drawings
from dashboard.language import _
from dashboard.type_size import pixels
from dashboard.widgets import images
from metalearn.characters.character_set import CharacterSet

SIDE = 72  # pixels of a drawing


def titles() -> dict[str, str]:
    """Return the questions in words."""
    return {"character": _("which character?"), "drawer": _("who drew it?"), "size": _("which size?")}


def show(characters: CharacterSet, dealt: Deal) -> None:
    """Show nine drawings in three groups; after the visitor's guess, show the groups of the two other questions."""
    show_groups(nine_drawings(characters, dealt, dealt.question))
    guess = st.session_state["guess"]
    row = st.container(horizontal=True)
    for question in QUESTIONS:
        row.button(
            titles()[question],
            key=f"guess-{question}",
            on_click=choose,
            args=(question,),
            disabled=bool(guess),
            type="primary" if guess == question else "secondary",
            width="stretch",
        )
    if not guess:
        return
    line = _("✓ Right: **{question}**") if guess == dealt.question else _("✗ No: the groups answer **{question}**")
    st.markdown(line.format(question=titles()[dealt.question]))
    st.markdown(_("Nothing but the answers changes, and something else has to be learned:"))
    for column, question in zip(st.columns(2), [q for q in QUESTIONS if q != dealt.question], strict=True):
        column.caption(_("grouped by: {question}").format(question=titles()[question]))
        groups = nine_drawings(characters, dealt, question)
        column.image(
            images.sheet_address(groups.reshape(-1, 28, 28), columns=3),
            width=pixels(150),
            alt=_("Nine drawings, one row per group."),
        )


def choose(question: str) -> None:
    """Note the visitor's guess."""
    st.session_state["guess"] = question


def show_groups(groups: np.ndarray) -> None:
    """Show groups of drawings, uint8 ``[groups, n, 28, 28]``, each in a frame."""
    for number, (group, column) in enumerate(zip(groups, st.columns(len(groups)), strict=True), 1):
        frame = column.container(border=True, horizontal_alignment="center")
        frame.image(
            images.sheet_address(group, columns=3),
            width=pixels(3 * SIDE),
            caption=_("group {number}").format(number=number),
            alt=_("The three drawings of a group."),
        )
