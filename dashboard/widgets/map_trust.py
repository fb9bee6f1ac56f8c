"""How far a map can be trusted: what a projection leaves out, its clusters, and what another embedding says."""

import csv
import io

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.language import _
from dashboard.widgets import task_images
from metalearn.characters.character_set import CharacterSet
from metalearn.embeddings.geometry import most_typical, preserved_neighbours, shared_neighbours
from metalearn.maps.task_map import TaskMap
from metalearn.pretrained.maps import MAPPED_FAMILIES

TYPICAL, MOST_CLUSTERS, EXAMPLES = 10, 12, 8


def what_it_keeps(task_map: TaskMap, projection: str) -> str:
    """Say what a projection keeps and what it leaves out."""
    neighbours = _(
        "{kept:.0%} of each task's ten nearest in the full space are among its ten nearest here ({chance:.1%} by "
        "chance)."
    ).format(
        kept=_kept_neighbours(task_map, projection, state.map_key(task_map)), chance=10 / (len(task_map.names) - 1)
    )
    if projection.startswith("pca"):
        shares = task_map.explained[: task_map.projections[projection].shape[1]]
        each = ", ".join(f"{share:.1%}" for share in shares)
        variance = _("These components hold {each} of the variance; {rest:.1%} is not shown.")
        return f"{variance.format(each=each, rest=1 - sum(shares))} {neighbours}"
    umap = _("UMAP keeps neighbours together; distances between groups, and their sizes, mean little.")
    return f"{umap} {neighbours}"


def explanation() -> str:
    """Explain the numbers of :func:`what_it_keeps`."""
    return _(
        "Variance: how much of the embeddings' spread a principal component shows (Pearson 1901). Kept neighbours: of "
        "ten near in the full space, how many are near on the map (after Venna and Kaski 2001); UMAP is due to McInnes "
        "et al. 2018."
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _kept_neighbours(_task_map: TaskMap, projection: str, key: tuple[str, ...]) -> float:
    return preserved_neighbours(_task_map.unit, _task_map.projections[projection])


def as_csv(task_map: TaskMap, tasks: list[int]) -> str:
    """Return the tasks as a table: name, place on the maps, clusters, difficulty and the embedding itself."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    places = ["umap_x", "umap_y", "pca_1", "pca_2", "pca_3"]
    embedding = [f"e_{i + 1}" for i in range(task_map.embedding.shape[1])]
    writer.writerow(["task", "data", "split", "embedding", "kmeans", "hdbscan", "query_loss", *places, *embedding])
    for i in tasks:
        about = [task_map.names[i], task_map.data, task_map.split, task_map.family]
        measured = [task_map.kmeans[i], task_map.hdbscan[i], f"{task_map.difficulty[i]:.4f}"]
        numbers = [*task_map.umap[i], *task_map.pca[i], *task_map.embedding[i]]
        writer.writerow([*about, *measured, *(f"{number:.4f}" for number in numbers)])
    return file.getvalue()


def clusters(characters: CharacterSet, task_map: TaskMap) -> None:
    """Show the most typical tasks of each k-means cluster."""
    with st.expander(_("Clusters and their typical drawings"), expanded=st.session_state["clusters"]):
        if not st.toggle(_("Show them"), key="clusters", persist_state="session"):
            return
        count = int(task_map.kmeans.max()) + 1
        st.caption(
            _("K-means in the full space, {count} clusters; of each, the tasks nearest to its middle.").format(
                count=count
            )
        )
        unit = task_map.unit
        for number in range(min(MOST_CLUSTERS, count)):
            members = np.flatnonzero(task_map.kmeans == number)
            st.markdown(_("**Cluster {number}**, {count} tasks").format(number=number + 1, count=len(members)))
            task_images.show(characters, task_map, most_typical(unit, members, TYPICAL).tolist())


def compare(characters: CharacterSet, task_map: TaskMap) -> None:
    """Show on which tasks' neighbours another embedding agrees, and on which it does not."""
    with st.expander(_("Compare with another embedding"), expanded=bool(st.session_state["compare"])):
        titles = state.embedding_titles()
        others = ["", *(family for family in MAPPED_FAMILIES if family != task_map.family)]
        if st.session_state["compare"] not in others:
            st.session_state["compare"] = ""
        other = st.selectbox(
            _("The other embedding"),
            others,
            format_func=lambda family: titles[family] if family else _("none"),
            key="compare",
            persist_state="session",
        )
        if not other:
            return
        other_map = state.task_map(task_map.split, task_map.data, other)
        agreement = _agreement(task_map, other_map, state.map_key(task_map), other)
        st.markdown(
            _(
                "On average the two agree on **{mean:.0%}** of a task's ten nearest neighbours; by chance it would be "
                "{chance:.1%}."
            ).format(mean=agreement.mean(), chance=10 / (len(agreement) - 1)),
            help=_("Of each task's ten nearest by one embedding, those also among its ten nearest by the other."),
        )
        order = np.argsort(-agreement, kind="stable")
        for title, tasks in ((_("They agree most on"), order[:EXAMPLES]), (_("and least on"), order[::-1][:EXAMPLES])):
            st.markdown(title)
            task_images.show(characters, task_map, tasks.tolist())


@st.cache_data(show_spinner=False, max_entries=32)
def _agreement(_task_map: TaskMap, _other_map: TaskMap, key: tuple[str, ...], other: str) -> np.ndarray:
    return shared_neighbours(_task_map.unit, _other_map.unit)
