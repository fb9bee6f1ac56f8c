"""The adaptation player on a page: the figure, its outcome in words, and what its panels show."""

import streamlit as st

from dashboard import language, training
from dashboard.adaptation_request import AdaptationRequest
from dashboard.language import _
from dashboard.widgets import adaptation_figure, copy_as_python, player_step
from metalearn.plots.player import NO_ANSWER, AdaptationView


def play(request: AdaptationRequest) -> None:
    """Let the learners adapt to the task, and play what happened."""
    left, right = st.columns([2, 6], vertical_alignment="bottom")
    last = request.steps
    st.session_state["step"] = min(st.session_state["step"] or 0, last)
    left.number_input(_("Step"), 0, last, key="step", persist_state="session", help=_("It stands in the address."))
    narrow = right.toggle(_("Panels below each other"), key="narrow", persist_state="session")
    start, number = player_step.opened_at((request, narrow, language.chosen()))
    with st.spinner(_("Adapting …; where others do too, it waits for its turn.")):
        recording = adaptation_figure.recording(request)
        figure = adaptation_figure.figure(request, start, narrow, language.chosen())
    st.plotly_chart(
        figure,
        key=f"player {number}",
        config={"displayModeBar": False},
        alt=_("How {learners} adapt to a task, step by step.").format(
            learners=", ".join(view.learner for view in recording.views)
        ),
    )
    player_step.watch()
    for view in recording.views:
        st.markdown(
            outcome(view),
            help=_("One task, few queries: chance plays a large part. 'Does it help?' has means over many tasks."),
        )
    tools = st.container(horizontal=True)
    with tools:
        explain(with_map=recording.on_map is not None)
        own = request.drawn or any(entrant.learner.startswith(training.OWN_PREFIX) for entrant in request.entrants)
        if not own:  # code elsewhere has neither
            copy_as_python.show(
                adaptation_figure.code(request, st.session_state["step"], narrow, recording.on_map is not None)
            )
    st.caption(
        _("{ways}-way {shots}-shot on {data}, {split} split; adapting took {ms:.0f} ms.").format(
            ways=len(recording.class_names),
            shots=request.shots,
            data=_("your drawings") if request.drawn else request.data,
            split=request.split,
            ms=1000 * sum(view.seconds or 0 for view in recording.views),
        )
    )


def outcome(view: AdaptationView) -> str:
    """Say how many queries a learner answers right before and after adapting."""
    said = _("**{learner}**: {before:.0%} of the queries right before adapting, {after:.0%} at the end.").format(
        learner=view.learner, before=view.query_accuracy[0], after=view.query_accuracy[-1]
    )
    if (view.guesses[0] == NO_ANSWER).all():
        said += " " + _("Before the first step it has no answer yet; that share is what a guess would get.")
    return said


def on_a_phone() -> bool:
    """Whether the visitor's browser says that it is on a phone."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def explain(with_map: bool) -> None:
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
        if with_map:
            st.markdown(
                _(
                    "**The task on the map**: points with letters are the characters' own tasks. The blue line is this "
                    "task's gradient embedding after 1, 2, … steps of the base model's training on it (article, "
                    "section 3.1); before the first there is none."
                )
            )
