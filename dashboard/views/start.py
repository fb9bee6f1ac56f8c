"""Start: what a task is, what an embedding of it is, and how it helps, in one screen with live pictures."""

import numpy as np
import streamlit as st

from dashboard import address, state
from dashboard.components import banner, pictures, task_pictures
from dashboard.language import _, said
from metalearn import plots
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.maps import TaskMap

SHOTS, WAYS = 4, 3


def any_task(characters: CharacterSet, shown: TaskMap) -> int:
    """Return the task that the pictures are of; a button takes another."""
    st.session_state.setdefault("example", 0)
    return int(np.random.default_rng([st.session_state["example"]]).integers(len(shown.names)))


def another() -> None:
    """Take another example."""
    st.session_state["example"] = st.session_state.get("example", 0) + 1


def what_a_task_is(characters: CharacterSet, task: int) -> None:
    """Show a support set and a query."""
    st.subheader(_("1 · A task"))
    st.markdown(
        _(
            "A few drawings of some characters, the **support set**, and a new drawing to be named, the **query**. A "
            "learner has seen thousands of such tasks, but none with these characters."
        )
    )
    same = np.flatnonzero(characters.alphabet_ids == characters.alphabet_ids[task])
    others = same[same != task][: WAYS - 1]
    for character in (task, *others):
        few = max(1, min(SHOTS, int(characters.counts[character]) - 1))  # the last is the query
        st.image([pictures.picture(drawing, size=2) for drawing in characters.images[character, :few]], width=56)
    query = int(characters.counts[task]) - 1
    st.image(pictures.picture(characters.images[task, query]), width=84, caption=_("Which of the three is this?"))


def what_an_embedding_is(shown: TaskMap, task: int) -> None:
    """Show a task's vector, and where it lies among all others."""
    st.subheader(_("2 · Its embedding"))
    st.markdown(
        _(
            "“Tell this character from others” becomes a **vector**: here, which way the task pulls at a small network "
            "while that trains on it (32 of its {size} numbers)."
        ).format(size=shown.embedding.shape[1])
    )
    st.plotly_chart(plots.vector(shown.embedding[task, :32]), config={"displayModeBar": False})
    near = shown.neighbours(task, 8)
    title = task_pictures.name(shown, task)
    figure = plots.task_map(shown.umap, ["task"] * len(shown.names), shown.names, [task], title, axes=("", ""))
    figure = plots.with_neighbours(figure, shown.umap, task, near.tolist())
    figure.update_traces(marker_color=plots.MUTED, marker_size=3, selector={"name": "task"})
    figure.update_traces(mode="markers", selector={"name": "selected"})  # among so many points a name is not read
    figure.update_layout(height=320, showlegend=False, title_font_color=plots.STRESSED)
    st.plotly_chart(figure, config={"displayModeBar": False}, alt=_("The task among all tasks."))


def how_it_helps(characters: CharacterSet, shown: TaskMap, task: int) -> None:
    """Show the task's neighbours, and name the three ways in which the embedding may help."""
    st.subheader(_("3 · What it is for"))
    st.markdown(
        _("Tasks with similar vectors are alike to a learner. The nearest to **{name}**:").format(
            name=task_pictures.name(shown, task)
        )
    )
    task_pictures.of_tasks(characters, shown, shown.neighbours(task, 8).tolist(), 4)
    st.markdown(
        _(
            "When a new task comes with few examples, its vector can set where a learner **starts**, how large its "
            "**steps** are, or which parts of it **take part**. Whether that helps is measured, not promised."
        )
    )


def page() -> None:
    st.title(_("Learning from a handful of examples"))
    characters = state.characters()
    with address.of({"example": address.number(0, 9999)}):
        introduce(characters)
    banner.show(characters)


def introduce(characters: CharacterSet) -> None:
    """Show one task, its embedding and what it is for."""
    shown = state.task_map("article", characters.name)
    task = any_task(characters, shown)
    columns = st.columns(3, gap="large")
    with columns[0]:
        what_a_task_is(characters, task)
    with columns[1]:
        what_an_embedding_is(shown, task)
    with columns[2]:
        how_it_helps(characters, shown, task)
    st.button(_("Another example"), on_click=another, icon=":material/refresh:")
    st.markdown("#### " + _("Where to go next"))
    for column, (path, label, about) in zip(st.columns(3), next_pages(), strict=False):
        column.page_link(path, label=label, icon=":material/arrow_forward:")
        column.caption(about)


def next_pages() -> list[tuple[str, str, str]]:
    """Return page, title and what it is good for."""
    return [
        ("views/task_space.py", _("Task space"), _("All tasks as a map: colour it, select in it, doubt it.")),
        ("views/adaptation.py", _("Watch adaptation"), _("Choose characters and watch learners adapt, step by step.")),
    ]


try:
    page()
except MetalearnError as error:
    st.error(said(error))
