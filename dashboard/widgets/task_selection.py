"""Which tasks are selected, by name or on a map, and what is shown of them."""

import base64
from typing import Any

import numpy as np
import streamlit as st

from dashboard import address, state
from dashboard.language import _
from dashboard.widgets import task_images
from dashboard.widgets.map_chart import NEIGHBOURS
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import EPISODE_MAP, TaskMap

# So many selected tasks are named in the address. If there are more, it has one bit for each task of the map.
MOST_NAMED = 60


def read_names(values: list[str], task_map: TaskMap) -> list[str]:
    """Read the names of selected tasks."""
    return address.some_of(set(task_map.names), MOST_NAMED)(values)


def read_many(values: list[str], task_map: TaskMap) -> str | None:
    """Read a selection of many tasks, as :func:`packed` writes it."""
    return values[-1] if values and unpacked(values[-1], len(task_map.names)) else None


def choose(task_map: TaskMap) -> list[int]:
    """Ask for tasks by name, and return those that are selected, here or on a map."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        selected = _choose_many(task_map) or _choose_by_name(task_map)
    row.toggle(_("Drawings as points"), key="drawings", persist_state="session")
    row.toggle(
        _("Lines to true neighbours"),
        key="lines",
        persist_state="session",
        help=_("From the first selected task to its nearest in the full space: long lines are where the map errs."),
    )
    return selected


def _choose_many(task_map: TaskMap) -> list[int]:
    """Of a selection that is too large to be named, say how many tasks it has, and offer to deselect them."""
    selected = unpacked(st.session_state["many"], len(task_map.names))
    if not selected:
        st.session_state["many"] = ""
        return []
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(_("**{count} tasks** are selected, by a box or a lasso.").format(count=len(selected)))
    row.button(_("Deselect"), on_click=select, args=([], task_map.names))
    return selected


def _choose_by_name(task_map: TaskMap) -> list[int]:
    position = {name: i for i, name in enumerate(task_map.names)}
    st.session_state["tasks"] = [name for name in st.session_state["tasks"] if name in position]
    names = st.multiselect(
        _("Selected tasks"),
        task_map.names,
        format_func=task_images.shown_name,
        key="tasks",
        persist_state="session",
        max_selections=MOST_NAMED,
        placeholder=_("click or lasso on a map, or type a name"),
    )
    return [position[name] for name in names]


def select(tasks: Any, names: tuple[str, ...]) -> None:
    """Select the tasks whose numbers a browser sent; anything else that it sent is left out."""
    tasks = tasks if isinstance(tasks, list) else []
    known = list(dict.fromkeys(task for task in tasks if isinstance(task, int) and 0 <= task < len(names)))
    few = len(known) <= MOST_NAMED
    st.session_state["tasks"] = [names[task] for task in known] if few else []
    st.session_state["many"] = "" if few else packed(known, len(names))


def packed(tasks: list[int], count: int) -> str:
    """Return a selection among ``count`` tasks as a short text for the address: one bit for each task."""
    bits = np.packbits(np.isin(np.arange(count), tasks))
    return base64.urlsafe_b64encode(bits.tobytes()).decode()


def unpacked(text: str, count: int) -> list[int]:
    """Return the tasks that :func:`packed` made a text of; none for a text that does not fit ``count`` tasks."""
    try:
        packed = np.frombuffer(base64.urlsafe_b64decode(text.encode("ascii")), np.uint8)
    except (ValueError, UnicodeError):
        return []
    bits = np.unpackbits(packed)
    fits = len(packed) == -(-count // 8) and not bits[count:].any()
    return np.flatnonzero(bits).tolist() if fits else []


def show(characters: CharacterSet, task_map: TaskMap, selected: list[int], most: int) -> None:
    """Show the drawings of up to ``most`` selected tasks, and the neighbours of the first of them."""
    if not selected:
        st.info(
            _(
                "Click a point; Shift and a click select one more; *Box* and *Lasso* select many. Scroll or pinch to "
                "zoom: points become drawings. Click a name on the map or below it to see it alone."
            )
        )
        return
    st.subheader(_("{count} selected").format(count=len(selected)))
    task_images.show(characters, task_map, selected[:most])
    if task_map.family != EPISODE_MAP:
        few = [("characters", task_map.names[i]) for i in selected[: state.MOST_CHARACTERS]]
        st.page_link(
            "views/adaptation.py",
            label=_("Watch a learner tell them apart"),
            icon=":material/play_circle:",
            query_params=[*few, ("split", task_map.split)],
            disabled=len(selected) < 2,
            help=_("The first {most} of them; select at least two.").format(most=state.MOST_CHARACTERS),
        )
    st.markdown(_("**Nearest to {name}**").format(name=task_images.name(task_map, selected[0])))
    task_images.show(characters, task_map, task_map.neighbours(selected[0], NEIGHBOURS).tolist())
    st.caption(
        _("By cosine in all {size} dimensions, not on the map.").format(size=task_map.embedding.shape[1]),
        help=_("The cosine of the angle between two embeddings, their mean taken off: 1 is the same direction."),
    )
