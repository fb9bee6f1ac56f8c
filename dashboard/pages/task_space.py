"""Task space: every character task as a point, what is drawn there, and what lies near it in the full space."""

from typing import Any

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import banner, pictures
from dashboard.components import split as split_choice
from metalearn import plots
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.maps import TaskMap

COLOURS = ("alphabet", "split side", "k-means cluster", "HDBSCAN cluster")


def labels(characters: CharacterSet, shown: TaskMap, colour: str) -> list[str]:
    """Return what each point is coloured by."""
    if colour == "alphabet":
        return [name.replace("_", " ") for name in characters.alphabets]
    if colour == "split side":
        side = np.full(len(characters), "training", dtype=object)
        of_split = state.sides(shown.split, characters, characters.name)
        side[of_split.validation], side[of_split.test] = "validation", "test"
        return list(side)
    numbers = shown.kmeans if colour.startswith("k-means") else shown.hdbscan
    return ["in no cluster" if n < 0 else f"cluster {n + 1}" for n in numbers]


def controls(characters: CharacterSet) -> tuple[str, str, str, list[str]]:
    """Ask how to look at the space; return split, projection, colour and the names searched for."""
    columns = st.columns([5, 4, 4, 7])
    with columns[0]:
        split = split_choice.choose()
    projection = columns[1].selectbox("Map", ["UMAP 2D", "PCA 2D", "PCA 3D"], key="projection", persist_state="session")
    colour = columns[2].selectbox("Colour by", COLOURS, key="colour", persist_state="session")
    searched = columns[3].multiselect(
        "Find characters",
        characters.characters,
        key="searched",
        persist_state="session",
        placeholder="Greek/character01",
    )
    return split, projection, colour, searched


def draw_map(characters: CharacterSet, shown: TaskMap, projection: str, colour: str, searched: np.ndarray) -> list[int]:
    """Draw the map; return the tasks selected on it."""
    figure = plots.task_map(
        shown.projections[projection],
        labels(characters, shown, colour),
        characters.characters,
        searched.tolist(),
        axes=("", "") if projection.startswith("UMAP") else plots.COMPONENTS,  # UMAP's axes have no meaning
    )
    event: Any = st.plotly_chart(
        figure.update_layout(height=620),
        key=f"map {projection}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
    )
    if projection.startswith("PCA"):
        shares = shown.explained[: int(projection[4])]
        each = ", ".join(f"{share:.1%}" for share in shares)
        st.caption(
            f"These components hold {each} of the variance of the gradients; {1 - sum(shares):.1%} is not shown."
        )
    else:
        st.caption("UMAP keeps neighbours together; distances between groups, and their sizes, mean little.")
    points = event["selection"]["points"] if event else []
    return list(dict.fromkeys(int(np.ravel(point["customdata"])[0]) for point in points))


def selection(characters: CharacterSet, shown: TaskMap, selected: list[int]) -> None:
    """Show the drawings of the selected tasks and the neighbours of one of them."""
    if not selected:
        st.info(
            "Click a point, or drag a box or lasso around some (tools above the map). In 3D, find characters by name."
        )
        return
    st.subheader(f"{len(selected)} selected")
    pictures.strip(characters, selected[:12], columns=4)
    if len(selected) > 12:
        st.caption(f"… and {len(selected) - 12} more")
    send = st.button(
        "Send to adaptation",
        type="primary",
        disabled=len(selected) < 2,
        help=f"Watch a learner tell the first {state.MOST_CHARACTERS} of them apart; select at least two",
    )
    if send:
        state.choose(selected)
        st.switch_page("pages/adaptation.py")
    names = {i: pictures.short_name(characters, i) for i in selected}
    task = st.selectbox("Nearest neighbours of", selected, format_func=names.__getitem__)
    pictures.strip(characters, shown.neighbours(task, 8), columns=4)
    st.caption(f"Nearest by cosine in all {shown.embedding.shape[1]} dimensions, not on the map.")


def page() -> None:
    st.title("Task space")
    st.markdown(
        "Each point is a **task**: tell one character from others. Its place is its **gradient embedding**: what the "
        "task pulls at in the base model while that trains on it. Tasks that pull alike lie close."
    )
    characters = state.characters()
    banner.show(characters)
    split, projection, colour, searched = controls(characters)
    shown = state.task_map(split, characters.name)
    found = characters.find(searched)
    left, right = st.columns([3, 2])
    with left:
        selected = draw_map(characters, shown, projection, colour, found)
    with right:
        selection(characters, shown, list(dict.fromkeys([*map(int, found), *selected])))


try:
    page()
except MetalearnError as error:
    st.error(str(error))
