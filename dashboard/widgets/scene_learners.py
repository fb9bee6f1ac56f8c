"""Fourth scene: learners differ in where they start, how they step and where they look."""

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.adaptation_request import AdaptationRequest, Entrant
from dashboard.game import SPLIT, Deal
from dashboard.language import _
from dashboard.widgets import adaptation_figure, chart
from metalearn import plots
from metalearn.characters.character_set import CharacterSet
from metalearn.plots.player import AdaptationView

LEARNERS = ("preinit", "step-sizes", "attention")  # the embedding sets where they start, step and look, in turn
STEPS, MOST_QUERIES = 10, 10


def show(characters: CharacterSet, dealt: Deal) -> None:
    """Let three learners adapt to the game's characters; show what is special about each, and how well it does."""
    request = request_of(characters, dealt)
    with st.spinner(_("Three learners adapt to these characters …")):
        views = adaptation_figure.recording(request).views
    starts, steps, looks = views
    lines = [
        _("**Where it starts.** {learner}: {share:.0%} right after one step.").format(
            learner=starts.learner, share=starts.query_accuracy[1]
        ),
        _("**How it steps.** {learner}: {low:.2g} to {high:.2g}, layer by layer.").format(
            learner=steps.learner, low=step_range(steps)[0], high=step_range(steps)[1]
        ),
        _("**Where it looks.** {learner}: {share:.0%} on one of {count} stored settings.").format(
            learner=looks.learner, share=attention(looks).max(), count=attention(looks).size
        ),
    ]
    left, right = st.columns([2, 3], gap="medium")
    left.markdown("\n\n".join(lines))
    figure = plots.curves(
        {view.learner: view.query_accuracy.tolist() for view in views}, _("right answers"), _("step"), percent=True
    )
    figure.update_layout(height=300, legend={"orientation": "h", "y": -0.3}, margin={"t": 10, "r": 5})
    says = _("Right answers of each learner, step by step.")
    chart.show(figure, says, right, config={"displayModeBar": False})
    right.page_link(
        "views/adaptation.py",
        label=_("Watch them step by step"),
        icon=":material/play_circle:",
        query_params=address_of(request),
    )


def request_of(characters: CharacterSet, dealt: Deal) -> AdaptationRequest:
    """Return the task of these three characters, with one drawing each, for the three learners."""
    classes = list(dealt.classes)
    titles = state.learner_titles(SPLIT)
    return AdaptationRequest(
        data=characters.name,
        split=SPLIT,
        mixed=False,
        question="character",
        characters=tuple(characters.characters[c] for c in classes),
        ways=5,
        shots=1,
        queries=min(MOST_QUERIES, int(characters.counts[classes].min()) - 1),
        seed=0,
        steps=STEPS,
        entrants=tuple(Entrant(name, "own", titles[name]) for name in LEARNERS),
    )


def address_of(request: AdaptationRequest) -> list[tuple[str, str]]:
    """Return the address that opens the same task and learners on *Watch adaptation*."""
    named = [("characters", name) for name in request.characters]
    learners = [("learners", entrant.learner) for entrant in request.entrants]
    return [*named, *learners, ("queries", str(request.queries))]


def step_range(view: AdaptationView) -> tuple[float, float]:
    """Return the smallest and the largest step size that a learner took."""
    sizes = (view.step_sizes or {}).values()
    return min(float(size.min()) for size in sizes), max(float(size.max()) for size in sizes)


def attention(view: AdaptationView) -> np.ndarray:
    """Return the weights of a learner that attends, once it has adapted, ``[n]``."""
    return np.zeros(1) if view.attention is None else view.attention[-1]
