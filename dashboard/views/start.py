"""Start: what a task is, what its embedding is, and how that helps, on one screen with real data."""

from functools import reduce

import numpy as np
import streamlit as st

from dashboard import address, state
from dashboard.address import Choice
from dashboard.language import _
from dashboard.widgets import data_banner, images, task_images
from metalearn import plots
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import TaskMap

SPLIT = "lake"
SHOTS, WAYS, NEIGHBOURS = 4, 3, 8


def example_characters(characters: CharacterSet) -> list[int]:
    """Return the characters of the page's task, all of one alphabet; the first is the one that the page is about.

    No learner was trained on them, whatever its split: they are test characters of all, or of other data.
    """
    pool = reduce(np.intersect1d, [state.unseen(split, characters) for split in state.SPLITS])
    rng = np.random.default_rng([st.session_state["example"]])
    ids = characters.alphabet_ids[pool]
    large_enough = pool[np.bincount(ids)[ids] >= WAYS]
    first = rng.choice(large_enough if len(large_enough) else pool)
    others = pool[(ids == characters.alphabet_ids[first]) & (pool != first)]
    return [int(first), *others[: WAYS - 1].tolist()]


def next_example() -> None:
    """Take another example task."""
    st.session_state["example"] += 1


def what_a_task_is(characters: CharacterSet, classes: list[int]) -> None:
    """Show a support set and a query."""
    st.subheader(_("1 · A task"))
    st.markdown(
        _(
            "A few drawings of some characters, the **support set**, and a new drawing to be named, the **query**. A "
            "learner has seen thousands of such tasks, but none with these characters."
        )
    )
    for character in classes:
        shots = max(1, min(SHOTS, int(characters.counts[character]) - 1))  # the last drawing is the query
        st.image([images.image_address(drawing, scale=2) for drawing in characters.images[character, :shots]], width=56)
    query = characters.images[classes[0], characters.counts[classes[0]] - 1]
    st.image(images.image_address(query), width=84, caption=_("Which of the three is this?"))


def what_an_embedding_is(task_map: TaskMap, task: int) -> None:
    """Show a task's vector, and where it lies among all others."""
    st.subheader(_("2 · Its embedding"))
    st.markdown(
        _(
            "“Tell this character from others” becomes a **vector**: here, the direction in which training on the task "
            "changes a small network (32 of its {size} numbers)."
        ).format(size=task_map.embedding.shape[1])
    )
    st.plotly_chart(plots.vector(task_map.embedding[task, :32]), config={"displayModeBar": False})
    nearest = task_map.neighbours(task, NEIGHBOURS)
    title = task_images.name(task_map, task)
    figure = plots.task_map(task_map.umap, ["task"] * len(task_map.names), task_map.names, [task], title, axes=("", ""))
    figure = plots.with_neighbours(figure, task_map.umap, task, nearest.tolist())
    figure.update_traces(marker_color=plots.MUTED, marker_size=3, selector={"name": "task"})
    figure.update_traces(mode="markers", selector={"name": "selected"})  # among so many points a name is not read
    figure.update_layout(height=320, showlegend=False, title_font_color=plots.STRESSED)
    st.plotly_chart(figure, config={"displayModeBar": False}, alt=_("The task among all tasks."))


def how_it_helps(characters: CharacterSet, task_map: TaskMap, task: int) -> None:
    """Show the task's neighbours, and say in which three ways its embedding can help."""
    st.subheader(_("3 · What it is for"))
    st.markdown(
        _("Tasks with similar vectors are alike to a learner. The nearest to **{name}**:").format(
            name=task_images.name(task_map, task)
        )
    )
    task_images.show(characters, task_map, task_map.neighbours(task, NEIGHBOURS).tolist(), 4)
    st.markdown(
        _(
            "When a new task comes with few examples, its vector can set where a learner **starts**, how large its "
            "**steps** are, or which parts of it **take part**. Whether that helps is measured, not promised."
        )
    )


def page() -> None:
    st.title(_("Learning from a handful of examples"))
    characters = state.characters()
    data_banner.warn()
    with address.synchronised({"example": Choice(address.number(0, 9999), 0)}):
        introduce(characters)
    data_banner.cite(characters)


def introduce(characters: CharacterSet) -> None:
    """Show one task, its embedding and what it is for."""
    task_map = state.task_map(SPLIT, characters.name)
    classes = example_characters(characters)
    task = classes[0]
    columns = st.columns(3, gap="large")
    with columns[0]:
        what_a_task_is(characters, classes)
    with columns[1]:
        what_an_embedding_is(task_map, task)
    with columns[2]:
        how_it_helps(characters, task_map, task)
    st.button(_("Another example"), on_click=next_example, icon=":material/refresh:")
    st.markdown("#### " + _("Where to go next"))
    for column, (path, label, about) in zip(st.columns(3), next_pages(), strict=False):
        column.page_link(path, label=label, icon=":material/arrow_forward:")
        column.caption(about)


def next_pages() -> list[tuple[str, str, str]]:
    """Return pages to go on with: file, title, and what each is for."""
    return [
        ("views/task_space.py", _("Task space"), _("All tasks as a map: colour it, select in it, doubt it.")),
        ("views/adaptation.py", _("Watch adaptation"), _("Choose characters and watch learners adapt, step by step.")),
    ]


page()
