"""A visitor's own characters: what a learner recognises, and where they lie on the map."""

import numpy as np
import streamlit as st

from dashboard import adaptation_jobs, address, state, training, worker_pool
from dashboard.drawn_sheet import OwnCharacters
from dashboard.language import _
from dashboard.type_size import pixels
from dashboard.widgets import chart, images, map_chart, split_picker
from dashboard.widgets.plain_text import plain
from metalearn import plots
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

NEIGHBOURS = 5
BEST_ANSWERS = 3


def read_learner(values: list[str]) -> str | None:
    """Read which learner an address asks for: one of the chosen split, or the visitor's own."""
    return address.one_of(state.learner_titles(st.session_state["split"]))(values)


def usual_learner() -> str:
    """Return the learner that is asked at first: the best of those that adapt step by step."""
    titles = state.learner_titles(st.session_state["split"])
    return "protomaml" if "protomaml" in titles else next(iter(titles))


def choose() -> tuple[str, str]:
    """Ask which learner is to recognise the drawings, and of which split."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        split = split_picker.choose()
    titles = state.learner_titles(split)
    if st.session_state["learner"] not in titles:
        st.session_state["learner"] = usual_learner()
    learner = row.selectbox(
        _("Learner"),
        list(titles),
        format_func=titles.__getitem__,
        key="learner",
        persist_state="session",
    )
    return split, learner


def recognise(own: OwnCharacters, split: str, learner: str, data: str) -> None:
    """Let a learner adapt to the visitor's classes, and say what it takes each query for, if anything."""
    if not own.queries:
        st.info(_("Now draw one of them again in the row **?** (or upload a picture to be recognised)."))
        return
    trained = training.trained_learners([learner])
    shots = min(map(len, own.classes))
    with st.spinner(_("The learner is looking …")):
        found = _recognised(learner, split, own.classes, own.queries, trained)
        limit = _limit(learner, split, len(own.classes), shots, data, trained)
    for query, shares, distance in zip(own.queries, found.probabilities, found.distances, strict=True):
        row = st.container(horizontal=True, vertical_alignment="center", wrap=False)
        row.image(images.image_address(query), width=pixels(84), alt=_("What you drew to be recognised."))
        right = row.container(gap=None)
        best = np.argsort(-shares, kind="stable")[:BEST_ANSWERS]
        if limit is not None and distance > limit.distance:
            right.markdown(_("**None of these.** The nearest is {name}.").format(name=plain(own.names[best[0]])))
            continue
        for i in best:
            right.progress(float(shares[i]), f"{plain(own.names[i])}: {shares[i]:.0%}")
    if found.steps:
        st.caption(_("After {steps} steps on your drawings.").format(steps=found.steps))
    else:
        st.caption(_("This learner takes no steps: one look at your drawings sets what it answers."))
    if limit is not None:
        st.caption(
            _(
                "“None of these”: farther from all of them than drawings of a character usually are. Tried on "
                "characters of {data} that the learner has not met, {refused:.0%} of the drawings of its classes were "
                "wrongly called so, and {accepted:.0%} of the drawings of others were not."
            ).format(data=data, refused=limit.known_refused, accepted=limit.unknown_accepted)
        )


def offer_to_watch(own: OwnCharacters, sheet: str, split: str, learner: str) -> None:
    """Link to learners that adapt to a drawn sheet. What was drawn a second time is what they are tested on."""
    if len(own.drawn_twice.classes) < 2:
        st.caption(_("Draw two of them a second time in their rows, to watch learners adapt to your drawings."))
        return
    learners = dict.fromkeys([learner, "scratch"])
    st.page_link(
        "views/adaptation.py",
        label=_("Watch learners adapt to your drawings"),
        icon=":material/play_circle:",
        query_params=[("drawn", sheet), ("split", split), *(("learners", name) for name in learners)],
    )


# A page runs again at every click: what was found for the same drawings is kept.


@st.cache_data(show_spinner=False, max_entries=32)
def _recognised(
    learner: str,
    split: str,
    classes: list[list[np.ndarray]],
    queries: list[np.ndarray],
    _trained: adaptation_jobs.TrainedLearners,
) -> adaptation_jobs.Recognised:
    return worker_pool.run(adaptation_jobs.recognise, learner, split, _trained, classes, queries)


@st.cache_data(show_spinner=False, max_entries=128)
def _limit(
    learner: str, split: str, ways: int, shots: int, data: str, _trained: adaptation_jobs.TrainedLearners
) -> adaptation_jobs.Limit | None:
    """Return the limit beyond which a drawing is none of the classes; None if there are too few data to measure it."""
    try:
        return worker_pool.run(adaptation_jobs.known_limit, learner, split, _trained, ways, shots)
    except MetalearnError:
        return None


@st.cache_data(show_spinner=False, max_entries=32)
def _embedded(classes: list[list[np.ndarray]], split: str, name: str, _characters: CharacterSet) -> np.ndarray:
    from metalearn.maps.user_tasks import embed_own_characters

    return embed_own_characters(classes, split, _characters, state.embedder(split))


def show_on_map(characters: CharacterSet, own: OwnCharacters, split: str) -> None:
    """Show where each class lies among the tasks on the map, and its nearest; warn where even those are far."""
    from metalearn.maps.user_tasks import map_similarities

    task_map = state.task_map(split, characters.name)
    embedded = _embedded(own.classes, split, characters.name, characters)
    one_label = ["task"] * len(task_map.names)
    figure = plots.task_map(task_map.pca[:, :2], one_label, task_map.names, axes=map_chart.axis_titles())
    figure.update_traces(marker_color=plots.MUTED, marker_size=3, marker_opacity=0.5)
    plots.with_own(figure, embedded[:, :2], own.names)
    chart.show(
        figure.update_layout(height=420, showlegend=False), _("Your characters among all tasks, first components.")
    )
    similarities = map_similarities(embedded, task_map)
    far = far_from_training(similarities, [len(drawings) for drawings in own.classes], split, characters)
    for name, row, is_far in zip(own.names, similarities, far, strict=True):
        nearest = np.argsort(-row, kind="stable")[:NEIGHBOURS]
        st.markdown(_("Nearest to **{name}**").format(name=plain(name)))
        images.row_of_characters(characters, nearest)
        if is_far:
            st.warning(
                _(
                    "**{name}** lies far from everything that was trained on: only one in twenty held-out characters "
                    "lies this far. Take what is said of it with care."
                ).format(name=plain(name))
            )


def far_from_training(similarities: np.ndarray, shots: list[int], split: str, characters: CharacterSet) -> np.ndarray:
    """Say which characters are far from all training characters, bool ``[own characters]``.

    ``similarities`` are their cosines with all tasks on the map, ``[own characters, tasks]``, and ``shots`` the number
    of drawings of each: a character with few drawings lies far more easily. The models were trained
    on Omniglot, so on other data nothing is known to be far.
    """
    if characters.name != "omniglot":
        return np.zeros(len(similarities), bool)
    training_side = state.sides(split, characters, characters.name).train
    limits = [_far_threshold(split, min(count, int(characters.counts.max())), characters) for count in shots]
    return similarities[:, training_side].max(1) < limits


@st.cache_data(show_spinner="…", max_entries=32)
def _far_threshold(split: str, shots: int, _omniglot: CharacterSet) -> float:
    from metalearn.maps.user_tasks import far_threshold

    sides, task_map = state.sides(split, _omniglot, _omniglot.name), state.task_map(split, _omniglot.name)
    return far_threshold(_omniglot, sides.validation, sides.train, shots, state.embedder(split), task_map)
