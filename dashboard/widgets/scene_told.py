"""Fifth scene: the visitor tells a learner the wrong question, and sees its accuracy fall."""

from typing import Any

import numpy as np
import streamlit as st

from dashboard import adaptation_jobs, worker_pool
from dashboard.adaptation_jobs import Told
from dashboard.game import TOLD
from dashboard.language import _
from dashboard.type_size import pixels
from dashboard.widgets import images
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.player import RIGHT, WRONG

LEARNER = "attention"
COLUMNS = 5


def show(characters: CharacterSet, example: int) -> None:
    """Ask what the learner is to be told; show how many of its answers are right, and those to one task."""
    titles = {"own": _("the truth"), "question": _("another question's"), "zero": _("nothing")}
    heard: Any = st.segmented_control(
        _("What the learner is told about the task"),
        TOLD,
        required=True,
        format_func=titles.__getitem__,
        key="hears",
        persist_state="session",
        width="stretch",
    )
    with st.spinner(_("The learner adapts to twenty tasks …")):
        told = results(example, characters.name)
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.metric(
        _("right answers, {tasks} tasks").format(tasks=told["own"].accuracy.size),
        f"{told[heard].accuracy.mean():.0%}",
        None if heard == "own" else _("{points:+.0f} points").format(points=fall(told, heard)),
    )
    left.caption(_("Five characters, five drawings each. The learner was trained on three questions, mixed."))
    shown = told[heard]
    colours = [RIGHT if right else WRONG for right in shown.right]
    right.image(
        images.framed_address(shown.queries, colours, list(~shown.right), COLUMNS),
        width=pixels(235),
        alt=_("{right} of {count} drawings named right.").format(right=shown.right.sum(), count=len(shown.right)),
    )
    right.caption(_("One of these tasks. Framed blue: named right; orange and crossed: wrong."))
    right.page_link(
        "views/adaptation.py",
        label=_("See where it looks when it is told the wrong question"),
        icon=":material/play_circle:",
        query_params={"question": "which-part", "told": "question"},
    )


def fall(told: dict[str, Told], heard: str) -> float:
    """Return how many points the learner gains, or loses, against being told the truth."""
    difference: float = 100 * float(np.mean(told[heard].accuracy - told["own"].accuracy))
    return difference


@st.cache_data(show_spinner=False, max_entries=64)
def results(example: int, data: str) -> dict[str, Told]:
    """Return how the learner did, by what it was told."""
    return worker_pool.run(adaptation_jobs.tell, LEARNER, TOLD, example)
