"""The marks on a page's maps, and the clicks on them. The browser draws the marks, at once and on all maps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.widgets.map_chart import NEIGHBOURS, MapSettings
from metalearn import plots
from metalearn.maps.task_map import TaskMap

KEY = "marks"

_marks = st.components.v2.component("metalearn_marks", js=Path(__file__).with_name("map_marks.js").read_text("utf-8"))


def show(task_map: TaskMap, settings: MapSettings, on_click: Callable[[Any], None]) -> None:
    """Mark the selected tasks on the page's maps; ``on_click`` is called with the task that is clicked, on any map."""
    first = settings.selected[:1] if settings.lines else []
    _marks(
        key=KEY,
        data={
            "colour": plots.STRESSED,
            "tasks": settings.selected,
            "names": [plots.map_label(task_map.names[task]) for task in settings.selected],
            "neighbours": [near for task in first for near in task_map.neighbours(task, NEIGHBOURS).tolist()],
        },
        on_picked_change=lambda: on_click(st.session_state[KEY]["picked"]),
    )
