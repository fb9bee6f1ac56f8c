"""What is made of the visitor's own characters: what a learner takes them for, and where they lie on the map."""

import numpy as np
import streamlit as st

from dashboard import state, training, work, workers
from dashboard.components import mapped, pictures
from dashboard.components.bringing import Own
from dashboard.language import _
from metalearn import plots
from metalearn.data import CharacterSet

NEIGHBOURS = 5


def recognise(brought: Own, split: str) -> None:
    """Let a learner adapt to what was brought, and say what it takes the queries for."""
    titles = state.learner_titles(split)
    name = st.selectbox(
        _("Learner"),
        list(titles),
        list(titles).index("wide") if "wide" in titles else 0,
        format_func=titles.__getitem__,
        key="learner",
        persist_state="session",
    )
    if not brought.queries:
        st.info(_("Now draw one of them again in the row **?** (or upload a picture to be recognised)."))
        return
    probabilities, steps = workers.run(
        work.answers, name, split, training.among([name]), brought.classes, brought.queries
    )
    before, after = probabilities[0], probabilities[-1]
    for query, unadapted, adapted in zip(brought.queries, before, after, strict=True):
        picture, bars = st.columns([1, 4], vertical_alignment="center")
        picture.image(pictures.picture(query), width=84)
        for i in np.argsort(-adapted, kind="stable")[:3]:
            text = f"{brought.names[i]}: {adapted[i]:.0%}"
            if steps:
                text += " " + _("(before adapting {share:.0%})").format(share=unadapted[i])
            bars.progress(float(adapted[i]), text)
    if steps:
        st.caption(_("After {steps} steps on your drawings.").format(steps=steps))
    else:
        st.caption(_("This learner takes no steps: one look at your drawings sets what it answers."))


def far_off(near: np.ndarray, shots: int, split: str, characters: CharacterSet) -> np.ndarray:
    """Say which rows of cosines are far from all that was trained on: only Omniglot was, other data cannot say."""
    if characters.name != "omniglot":
        return np.zeros(len(near), bool)
    trained_on = state.sides(split, characters, characters.name).train
    return near[:, trained_on].max(1) < far_below(split, shots, characters)


@st.cache_data(show_spinner="…", max_entries=32)
def far_below(split: str, shots: int, _omniglot: CharacterSet) -> float:
    """The cosine below which a character counts as far from all that is known."""
    from metalearn import own

    sides, shown = state.sides(split, _omniglot, _omniglot.name), state.task_map(split, _omniglot.name)
    return own.far_below(_omniglot, sides.validation, sides.train, shots, state.embedder(split), shown)


def on_the_map(characters: CharacterSet, brought: Own, split: str) -> None:
    """Show where each class lies among the tasks on the map, what is near, and whether that is near enough."""
    from metalearn import families, own

    shown = state.task_map(split, characters.name)
    embedded = own.embed(brought.classes, characters, families.others(characters, split), state.embedder(split))
    figure = plots.task_map(shown.pca[:, :2], ["task"] * len(shown.names), shown.names, axes=mapped.axis_titles())
    figure.update_traces(marker_color=plots.MUTED, marker_size=3, marker_opacity=0.5)
    plots.with_own(figure, embedded[:, :2], brought.names)
    st.plotly_chart(
        figure.update_layout(height=420, showlegend=False), alt=_("Your characters among all tasks, first components.")
    )
    near = own.similarities(embedded, shown)
    far = far_off(near, own.shots_of(brought.classes, characters), split, characters)
    for name, row, is_far in zip(brought.names, near, far, strict=True):
        nearest = np.argsort(-row, kind="stable")[:NEIGHBOURS]
        st.markdown(_("Nearest to **{name}**").format(name=name))
        pictures.strip(characters, nearest)
        if is_far:
            st.warning(
                _(
                    "**{name}** lies far from everything that was trained on: of characters that were held out, only "
                    "one in twenty lies as far. Take what is said of it with care."
                ).format(name=name)
            )
