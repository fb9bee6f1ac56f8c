"""Task space: every task as a point, what is drawn there, what is near in the full space, how far to trust it."""

from dataclasses import replace

import streamlit as st

from dashboard import address, state
from dashboard.language import _
from dashboard.widgets import (
    copy_as_python,
    data_banner,
    map_chart,
    map_marks,
    map_trust,
    split_picker,
    task_selection,
)
from dashboard.widgets.map_chart import MapSettings
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import COLOUR_TITLES, EPISODE_MAP, PROJECTION_TITLES, TaskMap
from metalearn.pretrained.maps import MAPPED_FAMILIES

EPISODE_COLOURS = ("question", "kmeans", "hdbscan", "difficulty")
CHARACTER_COLOURS = ("alphabet", "side", "kmeans", "hdbscan", "difficulty")
# Links made with version 0.1 hold these names.
OLD_PROJECTIONS = {
    "UMAP 2D": "umap-2d",
    "UMAP 2D, another seed": "umap-2d-again",
    "UMAP 3D": "umap-3d",
    "PCA 2D": "pca-2d",
    "PCA 3D": "pca-3d",
}
OLD_COLOURS = {"split side": "side", "k-means cluster": "kmeans", "HDBSCAN cluster": "hdbscan"}


def readers(characters: CharacterSet) -> dict[str, address.Reader]:
    """Return what the page's address holds."""
    return {
        "split": address.one_of(state.SPLITS),
        "family": address.one_of(families_of(characters)),
        "map": address.one_of(PROJECTION_TITLES, OLD_PROJECTIONS),
        "beside": address.one_of(PROJECTION_TITLES, OLD_PROJECTIONS),
        "colour": address.one_of(COLOUR_TITLES, OLD_COLOURS),
        # Which tasks there are depends on the map; the widget drops the others.
        "tasks": lambda values: values[: task_selection.MOST_SELECTED],
        "drawings": address.flag,
        "lines": address.flag,
        "clusters": address.flag,
        "compare": address.one_of(MAPPED_FAMILIES),
    }


def families_of(characters: CharacterSet) -> tuple[str, ...]:
    """Return the embeddings that there is a map of."""
    return (*MAPPED_FAMILIES, EPISODE_MAP) if characters.name == "omniglot" else MAPPED_FAMILIES[:1]


def choose(characters: CharacterSet) -> tuple[TaskMap, MapSettings, str]:
    """Ask which map to draw, and how; return it, its settings, and the projection beside it ("" for none)."""
    columns = st.columns([5, 5, 4, 4, 4], vertical_alignment="bottom")
    with columns[0]:
        split = split_picker.choose()
    family = columns[1].selectbox(
        _("Embedding"),
        families_of(characters),
        format_func=state.embedding_titles().__getitem__,
        key="family",
        persist_state="session",
        help=_(
            "How a task became a vector: from its gradients, from what adapting to it changes, from how models that "
            "solve other tasks score on it, or from a generative model of its drawings (article, section 3.1)."
        ),
    )
    task_map = state.task_map("lake" if family == EPISODE_MAP else split, characters.name, family)
    projections = {key: _(title) for key, title in PROJECTION_TITLES.items()}
    projection = columns[2].selectbox(
        _("Map"), list(projections), format_func=projections.__getitem__, key="map", persist_state="session"
    )
    beside = columns[3].selectbox(
        _("Beside it"),
        ["", *projections],
        format_func=lambda key: projections[key] if key else _("nothing"),
        key="beside",
        persist_state="session",
        help=_("A second map of the same tasks; what you select on one is marked on both."),
    )
    colour = columns[4].selectbox(
        _("Colour by"),
        EPISODE_COLOURS if family == EPISODE_MAP else CHARACTER_COLOURS,
        format_func=lambda key: _(COLOUR_TITLES[key]),
        key="colour",
        persist_state="session",
    )
    return task_map, MapSettings(projection, colour), beside


def show_map(characters: CharacterSet, task_map: TaskMap, settings: MapSettings) -> None:
    """Draw one map, and say how far to trust it; the browser marks what is selected."""
    flat = task_map.projections[settings.projection].shape[1] == 2
    key = f"chart {task_map.family} {settings.projection}"

    def select_lassoed() -> None:
        task_selection.select(task_selection.lassoed(key), task_map.names)

    with st.container(key=f"map_{settings.projection}"):
        st.plotly_chart(
            map_chart.all_tasks(characters, task_map, settings),
            key=key,
            on_select=select_lassoed if flat else "ignore",
            selection_mode=("box", "lasso"),
            config={"toImageButtonOptions": {"format": "svg", "filename": f"tasks-{task_map.family}"}},
            alt=_("A map of {count} tasks, coloured by {colour}.").format(
                count=len(task_map.names), colour=_(COLOUR_TITLES[settings.colour])
            ),
        )
    st.caption(map_trust.what_it_keeps(task_map, settings.projection), help=map_trust.explanation())


def page() -> None:
    st.title(_("Task space"))
    introduction = st.empty()
    characters = state.characters()
    with address.synchronised(readers(characters)):
        explore(characters)
    introduction.markdown(what_a_point_is(st.session_state["family"]))
    data_banner.show(characters)


def what_a_point_is(family: str) -> str:
    """Say what the points on the map of an embedding are."""
    if family == EPISODE_MAP:
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
    """Ask for a map, draw it, and show what is selected on it."""
    task_map, settings, beside = choose(characters)
    selected = task_selection.choose(task_map)
    settings = replace(
        settings, selected=selected, drawings=st.session_state["drawings"], lines=st.session_state["lines"]
    )
    two_maps = beside not in ("", settings.projection)
    left, right = st.columns([1, 1] if two_maps else [3, 2])
    with left:
        show_map(characters, task_map, settings)
    with right:
        if two_maps:
            show_map(characters, task_map, settings.with_projection(beside))
        else:
            task_selection.show(characters, task_map, selected, columns=4)
    if two_maps:
        task_selection.show(characters, task_map, selected, columns=8)
    tools = st.columns([2, 2, 2, 6])
    with tools[0]:
        copy_as_python.show(map_chart.code(task_map, settings))
    tools[1].download_button(
        _("Selection (CSV)"), map_trust.as_csv(task_map, selected), "tasks.csv", "text/csv", disabled=not selected
    )
    tools[2].download_button(
        _("Figure (HTML)"), lambda: map_chart.draw(characters, task_map, settings).to_html(), "tasks.html", "text/html"
    )
    map_marks.show(task_map, settings, on_click=lambda task: task_selection.select([task], task_map.names))
    map_trust.clusters(characters, task_map)
    if task_map.family != EPISODE_MAP and characters.name == "omniglot":
        map_trust.compare(characters, task_map)


page()
