"""Marks on the maps of a page, and the clicks on them; the browser draws them, at once and on all maps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.mapped import NEIGHBOURS, Look
from metalearn import plots
from metalearn.maps import TaskMap

KEY = "marks"

_marks = st.components.v2.component("metalearn_marks", js=Path(__file__).with_name("marks.js").read_text("utf-8"))


def show(shown: TaskMap, look: Look, on_pick: Callable[[Any], None]) -> None:
    """Mark what is selected on the page's maps; ``on_pick`` is told what is clicked, on any map."""
    first = look.selected[:1] if look.lines else []
    _marks(
        key=KEY,
        data={
            "colour": plots.STRESSED,
            "tasks": look.selected,
            "names": [plots.map_label(shown.names[task]) for task in look.selected],
            "neighbours": [near for task in first for near in shown.neighbours(task, NEIGHBOURS).tolist()],
        },
        on_picked_change=lambda: on_pick(st.session_state[KEY]["picked"]),
    )
