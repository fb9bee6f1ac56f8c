"""The moment that convinces: a learner is told the truth about a task, or something else, and one sees what it does."""

from typing import Any

import streamlit as st

from dashboard import adaptation_jobs, state, worker_pool, worlds
from dashboard.adaptation_request import AdaptationRequest, Entrant
from dashboard.language import _


def titles() -> dict[str, str]:
    """Return what a learner can be told, in words."""
    return {
        "own": _("the truth"),
        "shuffled": _("a similar task's"),
        "question": _("another question's"),
        "zero": _("nothing"),
    }


def tell(chosen: list[str], learner_titles: dict[str, str], world: str) -> tuple[Entrant, ...]:
    """Ask what the learners are told; return them. One that is told no embedding is what it is, whatever is chosen."""
    st.markdown(_("told"), width="content")
    told: Any = st.segmented_control(
        _("What the learner is told about the task"),
        worlds.TOLD,
        required=True,
        label_visibility="collapsed",
        wrap=True,
        format_func=titles().__getitem__,
        key="told",
        persist_state="session",
        help=_(
            "The truth: the task's own embedding. A similar task's: of another task that asks the same. Another "
            "question's: of a task that asks something else. Nothing: zeros. A twin is never told anything."
        ),
    )
    return tuple(Entrant(name, told if state.listens(name, world) else "own", learner_titles[name]) for name in chosen)


def show_means(request: AdaptationRequest) -> None:
    """Say how many answers are right over forty tasks, for each learner and each thing that it is told."""
    lines = []
    for entrant in request.entrants:
        listens = state.listens(entrant.learner, request.world)
        found = means(request.data, request.world, entrant.learner, worlds.TOLD if listens else ("own",))
        said = {told: f"{titles()[told]} **{share:.0%}**" for told, share in found.items()}
        shares = _(", ").join(said.values()) if listens else f"**{found['own']:.0%}**"
        lines.append(_("{learner}: {shares}").format(learner=entrant.title, shares=shares))
    st.markdown(_("Over forty such tasks, told …") + "\n" + "\n".join(f"- {line}" for line in lines))


@st.cache_data(show_spinner=False, max_entries=64)
def means(data: str, world: str, learner: str, sources: tuple[str, ...]) -> dict[str, float]:
    """Return the mean accuracy of a learner over forty tasks, by what it is told."""
    return worker_pool.run(adaptation_jobs.accuracies, world, learner, sources)
