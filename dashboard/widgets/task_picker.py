"""The choices before learners adapt: which task, which learners, and which embedding they are given."""

from typing import Any

import streamlit as st

from dashboard import address, state
from dashboard.adaptation_request import TOLD, Entrant
from dashboard.language import _
from dashboard.widgets import split_picker
from dashboard.widgets.adaptation_figure import MOST_LEARNERS
from metalearn.tasks.questions import QUESTIONS

MOST_STEPS = 20


def choose_task() -> tuple[str, int, int, int, int]:
    """Ask for the question, ways, shots, queries and seed."""
    titles = {"character": _("which character?"), "alphabet": _("which alphabet?"), "drawer": _("which drawer?")}
    columns = st.columns([3, 2, 2, 2, 2], vertical_alignment="bottom")
    question = columns[0].selectbox(
        _("Question"),
        QUESTIONS,
        format_func=titles.__getitem__,
        key="question",
        persist_state="session",
        help=_("What is asked of the drawings. The same drawings can be told apart by character, alphabet or hand."),
    )
    numbers = (
        ("ways", _("Ways"), 2, 10, _("Classes of a task drawn at random (Vinyals et al. 2016).")),
        ("shots", _("Shots"), 1, 10, _("Drawings of each class in the support set: what the learner learns from.")),
        ("queries", _("Queries a class"), 1, 10, _("New drawings of each class, to be named.")),
        ("seed", _("Seed"), 0, 9999, _("Which drawings: the same number gives the same task.")),
    )
    ways, shots, queries, seed = (
        int(column.number_input(label, low, high, key=key, persist_state="session", help=why))
        for column, (key, label, low, high, why) in zip(columns[1:], numbers, strict=True)
    )
    return question, ways, shots, queries, seed


def read_learners(values: list[str]) -> list[str]:
    """Read which learners an address asks for: those of the chosen split and world, and a visitor's own."""
    return address.some_of(_titles(), MOST_LEARNERS)(values)


def usual_learners() -> list[str]:
    """Return the learners that are shown at first: one that uses an embedding, and one that does not."""
    usual = ("attention", "prototypes-twin") if is_mixed() else ("preinit", "scratch")
    return [name for name in usual if name in _titles()]


def is_mixed() -> bool:
    """Whether the learners are those that were trained on all three questions; there are some for one split alone."""
    return st.session_state["split"] == "lake" and st.session_state["mixed"]


def _titles() -> dict[str, str]:
    return state.learner_titles(st.session_state["split"], is_mixed())


def _take_usual_learners() -> None:
    st.session_state["learners"] = usual_learners()


def choose_learners() -> tuple[str, bool, tuple[Entrant, ...], int]:
    """Ask which learners adapt, what they were trained on, which embedding they are given, and for how many steps."""
    left, middle, right = st.columns([3, 6, 2], vertical_alignment="bottom")
    with left:
        split = split_picker.choose()
    mixed = split == "lake" and st.toggle(
        _("Learners trained on all three questions"),
        key="mixed",
        persist_state="session",
        on_change=_take_usual_learners,
        help=_(
            "Which character, which alphabet and which drawer, mixed, and not told which. There an embedding has "
            "something to say; see 'Does it help?'."
        ),
    )
    titles = _titles()
    st.session_state["learners"] = [name for name in st.session_state["learners"] if name in titles]
    chosen = middle.multiselect(
        _("Learners, side by side"),
        list(titles),
        max_selections=MOST_LEARNERS,
        format_func=titles.__getitem__,
        key="learners",
        persist_state="session",
        help=_("Up to three, on the very same task: same drawings, same number of steps."),
    )
    steps = right.number_input(_("Steps"), 1, MOST_STEPS, key="steps", persist_state="session")
    source = choose_embedding_source()
    if source == "own":
        return split, mixed, tuple(Entrant(name, source, titles[name]) for name in chosen), int(steps)
    conditioned = [name for name in chosen if state.is_conditioned(name)]
    entrants = []
    for name in chosen:
        entrants.append(Entrant(name, "own", titles[name]))
        if name in conditioned:
            entrants.append(Entrant(name, source, f"{titles[name]} ({source_titles()[source]})"))
    if not conditioned and chosen:
        st.info(_("None of these learners uses an embedding. Choose one that does: 'Does it help?' lists them."))
    if source == "question" and conditioned and not mixed:
        st.info(
            _(
                "These learners have met one question alone, so that hearing of another one changes little. Those "
                "trained on all three questions, with five shots, show what a wrong embedding does."
            )
        )
    if len(entrants) > MOST_LEARNERS:
        st.caption(_("There is room for three: the last ones chosen are left out."))
    return split, mixed, tuple(entrants[:MOST_LEARNERS]), int(steps)


def source_titles() -> dict[str, str]:
    """Return what a learner can be told about a task, in words."""
    return {
        "own": _("its own embedding"),
        "question": _("another question's embedding"),
        "shuffled": _("another task's embedding"),
        "zero": _("no embedding"),
        "random": _("noise"),
    }


def choose_embedding_source() -> str:
    """Ask which embedding the conditioned learners are given."""
    source: Any = st.segmented_control(
        _("Tell learners that use an embedding"),
        TOLD,
        required=True,
        format_func=source_titles().__getitem__,
        key="told",
        persist_state="session",
        help=_(
            "Each such learner is shown twice: with the task's own embedding, and with this. Where both do the same, "
            "the embedding does not matter to it on this task. Another question's: of a task that asks for the drawer, "
            "or for the character if this one asks for the drawer. Another task's: of one that asks the same."
        ),
    )
    return str(source)
