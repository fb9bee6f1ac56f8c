"""Third scene: a task becomes a vector, and so a point among all tasks; similar tasks lie near it."""

import streamlit as st

from dashboard import state
from dashboard.game import SPLIT, Deal
from dashboard.language import _
from dashboard.widgets import chart, images, task_images
from metalearn import plots
from metalearn.characters.character_set import CharacterSet

NEIGHBOURS = 4
NUMBERS = 32  # of the vector, shown


def show(characters: CharacterSet, dealt: Deal) -> None:
    """Show the vector of the game's first character, where it lies on the map, and its nearest."""
    task_map, task = state.task_map(SPLIT, characters.name), dealt.classes[dealt.answer]
    nearest = task_map.neighbours(task, NEIGHBOURS).tolist()
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption(
            _("**{name}**, {shown} of its {size} numbers: how a small network changes as it learns the task.").format(
                name=task_images.name(task_map, task), shown=NUMBERS, size=task_map.embedding.shape[1]
            )
        )
        figure = plots.vector(task_map.embedding[task, :NUMBERS])
        chart.show(figure, _("The numbers as colours."), config={"displayModeBar": False})
        st.caption(_("The four nearest tasks:"))
        images.row_of_characters(characters, nearest)
    figure = plots.task_map(task_map.umap, ["task"] * len(task_map.names), task_map.names, [task], "", axes=("", ""))
    figure = plots.with_neighbours(figure, task_map.umap, task, nearest)
    figure.update_traces(marker_color=plots.MUTED, marker_size=3, selector={"name": "task"})
    figure.update_traces(mode="markers", selector={"name": "selected"})  # among so many points a name is not read
    figure.update_layout(height=290, showlegend=False, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    chart.show(figure, _("The task among all tasks."), right, config={"displayModeBar": False})
    right.page_link("views/task_space.py", label=_("Task space"), icon=":material/scatter_plot:")
