"""How far a map can be trusted: what a projection leaves out, its clusters, and what another embedding says."""

import csv
import io

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import task_pictures
from dashboard.language import _
from metalearn import maps, reduce
from metalearn.data import CharacterSet
from metalearn.maps import TaskMap

TYPICAL, MOST_CLUSTERS, EXAMPLES = 10, 12, 8


def of(shown: TaskMap, projection: str) -> str:
    """Say what a projection keeps and what it leaves out."""
    kept = _(
        "{kept:.0%} of each task's ten nearest in the full space are among its ten nearest here ({chance:.1%} by "
        "chance)."
    ).format(kept=_preserved(shown, projection, _key(shown)), chance=10 / (len(shown.names) - 1))
    if projection.startswith("PCA"):
        shares = shown.explained[: int(projection[4])]
        each = ", ".join(f"{share:.1%}" for share in shares)
        return (
            _("These components hold {each} of the variance; {rest:.1%} is not shown.").format(
                each=each, rest=1 - sum(shares)
            )
            + f" {kept}"
        )
    return _("UMAP keeps neighbours together; distances between groups, and their sizes, mean little.") + f" {kept}"


def what_it_is() -> str:
    """Explain the numbers that :func:`of` gives."""
    return _(
        "Variance: how much of the embeddings' spread a principal component shows (Pearson 1901). Kept neighbours: of "
        "ten near in the full space, how many are near on the map (after Venna and Kaski 2001); UMAP is due to McInnes "
        "et al. 2018."
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _preserved(_shown: TaskMap, projection: str, key: tuple[str, ...]) -> float:
    return reduce.preserved(_shown.unit, _shown.projections[projection])


def _key(shown: TaskMap) -> tuple[str, ...]:
    return shown.data, shown.split, shown.family


def as_csv(shown: TaskMap, tasks: list[int]) -> str:
    """Return the tasks as a table: name, place on the maps, clusters, difficulty and the embedding itself."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    size = shown.embedding.shape[1]
    places = ["umap_x", "umap_y", "pca_1", "pca_2", "pca_3"]
    embedding = [f"e_{i + 1}" for i in range(size)]
    writer.writerow(["task", "data", "split", "embedding", "kmeans", "hdbscan", "query_loss", *places, *embedding])
    for i in tasks:
        about = [shown.names[i], *_key(shown), shown.kmeans[i], shown.hdbscan[i], f"{shown.difficulty[i]:.4f}"]
        numbers = [*shown.umap[i], *shown.pca[i], *shown.embedding[i]]
        writer.writerow([*about, *(f"{number:.4f}" for number in numbers)])
    return file.getvalue()


def clusters(characters: CharacterSet, shown: TaskMap) -> None:
    """Show the most typical tasks of each k-means cluster."""
    with st.expander(_("Clusters and their typical drawings")):
        if not st.toggle(_("Show them"), key="clusters", persist_state="session"):
            return
        st.caption(
            _("K-means in the full space, {count} clusters; of each, the tasks nearest to its middle.").format(
                count=int(shown.kmeans.max()) + 1
            )
        )
        unit = shown.unit
        for number in range(min(MOST_CLUSTERS, int(shown.kmeans.max()) + 1)):
            members = np.flatnonzero(shown.kmeans == number)
            st.markdown(_("**Cluster {number}**, {count} tasks").format(number=number + 1, count=len(members)))
            task_pictures.of_tasks(characters, shown, reduce.typical(unit, members, TYPICAL).tolist(), TYPICAL)


def compare(characters: CharacterSet, shown: TaskMap) -> None:
    """Show on which tasks' neighbours another embedding agrees, and on which not."""
    with st.expander(_("Compare with another embedding")):
        others = ["", *(family for family in maps.FAMILIES if family != shown.family)]
        other = st.selectbox(
            _("The other embedding"),
            others,
            format_func=lambda f: f or _("none"),
            key="compare",
            persist_state="session",
        )
        if not other:
            return
        agreement = _agreement(shown, state.task_map(shown.split, shown.data, other), _key(shown), other)
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
            task_pictures.of_tasks(characters, shown, tasks.tolist(), EXAMPLES)


@st.cache_data(show_spinner=False, max_entries=32)
def _agreement(_shown: TaskMap, _other: TaskMap, key: tuple[str, ...], other: str) -> np.ndarray:
    return reduce.shared_neighbours(_shown.unit, _other.unit)
