"""What the pages share: data, maps and embedders, loaded once per server; the characters that each visitor has chosen.

What is cached here belongs to all visitors, so nothing may change it. What needs torch imports it inside a function:
the first page does not wait for it.
"""

import os
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dashboard import address, training, worlds
from dashboard.adaptation_request import unseen
from dashboard.address import Choice
from dashboard.language import _
from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.load import load_characters
from metalearn.characters.splits import Split
from metalearn.characters.splits import split as split_characters
from metalearn.evaluation.tables import Row
from metalearn.maps.task_map import EPISODE_MAP, TaskMap
from metalearn.pretrained.maps import load_map, map_path
from metalearn.pretrained.names import artifact_folder
from metalearn.pretrained.results import load_table

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MOST_CHARACTERS = 10
SPLITS = ("article", "lake")
SPLIT = Choice(address.one_of(SPLITS), "lake")


@st.cache_resource(show_spinner="Looking for the drawings …")
def characters() -> CharacterSet:
    """The drawings to show: Omniglot or what METALEARN_DATA names; without either, the built-in glyphs."""
    return load_characters(download=False)


def glyphs_stand_in() -> bool:
    """Whether the glyphs are shown because Omniglot is missing, and not because they were asked for."""
    return characters().name == "glyphs" and os.environ.get("METALEARN_DATA") != "glyphs"


@st.cache_resource(show_spinner="Making the map of these tasks, once; a minute or two …", max_entries=12)
def task_map(split: str, name: str, family: str = "gradient") -> TaskMap:
    """The map that ships for the data called ``name``. For other data it is made now, and kept."""
    if name == "omniglot" or map_path(split, family, name).with_suffix(".json").exists():
        return load_map(family, split, name)
    from metalearn.pretrained.make_map import make_named_map

    return make_named_map(characters(), split, family)


def map_key(task_map: TaskMap) -> tuple[str, ...]:
    """What tells a map from all others, for caches: they do not look into a map itself."""
    return task_map.data, task_map.split, task_map.family


@st.cache_data(show_spinner=False, max_entries=4)
def sides(split: str, _characters: CharacterSet, name: str) -> Split:
    """The split of the drawings called ``name`` into training, validation and test side."""
    return split_characters(_characters, split)


def unseen_by_all(characters: CharacterSet) -> np.ndarray:
    """Positions of the characters on which no learner of any split was trained or tuned; of other data, all."""
    return reduce(np.intersect1d, [unseen(characters, split) for split in SPLITS])


def is_conditioned(name: str) -> bool:
    """Whether a learner, shipped or trained here, uses a task embedding."""
    from metalearn.pretrained.recipes import RECIPES

    if name.startswith(training.OWN_PREFIX):
        return training.trained_learner(name).embedder is not None
    return RECIPES[name].twin is not None


@st.cache_resource(show_spinner=False, max_entries=2)
def embedder(split: str) -> "Pipeline":
    """The gradient embedder, which places tasks on the map of the same name."""
    from metalearn.pretrained.embedders import load_embedder

    return load_embedder("gradient", split)


def learner_titles(split: str, world: str = "characters") -> dict[str, str]:
    """Names and titles of the learners that ship for a world, and of those that the visitor has trained."""
    titles = {name: _(title) for name, title in _shipped_titles(artifact_folder(split, world)).items()}
    if world in worlds.WORLDS:  # what visitors train has met none of these tasks
        return {**titles, "prototypes-twin": _("its twin, told nothing")}
    for own in _own_trainings():
        if own.learner is not None and own.split == split:
            titles[own.name] = _("yours: {title}, {step} meta-steps").format(title=titles[own.recipe], step=own.step)
    return titles


def _own_trainings() -> list[training.Training]:
    """The visitor's latest training, and those whose names stand in the address."""
    query = st.query_params
    names = [st.session_state.get("run", ""), *query.get_all("learners"), *query.get_all("learner")]
    return [run for name in dict.fromkeys(names) if (run := training.find(name))]


def listens(name: str, world: str) -> bool:
    """Whether a learner that ships for one of ``worlds.WORLDS`` is told an embedding. Reads its description alone."""
    path = artifacts.PRETRAINED / artifact_folder(worlds.SPLIT, world) / f"{name}.json"
    return artifacts.describe(path)["embedding"] is not None


@st.cache_data(show_spinner=False)
def _shipped_titles(folder: str) -> dict[str, str]:
    """Names and titles of the learners that ship in a folder; the learners themselves are not loaded."""
    described = [artifacts.describe(path) for path in sorted((artifacts.PRETRAINED / folder).glob("*.json"))]
    return {entry["learner"]: entry["title"] for entry in described if entry.get("kind") == "learner"}


def embedding_titles() -> dict[str, str]:
    """The embeddings that have a map, in words."""
    return {
        "gradient": _("gradients"),
        "adaptation": _("adapted parameters"),
        "collaborative": _("scores of solvers"),
        "generative": _("code of a generative model"),
        EPISODE_MAP: _("episodes of mixed questions"),
    }


@st.cache_data(show_spinner=False, max_entries=8)
def table(name: str) -> list[Row]:
    """A measured table that ships."""
    return load_table(name)


# --- each visitor's own ----------------------------------------------------------------------------------------------


def chosen() -> list[int]:
    """Positions of the characters that the visitor has chosen for a task, in the order of choice."""
    position = {name: i for i, name in enumerate(characters().characters)}
    return [position[name] for name in st.session_state.get("characters", []) if name in position]


def choose(positions: list[int] | np.ndarray) -> None:
    """Choose these characters in place of all others; at most the first ten."""
    names = characters().characters
    st.session_state["choosing"] = len(positions) < 2
    st.session_state["characters"] = [names[i] for i in dict.fromkeys(positions)][:MOST_CHARACTERS]


def toggle(position: int) -> None:
    """Add a character to the choice, or take it out."""
    now = chosen()
    choose([i for i in now if i != position] if position in now else [*now, position])
    st.session_state["choosing"] = True


def is_choosing() -> bool:
    """Whether the visitor is still choosing characters, so that the list of them stays open."""
    choosing: bool = st.session_state.get("choosing", len(chosen()) < 2)
    return choosing
