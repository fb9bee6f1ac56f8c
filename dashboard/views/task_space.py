"""Task space: every task as a point, what is drawn there, what is near in the full space, how far to trust it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from dashboard import address, state
from dashboard.components import as_python, banner, mapped, marks, task_pictures, trust
from dashboard.components import split as split_choice
from dashboard.components.mapped import NEIGHBOURS, Look, code
from dashboard.language import _, said
from metalearn import maps
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.maps import TaskMap

PROJECTIONS = ("UMAP 2D", "PCA 2D", "PCA 3D", "UMAP 3D", "UMAP 2D, another seed")
MOST_SELECTED = 60  # an address has to hold their names


def controls(characters: CharacterSet) -> tuple[TaskMap, Look, str]:
    """Ask how to look at the space; return the map, the look, and the second projection ("" for none)."""
    titles = {
        "gradient": _("gradients"),
        "adaptation": _("adapted parameters"),
        "collaborative": _("scores of solvers"),
        "generative": _("code of a generative model"),
        maps.EPISODES: _("episodes of mixed questions"),
    }
    columns = st.columns([5, 5, 4, 4, 4], vertical_alignment="bottom")
    with columns[0]:
        split = split_choice.choose()
    family = columns[1].selectbox(
        _("Embedding"),
        families_of(characters),
        format_func=titles.__getitem__,
        key="family",
        persist_state="session",
        help=_(
            "How a task became a vector: from its gradients, from what adapting to it changes, from how models that "
            "solve other tasks score on it, or from a generative model of its drawings (article, section 3.1)."
        ),
    )
    shown = state.task_map("lake" if family == maps.EPISODES else split, characters.name, family)
    projection = columns[2].selectbox(_("Map"), PROJECTIONS, key="map", persist_state="session")
    second = columns[3].selectbox(
        _("Beside it"),
        ["", *PROJECTIONS],
        format_func=lambda name: name or _("nothing"),
        key="beside",
        persist_state="session",
        help=_("A second map of the same tasks; what you select on one is marked on both."),
    )
    colours = ("question", *maps.COLOURS[2:]) if family == maps.EPISODES else maps.COLOURS
    colour = columns[4].selectbox(_("Colour by"), colours, format_func=_, key="colour", persist_state="session")
    return shown, Look(projection, colour), second


def families_of(characters: CharacterSet) -> tuple[str, ...]:
    """Return the embeddings that there is a map of."""
    return (*maps.FAMILIES, maps.EPISODES) if characters.name == "omniglot" else maps.FAMILIES[:1]


def choose_tasks(shown: TaskMap) -> list[int]:
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


def select(tasks: Iterable[Any], names: tuple[str, ...]) -> None:
    """Take over which tasks a browser says were selected, as far as there are such."""
    known = dict.fromkeys(task for task in tasks if isinstance(task, int) and 0 <= task < len(names))
    st.session_state["tasks"] = [names[task] for task in known][:MOST_SELECTED]


def encircled(key: str) -> Iterator[Any]:
    """Return what is in the box or lasso that was drawn on the map with this key."""
    points: Any = st.session_state[key]["selection"]["points"]
    return (np.ravel(point.get("customdata", [None])).tolist()[0] for point in points)


def show_map(characters: CharacterSet, shown: TaskMap, look: Look) -> None:
    """Draw one map, with what is to be said about it. On flat ones, the browser marks what is selected."""
    flat = "3D" not in look.projection
    key = f"chart {shown.family} {look.projection}"
    with st.container(key=f"map_{look.projection.replace(' ', '_')}"):
        st.plotly_chart(
            (mapped.all_tasks if flat else mapped.draw)(characters, shown, look),
            key=key,
            on_select=(lambda: select(encircled(key), shown.names)) if flat else "ignore",
            selection_mode=("box", "lasso"),
            config={"toImageButtonOptions": {"format": "svg", "filename": f"tasks-{shown.family}"}},
            alt=_("A map of {count} tasks, coloured by {colour}.").format(
                count=len(shown.names), colour=_(look.colour)
            ),
        )
    st.caption(trust.of(shown, look.projection), help=trust.what_it_is())


def selection(characters: CharacterSet, shown: TaskMap, selected: list[int], columns: int) -> None:
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


def view(characters: CharacterSet) -> dict[str, address.Read]:
    """Return what shapes this page."""
    return {
        "split": address.one_of(state.SPLITS),
        "family": address.one_of(families_of(characters)),
        "map": address.one_of(PROJECTIONS),
        "beside": address.one_of(PROJECTIONS),
        "colour": address.one_of((*maps.COLOURS, "question")),
        # Which tasks there are depends on the map; those that it does not have are dropped there.
        "tasks": lambda said: said[:MOST_SELECTED],
        "drawings": address.flag,
        "lines": address.flag,
        "clusters": address.flag,
        "compare": address.one_of(maps.FAMILIES),
    }


def page() -> None:
    st.title(_("Task space"))
    says = st.empty()
    characters = state.characters()
    with address.of(view(characters)):
        explore(characters)
    says.markdown(what_a_point_is(st.session_state["family"]))
    banner.show(characters)


def what_a_point_is(family: str) -> str:
    """Say what the map of a family shows."""
    if family == maps.EPISODES:
        return _(
            "Each point is a **task** with five classes, which asks for the character, the alphabet or the drawer of "
            "its drawings. Its place is its **embedding**, the one that learners are told. The questions were not used "
            "to make it."
        )
    return _(
        "Each point is a **task**: tell one character from others. Its place is its **embedding**; tasks that are "
        "alike to a learner lie close. The alphabets were not used to make it."
    )


def explore(characters: CharacterSet) -> None:
    """Ask for a look at the space, and show it."""
    shown, look, second = controls(characters)
    selected = choose_tasks(shown)
    look = replace(look, selected=selected, drawings=st.session_state["drawings"], lines=st.session_state["lines"])
    apart = bool(second) and second != look.projection
    left, right = st.columns([1, 1] if apart else [3, 2])
    with left:
        show_map(characters, shown, look)
    with right:
        if apart:
            show_map(characters, shown, look.on(second))
        else:
            selection(characters, shown, selected, columns=4)
    if apart:
        selection(characters, shown, selected, columns=8)
    tools = st.columns([2, 2, 2, 6])
    with tools[0]:
        as_python.show(code(shown, look))
    tools[1].download_button(
        _("Selection (CSV)"), trust.as_csv(shown, selected), "tasks.csv", "text/csv", disabled=not selected
    )
    tools[2].download_button(
        _("Figure (HTML)"), lambda: mapped.draw(characters, shown, look).to_html(), "tasks.html", "text/html"
    )
    marks.show(shown, look, on_pick=lambda task: select([task], shown.names))
    trust.clusters(characters, shown)
    if shown.family != maps.EPISODES and characters.name == "omniglot":
        trust.compare(characters, shown)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
