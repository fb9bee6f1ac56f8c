"""Which tasks are selected: by name, on a map, and what there is to see of them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import task_pictures
from dashboard.components.mapped import NEIGHBOURS
from dashboard.language import _
from metalearn import maps
from metalearn.data import CharacterSet
from metalearn.maps import TaskMap

MOST_SELECTED = 60  # an address has to hold their names


def ask(shown: TaskMap) -> list[int]:
    """Ask which tasks are selected, by name; what is selected on a map lands here too."""
    left, middle, right = st.columns([8, 3, 3], vertical_alignment="bottom")
    known = set(shown.names)
    st.session_state["tasks"] = [name for name in st.session_state.get("tasks", []) if name in known]
    names = left.multiselect(
        _("Selected tasks"),
        shown.names,
        key="tasks",
        persist_state="session",
        max_selections=MOST_SELECTED,
        placeholder=_("click or lasso on a map, or type a name"),
    )
    middle.toggle(_("Drawings as points"), key="drawings", persist_state="session", help=_("On flat maps."))
    right.toggle(
        _("Lines to true neighbours"),
        key="lines",
        persist_state="session",
        help=_("From the first selected task to its nearest in the full space: long lines are where the map errs."),
    )
    position = {name: i for i, name in enumerate(shown.names)}
    return [position[name] for name in names]


def take(tasks: Iterable[Any], names: tuple[str, ...]) -> None:
    """Take over which tasks a browser says were selected, as far as there are such."""
    known = dict.fromkeys(task for task in tasks if isinstance(task, int) and 0 <= task < len(names))
    st.session_state["tasks"] = [names[task] for task in known][:MOST_SELECTED]


def encircled(key: str) -> Iterator[Any]:
    """Return what is in the box or lasso that was drawn on the map with this key."""
    points: Any = st.session_state[key]["selection"]["points"]
    return (np.ravel(point.get("customdata", [None])).tolist()[0] for point in points)


def show(characters: CharacterSet, shown: TaskMap, selected: list[int], columns: int) -> None:
    """Show the drawings of the selected tasks and the neighbours of the first of them."""
    if not selected:
        st.info(_("Click a point, or drag a box or lasso around some (tools above a flat map)."))
        return
    st.subheader(_("{count} selected").format(count=len(selected)))
    task_pictures.of_tasks(characters, shown, selected[: 3 * columns], columns)
    if shown.family != maps.EPISODES:
        few = [("characters", shown.names[i]) for i in selected[: state.MOST_CHARACTERS]]
        st.page_link(
            "views/adaptation.py",
            label=_("Watch a learner tell them apart"),
            icon=":material/play_circle:",
            query_params=[*few, ("split", shown.split)],
            disabled=len(selected) < 2,
            help=_("The first {most} of them; select at least two.").format(most=state.MOST_CHARACTERS),
        )
    st.markdown(_("**Nearest to {name}**").format(name=task_pictures.name(shown, selected[0])))
    task_pictures.of_tasks(characters, shown, shown.neighbours(selected[0], NEIGHBOURS).tolist(), columns)
    st.caption(
        _("By cosine in all {size} dimensions, not on the map.").format(size=shown.embedding.shape[1]),
        help=_("The cosine of the angle between two embeddings, their mean taken off: 1 is the same direction."),
    )
