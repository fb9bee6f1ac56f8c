"""The player on a page: the figure, what came of it, and what its panels are."""

import streamlit as st

from dashboard import language, training
from dashboard.asked import Asked
from dashboard.components import adapting, as_python
from dashboard.language import _


def play(asked: Asked) -> None:
    """Adapt the learners to the one task and play what happened."""
    left, right = st.columns([2, 6], vertical_alignment="bottom")
    last = asked.steps
    st.session_state["step"] = min(st.session_state.get("step") or 0, last)
    start = left.number_input(
        _("Open at step"), 0, last, key="step", persist_state="session", help=_("For a link that shows this moment.")
    )
    phone = "Mobi" in st.context.headers.get("User-Agent", "")
    narrow = right.toggle(_("Panels below each other"), phone, key="narrow", persist_state="session")
    with st.spinner(_("Adapting …; where others do too, it waits for its turn.")):
        seen = adapting.adapted(asked)
        figure = adapting.figure(asked, int(start), narrow, language.chosen())
    st.plotly_chart(
        figure,
        key="player",
        config={"displayModeBar": False},
        alt=_("How {learners} adapt to a task, step by step.").format(
            learners=", ".join(found.learner for found in seen.views)
        ),
    )
    for found in seen.views:
        st.markdown(
            _("**{learner}**: {before:.0%} of the queries right before adapting, {after:.0%} at the end.").format(
                learner=found.learner, before=found.query_accuracy[0], after=found.query_accuracy[-1]
            ),
            help=_("One task, few queries: chance plays a large part. 'Does it help?' has means over many tasks."),
        )
    tools = st.container(horizontal=True)
    with tools:
        explain(with_map=seen.on_map is not None)
        if not any(entrant.learner.startswith(training.PREFIX) for entrant in asked.entrants):
            as_python.show(adapting.code(asked, int(start), narrow, seen.on_map is not None))
    st.caption(
        _("{ways}-way {shots}-shot on {data}, {split} split; adapting took {ms:.0f} ms.").format(
            ways=len(seen.class_names),
            shots=asked.shots,
            data=asked.data,
            split=asked.split,
            ms=1000 * sum(found.seconds or 0 for found in seen.views),
        )
    )


def explain(with_map: bool) -> None:
    """Say what each panel is, with its paper."""
    with st.popover(_("What is this?"), icon=":material/help:"):
        st.markdown(
            _(
                "**Support loss**: the cross-entropy on the drawings the learner learns from; each step goes down its "
                "gradient (inner loop, Finn et al. 2017).\n\n"
                "**Query accuracy**: the share of new drawings named right. The learner never learns from them.\n\n"
                "**Queries**: each new drawing, framed blue where it is named right and orange where not; below it the "
                "answer and its probability.\n\n"
                "**Decision regions**: the plane in which the learner's features vary most (PCA of support and query "
                "set), cut through their mean, coloured by the answer there. Filled: support; open: queries. A drawing "
                "lies off the plane, so that its answer may differ from the region it is seen in.\n\n"
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
