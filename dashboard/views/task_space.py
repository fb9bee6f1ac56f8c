"""Task space: every task as a point, what is drawn there, what is near in the full space, how far to trust it."""

from dataclasses import replace

import streamlit as st

from dashboard import address, state
from dashboard.address import Choice
from dashboard.language import _
from dashboard.widgets import (
    copy_as_python,
    data_banner,
    map_chart,
    map_trust,
    split_picker,
    task_canvas,
    task_selection,
)
from dashboard.widgets.map_chart import MapSettings
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import COLOUR_TITLES, EPISODE_MAP, PROJECTION_TITLES, TaskMap
from metalearn.pretrained.maps import MAPPED_FAMILIES

EPISODE_COLOURS = ("question", "kmeans", "hdbscan", "difficulty")
CHARACTER_COLOURS = ("alphabet", "side", "kmeans", "hdbscan", "difficulty")
SAVES_AS_SVG = {"toImageButtonOptions": {"format": "svg", "filename": "tasks"}}
# Links made with version 0.1 hold these names.
OLD_PROJECTIONS = {
    "UMAP 2D": "umap-2d",
    "UMAP 2D, another seed": "umap-2d-again",
    "UMAP 3D": "umap-3d",
    "PCA 2D": "pca-2d",
    "PCA 3D": "pca-3d",
}
OLD_COLOURS = {"split side": "side", "k-means cluster": "kmeans", "HDBSCAN cluster": "hdbscan"}


def choices(characters: CharacterSet) -> dict[str, Choice]:
    """Return what the page's address holds."""
    return {
        "family": Choice(address.one_of(families_of(characters)), MAPPED_FAMILIES[0]),
        "split": Choice(lambda values: address.one_of(splits())(values), state.SPLIT.default),
        "map": Choice(address.one_of(PROJECTION_TITLES, OLD_PROJECTIONS), "umap-2d"),
        "beside": Choice(address.one_of(PROJECTION_TITLES, OLD_PROJECTIONS), ""),
        "colour": Choice(lambda values: address.one_of(colours(), OLD_COLOURS)(values), lambda: colours()[0]),
        "only": Choice(lambda values: address.one_of(groups(characters))(values), ""),
        "tasks": Choice(lambda values: task_selection.read_names(values, shown_map(characters)), []),
        "many": Choice(lambda values: task_selection.read_many(values, shown_map(characters)), ""),
        "drawings": Choice(address.flag, False),
        "lines": Choice(address.flag, False),
        "clusters": Choice(address.flag, False),
        "compare": Choice(address.one_of(MAPPED_FAMILIES), ""),
    }


def colours() -> tuple[str, ...]:
    """Return what the tasks on the chosen map can be coloured by."""
    return EPISODE_COLOURS if st.session_state["family"] == EPISODE_MAP else CHARACTER_COLOURS


def groups(characters: CharacterSet) -> list[str]:
    """Return the groups that the chosen map has a colour each for: one of them can be shown alone."""
    return task_canvas.group_names(characters, shown_map(characters), st.session_state["colour"])


def splits() -> tuple[str, ...]:
    """Return the splits that the chosen embedding has a map for; that of episodes has one alone."""
    return ("lake",) if st.session_state["family"] == EPISODE_MAP else state.SPLITS


def shown_map(characters: CharacterSet) -> TaskMap:
    """Return the map that is chosen."""
    return state.task_map(st.session_state["split"], characters.name, st.session_state["family"])


def families_of(characters: CharacterSet) -> tuple[str, ...]:
    """Return the embeddings that there is a map of."""
    return (*MAPPED_FAMILIES, EPISODE_MAP) if characters.name == "omniglot" else MAPPED_FAMILIES[:1]


def choose(characters: CharacterSet) -> tuple[TaskMap, MapSettings, str]:
    """Ask which map to draw, and how; return it, its settings, and the projection beside it ("" for none)."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    if st.session_state["split"] not in splits():
        st.session_state["split"] = splits()[0]
    with row:
        split_picker.choose(only_one=len(splits()) == 1)
    row.selectbox(
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
    projections = {key: _(title) for key, title in PROJECTION_TITLES.items()}
    projection = row.selectbox(
        _("Map"), list(projections), format_func=projections.__getitem__, key="map", persist_state="session"
    )
    beside = row.selectbox(
        _("Beside it"),
        ["", *projections],
        format_func=lambda key: projections[key] if key else _("nothing"),
        key="beside",
        persist_state="session",
        help=_("A second map of the same tasks; what you select on one is marked on both."),
    )
    if st.session_state["colour"] not in colours():
        st.session_state["colour"] = colours()[0]
    colour = row.selectbox(
        _("Colour by"),
        colours(),
        format_func=lambda key: _(COLOUR_TITLES[key]),
        key="colour",
        persist_state="session",
    )
    return shown_map(characters), MapSettings(projection, colour), beside


def show_maps(characters: CharacterSet, task_map: TaskMap, maps: list[MapSettings]) -> None:
    """Draw one map, or two linked ones, and say how far to trust each."""
    if st.session_state["only"] not in groups(characters):
        st.session_state["only"] = ""

    def isolate(group: str) -> None:
        st.session_state["only"] = group

    task_canvas.show(
        characters,
        task_map,
        maps,
        st.session_state["only"],
        on_pick=lambda tasks: task_selection.select(tasks, task_map.names),
        on_isolate=isolate,
    )
    for column, settings in zip(st.columns(len(maps)), maps, strict=True):
        column.caption(map_trust.what_it_keeps(task_map, settings.projection), help=map_trust.explanation())


def page() -> None:
    st.title(_("Task space"))
    introduction = st.empty()
    data_banner.warn()
    characters = state.characters()
    with address.synchronised(choices(characters)):
        explore(characters)
    introduction.markdown(what_a_point_is(st.session_state["family"]))
    data_banner.cite(characters)


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
    if beside in ("", settings.projection):
        left, right = st.columns([3, 2])
        with left:
            show_maps(characters, task_map, [settings])
        with right:
            task_selection.show(characters, task_map, selected, most=12)
    else:
        show_maps(characters, task_map, [settings, settings.with_projection(beside)])
        task_selection.show(characters, task_map, selected, most=24)
    tools = st.container(horizontal=True)
    with tools:
        copy_as_python.show(map_chart.code(task_map, settings))
    tools.download_button(
        _("Selection (CSV)"),
        lambda: map_trust.as_csv(task_map, selected),
        "tasks.csv",
        "text/csv",
        disabled=not selected,
    )
    tools.download_button(
        _("Figure (HTML)"),
        lambda: map_chart.draw(characters, task_map, settings).to_html(config=SAVES_AS_SVG),
        "tasks.html",
        "text/html",
    )
    map_trust.clusters(characters, task_map)
    if task_map.family != EPISODE_MAP and characters.name == "omniglot":
        map_trust.compare(characters, task_map)


page()
