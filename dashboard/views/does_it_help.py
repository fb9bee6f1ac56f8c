"""Does it help?: the measured tables as figures, with intervals and controls, and where the embedding does not help."""

from typing import Any

import numpy as np
import streamlit as st

from dashboard import address, state
from dashboard.components import as_python
from dashboard.language import _, said
from dashboard.words import noted
from metalearn import tables
from metalearn.errors import MetalearnError
from metalearn.tables import Row, View

QUESTIONS = ("character", "alphabet", "drawer")
MOST_CASES = 3
TITLES = {
    "families": noted("What does each embedding know?"),
    "learners": noted("Does it help to adapt, on plain tasks?"),
    "mixed": noted("Does it help where tasks ask different questions?"),
    "headline": noted("How good is the best learner?"),
}
WHAT_IT_IS = {
    "families": noted(
        "Nearest of the same alphabet: the first neighbour by cosine (1-NN); of ten: precision at 10. NMI: how much "
        "k-means clusters tell about alphabets (Strehl and Ghosh 2002). Question: by vote of the five nearest. "
        "Stability: embedded again from other drawings, is a task nearest to itself? Transfer and difficulty: rank "
        "correlations (Spearman 1904) with how much a start from one task helps another, and with the loss after "
        "adapting (after Achille et al. 2019, Task2Vec)."
    ),
    "learners": noted(
        "Accuracy: the share of new drawings named right (Vinyals et al. 2016). Gain: its difference to the twin, or "
        "to the same learner told another task's embedding, nothing or noise, taken task by task."
    ),
    "mixed": noted(
        "A third of the tasks asks for the character, a third for the alphabet, a third for the drawer; nobody says "
        "which (tasks of several kinds, after Vuorio et al. 2019). Gain: the difference in accuracy, task by task."
    ),
    "headline": noted("Accuracy: the share of new drawings named right; ways and shots after Vinyals et al. 2016."),
}


def controls() -> tuple[str, View]:
    """Ask for a table and for a view of it."""
    shipped = tables.shipped()
    left, right = st.columns(2)
    table = left.selectbox(
        _("Question"), shipped, format_func=lambda name: _(TITLES[name]), key="table", persist_state="session"
    )
    views = tables.VIEWS[table]
    st.session_state["view"] = min(st.session_state.get("view") or 0, len(views) - 1)
    view = right.selectbox(
        _("Measure"), range(len(views)), format_func=lambda i: _(views[i].says), key="view", persist_state="session"
    )
    return table, views[view]


def show(table: str, rows: list[Row], view: View) -> None:
    """Draw the figure; what is clicked in it opens a task of that learner."""
    figure = tables.figure(table, rows, view).update_xaxes(title=_(view.says))
    event: Any = st.plotly_chart(figure, key=f"figure {table}", on_select="rerun", selection_mode="points")
    st.caption(
        _(
            "Means over test tasks with 95-percent intervals (normal approximation; for neighbours, alphabets and not "
            "tasks are taken as independent). Controls are measured in the same way."
        ),
        help=_(WHAT_IT_IS[table]),
    )
    points = event["selection"]["points"] if event else []
    of_learners = view.label == "{learner}"
    if points and of_learners:
        learner = figure.layout.yaxis.ticktext[round(points[0]["y"])]
        group = figure.data[points[0]["curve_number"]].name
        watch(rows, learner, group)
    elif of_learners:
        st.caption(_("Click a point to watch that learner, beside its twin, on one of the tasks."))
    code = f"""from metalearn import tables

rows = tables.load({table!r})
view = tables.VIEWS[{table!r}][{tables.VIEWS[table].index(view)}]
figure = tables.figure({table!r}, rows, view)
figure.show()"""
    left, right = st.columns([1, 3])
    with left:
        as_python.show(code)
    right.download_button(_("Table (CSV)"), tables.as_csv(rows), f"{table}.csv", "text/csv")


def watch(rows: list[Row], learner: str, group: str) -> None:
    """Link to a task of the kind that was measured: the learner beside its twin, on the same drawings."""
    row, *others = [row for row in rows if row["learner"] == learner]
    twins = {other["twin"] for other in others if "twin" in other}
    label = _("Watch {learner} on one of these tasks").format(learner=learner)
    link(label, row, [("learners", name) for name in (learner, *twins)], group)


def link(label: str, row: Row, who: list[tuple[str, str]], group: str) -> None:
    """Link to a task of the kind that ``row`` was measured on, for who is to adapt to it."""
    about = [*who, ("split", row["split"]), ("ways", "5"), ("queries", "5")]
    if row["protocol"] == "mixed":
        question = group if group in QUESTIONS else "drawer"
        about += [("mixed", "yes"), ("question", question), ("shots", "5")]
    else:
        question = "character"
        about += [("question", question), ("shots", "1")]
    if question == "character":
        names = some_characters(row["split"], within=row["protocol"] == "within-alphabet")
        about += [("characters", name) for name in names]
    st.page_link("views/adaptation.py", label=label, icon=":material/play_circle:", query_params=about)


def some_characters(split: str, within: bool) -> list[str]:
    """Return five test characters, of one alphabet or of any; others each time."""
    characters = state.characters()
    pool = state.sides(split, characters, characters.name).test
    rng = np.random.default_rng()
    if within:
        of = characters.alphabet_ids[pool]
        pool = pool[of == rng.choice([i for i in np.unique(of) if (of == i).sum() >= 5])]
    return [characters.characters[i] for i in rng.choice(pool, 5, replace=False)]


def where_not(rows: list[Row]) -> None:
    """List where a learner with the embedding is no better than its twin without, or than itself told otherwise."""
    gains = [row for row in rows if row["measure"] == "gain" and row["mean"] <= row["ci95"]]
    if not gains:
        return
    st.subheader(_("Where it does not help"))
    st.markdown(_("Here the gain is not above its interval. These are results too."))
    shown = [
        {
            _("learner"): row["learner"],
            _("against"): row["over"],
            _("tasks"): row.get("question") or row["protocol"],
            _("gain, points"): f"{100 * row['mean']:+.2f} ± {100 * row['ci95']:.2f}",
        }
        for row in gains
    ]
    st.dataframe(shown, hide_index=True)
    see_for_yourself([row for row in gains if row["over"] == "shuffled"])


def see_for_yourself(gains: list[Row]) -> None:
    """Link to tasks for learners that do as well told another task's embedding, those with the least gain first."""
    if gains:
        st.markdown(_("See for yourself: each of these beside itself, told another task's embedding."))
    for row in sorted(gains, key=lambda row: float(row["mean"]))[:MOST_CASES]:
        label = f"{row['learner']}, {100 * row['mean']:+.2f} ± {100 * row['ci95']:.2f}"
        link(label, row, [("learners", row["learner"]), ("told", "shuffled")], row.get("question", ""))


def page() -> None:
    st.title(_("Does it help?"))
    st.markdown(
        _(
            "A learner that is told a task's embedding is measured beside its **twin** that is not, and beside itself "
            "told **another** task's embedding, **nothing**, or **noise**, on the same tasks. Only what it loses then "
            "was the embedding's doing."
        )
    )
    if not tables.shipped():
        st.info(_("No table ships with this copy. Measure one with `metalearn compare`, in an hour or two."))
        return
    view_of = {"table": address.one_of(tables.VIEWS), "view": address.number(0, 9)}
    with address.of(view_of):
        table, view = controls()
        rows = state.table(table)
        show(table, rows, view)
        if table in ("learners", "mixed"):
            where_not(rows)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
