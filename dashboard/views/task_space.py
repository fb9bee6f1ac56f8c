"""Task space: every task as a point, what is drawn there, what is near in the full space, how far to trust it."""

from dataclasses import replace

import streamlit as st

from dashboard import address, state
from dashboard.components import as_python, banner, mapped, marks, selecting, trust
from dashboard.components import split as split_choice
from dashboard.components.mapped import Look, code
from dashboard.language import _, said
from metalearn import maps
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.maps import TaskMap

PROJECTIONS = ("UMAP 2D", "PCA 2D", "PCA 3D", "UMAP 3D", "UMAP 2D, another seed")


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


def show_map(characters: CharacterSet, shown: TaskMap, look: Look) -> None:
    """Draw one map, with what is to be said about it; the browser marks what is selected."""
    flat = "3D" not in look.projection
    key = f"chart {shown.family} {look.projection}"
    with st.container(key=f"map_{look.projection.replace(' ', '_')}"):
        st.plotly_chart(
            mapped.all_tasks(characters, shown, look),
            key=key,
            on_select=(lambda: selecting.take(selecting.encircled(key), shown.names)) if flat else "ignore",
            selection_mode=("box", "lasso"),
            config={"toImageButtonOptions": {"format": "svg", "filename": f"tasks-{shown.family}"}},
            alt=_("A map of {count} tasks, coloured by {colour}.").format(
                count=len(shown.names), colour=_(look.colour)
            ),
        )
    st.caption(trust.of(shown, look.projection), help=trust.what_it_is())


def view(characters: CharacterSet) -> dict[str, address.Read]:
    """Return what shapes this page."""
    return {
        "split": address.one_of(state.SPLITS),
        "family": address.one_of(families_of(characters)),
        "map": address.one_of(PROJECTIONS),
        "beside": address.one_of(PROJECTIONS),
        "colour": address.one_of((*maps.COLOURS, "question")),
        # Which tasks there are depends on the map; those that it does not have are dropped there.
        "tasks": lambda said: said[: selecting.MOST_SELECTED],
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
    selected = selecting.ask(shown)
    look = replace(look, selected=selected, drawings=st.session_state["drawings"], lines=st.session_state["lines"])
    apart = bool(second) and second != look.projection
    left, right = st.columns([1, 1] if apart else [3, 2])
    with left:
        show_map(characters, shown, look)
    with right:
        if apart:
            show_map(characters, shown, look.on(second))
        else:
            selecting.show(characters, shown, selected, columns=4)
    if apart:
        selecting.show(characters, shown, selected, columns=8)
    tools = st.columns([2, 2, 2, 6])
    with tools[0]:
        as_python.show(code(shown, look))
    tools[1].download_button(
        _("Selection (CSV)"), trust.as_csv(shown, selected), "tasks.csv", "text/csv", disabled=not selected
    )
    tools[2].download_button(
        _("Figure (HTML)"), lambda: mapped.draw(characters, shown, look).to_html(), "tasks.html", "text/html"
    )
    marks.show(shown, look, on_pick=lambda task: selecting.take([task], shown.names))
    trust.clusters(characters, shown)
    if shown.family != maps.EPISODES and characters.name == "omniglot":
        trust.compare(characters, shown)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
