"""What the pages share: data, maps and learners, loaded once a server; the chosen characters, once a visitor.

What is cached here belongs to all visitors and is never changed. Whatever needs torch imports it inside a function: the
first picture does not wait for it.
"""

import os
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dashboard import training
from dashboard.language import _
from metalearn import data, maps, store, tables
from metalearn.data import CharacterSet, Split
from metalearn.maps import TaskMap

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MOST_CHARACTERS = 10
SPLITS = {"article": "1,200 / 423 characters", "lake": "30 / 20 alphabets"}


@st.cache_resource(show_spinner="Looking for the drawings …", max_entries=2)
def characters(download: bool = False) -> CharacterSet:
    """The drawings to show: Omniglot or what METALEARN_DATA names; without either, the built-in glyphs."""
    return data.load(download=download)


def glyphs_instead() -> bool:
    """Whether the glyphs are shown because Omniglot could not be had, and not because they were asked for."""
    return characters().name == "glyphs" and os.environ.get("METALEARN_DATA") != "glyphs"


@st.cache_resource(show_spinner="Making the map of these tasks, once; a minute or two …", max_entries=12)
def task_map(split: str, name: str, family: str = "gradient") -> TaskMap:
    """The map that ships for the data called ``name``; for data of the visitor's own, one made now."""
    if name == "omniglot" or maps.path_of(split, family, name).with_suffix(".json").exists():
        return maps.load(split, family, name)
    from metalearn import mapmaking

    return mapmaking.compute(characters(), split, family)


@st.cache_data(show_spinner=False, max_entries=4)
def sides(split: str, _characters: CharacterSet, name: str) -> Split:
    """The split of the drawings called ``name`` into training, validation and test side."""
    return data.split(_characters, split)


def is_conditioned(name: str) -> bool:
    """Whether a learner, shipped or trained here, uses a task embedding."""
    from metalearn import recipes

    embedder = training.trained(name).embedder if name.startswith(training.PREFIX) else recipes.RECIPES[name].twin
    return embedder is not None


@st.cache_resource(show_spinner=False, max_entries=2)
def embedder(split: str) -> "Pipeline":
    """The embedder whose map the dashboard shows."""
    from metalearn import families

    return families.load_embedder(split)


def learner_titles(split: str, mixed: bool = False) -> dict[str, str]:
    """Names and titles of the learners that ship, and of the one that the visitor has trained, without loading them."""
    folder = f"{split}-mixed" if mixed else split
    titles = {name: _(title) for name, title in _shipped_titles(folder).items()}
    own: training.Training | None = st.session_state.get("training")
    if own is not None and own.finished and not own.error and own.split == split:
        titles[own.name] = _("yours: {title}, {step} meta-steps").format(title=titles[own.recipe], step=own.step)
    return titles


@st.cache_data(show_spinner=False)
def _shipped_titles(folder: str) -> dict[str, str]:
    """Names and titles of the learners that ship in a folder, without loading them."""
    described = [store.describe(path) for path in sorted((store.PRETRAINED / folder).glob("*.json"))]
    return {entry["learner"]: entry["title"] for entry in described if entry.get("kind") == "learner"}


@st.cache_data(show_spinner=False, max_entries=8)
def table(name: str) -> list[tables.Row]:
    """A measured table that ships."""
    return tables.load(name)


# --- a visitor's own -------------------------------------------------------------------------------------------------


def chosen() -> list[int]:
    """Positions of the characters the visitor has chosen for a task, in that order; their names are the choice."""
    position = {name: i for i, name in enumerate(characters().characters)}
    return [position[name] for name in st.session_state.get("characters", []) if name in position]


def choose(positions: list[int] | np.ndarray) -> None:
    """Choose these characters, the first ten of them, and no others."""
    names = characters().characters
    st.session_state["choosing"] = len(positions) < 2
    st.session_state["characters"] = [names[i] for i in dict.fromkeys(positions)][:MOST_CHARACTERS]


def toggle(position: int) -> None:
    """Choose a character, or no longer; more may follow."""
    now = chosen()
    choose([i for i in now if i != position] if position in now else [*now, position])
    st.session_state["choosing"] = True


def choosing() -> bool:
    """Whether the visitor is still picking characters one by one."""
    going_on: bool = st.session_state.get("choosing", len(chosen()) < 2)
    return going_on
