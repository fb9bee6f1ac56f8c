"""The player on a page. Below it: the outcome in words, an explanation of its panels, and what can be saved."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import language, training
from dashboard.adaptation_request import AdaptationRequest
from dashboard.language import _
from dashboard.widgets import adaptation_figure, copy_as_python, moment, player
from metalearn.plots.player import NO_ANSWER, AdaptationView, Player, Recording


def play(request: AdaptationRequest) -> None:
    """Let the learners adapt to the task, and play what happened."""
    with st.spinner(_("Adapting …; where others do too, it waits for its turn.")):
        recording = adaptation_figure.recording(request)
        scene = adaptation_figure.scene(request, language.chosen())
    player.show(scene)
    below = st.container()
    if not request.in_world:
        say_outcomes(below, recording)
    step = st.session_state["step"]
    with st.container(horizontal=True):
        explain(recording)
        own = request.drawn or any(entrant.learner.startswith(training.OWN_PREFIX) for entrant in request.entrants)
        if not own:  # code elsewhere has neither
            copy_as_python.show(adaptation_figure.code(request, step, recording.on_map is not None))
        save(Player(scene, step))
    st.caption(
        _("{ways}-way {shots}-shot on {data}, {split} split; adapting took {ms:.0f} ms.").format(
            ways=len(recording.class_names),
            shots=request.shots,
            data=_("your drawings") if request.drawn else request.data,
            split=request.split,
            ms=1000 * sum(view.seconds or 0 for view in recording.views),
        )
    )
    if request.in_world:  # at the end, as forty more tasks take a moment
        with below:
            moment.show_means(request)


def say_outcomes(place: DeltaGenerator, recording: Recording) -> None:
    """Say how many queries each learner answers right."""
    for view in recording.views:
        place.markdown(
            outcome(view),
            help=_("One task, few queries: chance plays a large part. 'Does it help?' has means over many tasks."),
        )


def save(shown: Player) -> None:
    """Offer the player as a page of its own, and as a still picture."""
    for label, make, name, kind in (
        (_("Save as a page"), shown.to_html, "adaptation.html", "text/html"),
        (_("Save as a film strip"), shown.film_strip, "adaptation.svg", "image/svg+xml"),
    ):
        st.download_button(label, make, name, kind, icon=":material/download:", on_click="ignore")


def outcome(view: AdaptationView) -> str:
    """Say how many queries a learner answers right before and after adapting."""
    said = _("**{learner}**: {before:.0%} of the queries right before adapting, {after:.0%} at the end.").format(
        learner=view.learner, before=view.query_accuracy[0], after=view.query_accuracy[-1]
    )
    if (view.guesses[0] == NO_ANSWER).all():
        said += " " + _("Before the first step it has no answer yet; that share is what a guess would get.")
    return said


def explain(recording: Recording) -> None:
    """Explain each panel, with its paper."""
    with st.popover(_("What is this?"), icon=":material/help:"):
        st.markdown(
            _(
                "**Support loss**: the cross-entropy on the drawings the learner learns from; each step goes down its "
                "gradient (inner loop, Finn et al. 2017).\n\n"
                "**Query accuracy**: the share of new drawings named right. The learner never learns from them.\n\n"
                "**Queries**: each new drawing, framed blue where it is named right and orange where not; below it the "
                "answer and its probability. Grey, with a question mark: no answer yet, all classes being equal; it "
                "counts as a guess would.\n\n"
                "**Decision regions**: the plane in which the learner's features vary most (PCA of support and query "
                "set), cut through their mean, coloured by the answer there; white: none yet. Filled: support; open: "
                "queries. A drawing lies off the plane, so that its answer may differ from the region it is seen "
                "in.\n\n"
                "**Step sizes**: how far each layer moves along its gradient in each step; fixed, learned (Meta-SGD, "
                "Li et al. 2017) or set for the task (ALFA, Baik et al. 2020). The frame marks the step just taken.\n\n"
                "**Attention weights**: how much of each stored modulation the embedding calls for, or which groups of "
                "channels take part (after Vaswani et al. 2017, Perez et al. 2018)."
            )
        )
        if any(view.spotlight is not None for view in recording.views):
            st.markdown(
                _(
                    "**Light**: the part of a page to which a learner's attention falls, as its embedding says (after "
                    "Xu et al. 2015). The rest of the page is dimmed before the network sees it."
                )
            )
        if recording.on_map is not None:
            st.markdown(
                _(
                    "**The task on the map**: points with letters are the characters' own tasks. The blue line is this "
                    "task's gradient embedding after 1, 2, … steps of the base model's training on it (article, "
                    "section 3.1); before the first there is none."
                )
            )
