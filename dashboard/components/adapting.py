"""What learners do with a task, computed once for all visitors who ask the same, and as code that does it again.

Nothing here looks at a visitor's state: what is cached depends on what was asked, and on that alone.
"""

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from dashboard import state
from dashboard.language import _
from metalearn import maps, player
from metalearn.errors import MetalearnError

AT_ONCE = 2  # adaptations; the others wait
PATIENCE_S = 60
SLOTS = threading.BoundedSemaphore(AT_ONCE)
MOST_LEARNERS = len(player.LEARNERS)
TOLD = ("own", "shuffled", "zero", "random")  # metalearn.evaluate's, which would bring torch along


class Entrant(NamedTuple):
    """A learner, what it is told about the task (one of ``TOLD``), and what it is called here."""

    learner: str
    told: str
    title: str


@dataclass(frozen=True)
class Asked:
    """A task and who is to adapt to it: all that what is then seen follows from.

    With ``mixed``, the learners are those that were trained on all three questions.
    """

    data: str
    split: str
    mixed: bool
    question: str
    characters: tuple[str, ...]
    ways: int
    shots: int
    queries: int
    seed: int
    steps: int
    entrants: tuple[Entrant, ...]


@dataclass(frozen=True)
class Watched:
    """One task and what each learner did with it."""

    views: list[player.AdaptationView]
    on_map: player.TaskOnMap | None
    pictures: np.ndarray
    answers: np.ndarray
    class_names: list[str]


@st.cache_resource(show_spinner=False, max_entries=64)
def adapted(asked: Asked) -> Watched:
    """Let each learner adapt to the very same task, when it is this one's turn."""
    if not SLOTS.acquire(timeout=PATIENCE_S):
        raise MetalearnError(_("Too many others are adapting just now; try again in a minute."))
    try:
        return _adapted(asked)
    finally:
        SLOTS.release()


def _adapted(asked: Asked) -> Watched:
    from metalearn import watching

    characters = state.characters()
    question = watching.Question(asked.question, asked.characters, asked.ways, asked.shots, asked.queries, asked.seed)
    task = question.task(characters)
    learners = [state.learner(entrant.learner, asked.split, asked.mixed) for entrant in asked.entrants]
    views = []
    for entrant, learner in zip(asked.entrants, learners, strict=True):
        embedding = watching.told(learner, question, characters, entrant.told)
        views.append(watching.watch(entrant.title, learner, task, asked.steps, embedding))
    on_map = None
    if len(characters) >= maps.FEWEST:
        shown, classes = state.task_map(asked.split, asked.data), watching.positions(characters, asked.characters)
        on_map = watching.on_map(shown, state.embedder(asked.split), task, classes, asked.steps)
    pictures, answers = watching.query_pictures(task), task.query_y[0].numpy()
    return Watched(views, on_map, pictures, answers, question.class_names(characters))


@st.cache_resource(show_spinner=False, max_entries=64)
def figure(asked: Asked, start: int, narrow: bool) -> go.Figure:
    """Return the player, open at step ``start``; it belongs to all visitors."""
    seen = adapted(asked)
    return player.adaptation_player(
        seen.views, seen.pictures, seen.answers, seen.class_names, seen.on_map, start=start, narrow=narrow
    )


def code(asked: Asked, start: int, narrow: bool, with_map: bool) -> str:
    """Return code that makes the same figure."""
    shipped = maps.path_of(asked.split, data=asked.data).with_suffix(".json").exists()
    the_map = f"maps.load({asked.split!r}, data=characters.name)"
    if not shipped:
        the_map = f"mapmaking.compute(characters, {asked.split!r}, 'gradient')"
    on_map = [
        f"shown = {the_map}",
        f"embedder = families.load_embedder({asked.split!r})",
        "classes = watching.positions(characters, question.characters)",
        f"on_map = watching.on_map(shown, embedder, task, classes, steps={asked.steps})",
    ]
    names = "".join(f"\n    {name!r}," for name in asked.characters) + "\n" * bool(asked.characters)
    trained = ", 'mixed'" if asked.mixed else ""
    entrants = "".join(f"\n    {tuple(entrant)!r}," for entrant in asked.entrants)
    return "\n".join(
        [
            f"from metalearn import data, families, {'maps' if shipped else 'mapmaking'}, player, recipes, watching",
            "",
            "characters = data.load()",
            f"names = ({names})",
            f"question = watching.Question({asked.question!r}, names, ways={asked.ways}, shots={asked.shots}, "
            f"queries={asked.queries}, seed={asked.seed})",
            "task = question.task(characters)",
            "views = []",
            f"for name, told, title in [{entrants}\n]:",
            f"    learner = recipes.load_learner(name, {asked.split!r}{trained})",
            "    embedding = watching.told(learner, question, characters, told)",
            f"    views.append(watching.watch(title, learner, task, {asked.steps}, embedding))",
            *(on_map if with_map else ["on_map = None"]),
            "pictures, answers = watching.query_pictures(task), task.query_y[0].numpy()",
            "class_names = question.class_names(characters)",
            "figure = player.adaptation_player(",
            f"    views, pictures, answers, class_names, on_map, start={start}, narrow={narrow}",
            ")",
            "figure.show()",
        ]
    )
