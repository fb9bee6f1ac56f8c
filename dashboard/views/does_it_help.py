"""Does it help?: a verdict for each world, the gains behind it, and all measured tables as figures."""

import textwrap
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import address, library_texts, state, worker_pool, worlds
from dashboard.adaptation_request import TOLD
from dashboard.address import Choice
from dashboard.language import _
from dashboard.library_texts import noted
from dashboard.widgets import chart, copy_as_python, dial, table_chart, verdicts
from dashboard.widgets.verdicts import Case
from metalearn import plots
from metalearn.evaluation.tables import Row, as_csv
from metalearn.plots.result_tables import VIEWS, table_figure
from metalearn.pretrained.results import shipped_tables

LABEL_WIDTH = 26  # letters
CALLED = {**library_texts.IN_TABLES, **library_texts.WORLDS}  # outside the tables there is room for a world's full name
WORLD_TABLES = ("worlds", "mixed", "learners")  # those that hold gains
TITLES = {
    "families": noted("What does each embedding know?"),
    "learners": noted("Does it help to adapt, on plain tasks?"),
    "mixed": noted("Does it help where tasks ask different questions?"),
    "headline": noted("How good is the best learner?"),
    "worlds": noted("What is it worth to know the task?"),
    "transplants": noted("Told another task's vector, which question is answered?"),
}
EXPLANATIONS = {
    "families": noted(
        "Nearest of the same alphabet: the first neighbour by cosine (1-NN); of ten: precision at 10. NMI: how much "
        "k-means clusters tell about alphabets, over ten clusterings (Strehl and Ghosh 2002). Question: by vote of the "
        "five nearest. Stability: embedded again from other drawings, is a task nearest to itself? Transfer and "
        "difficulty: rank correlations (Spearman 1904) with how much a start from one task helps another, and with the "
        "loss after adapting (after Achille et al. 2019, Task2Vec)."
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
    "worlds": noted(
        "hidden-5: tasks ask about one of five attributes of a drawing, such as its size, and nobody says which. "
        "which-part: one of four characters on a page counts. Mahalanobis and ridge (Bertinetto et al. 2019) are told "
        "nothing. Truth: told the question itself. Intervals are over training seeds where there are several."
    ),
    "transplants": noted(
        "Tasks of hidden-5; a learner is told the vector of another task, and nothing else is changed. Labelled by one "
        "question: a second one could be asked about the same drawings. Labelled by both: only the vector can say "
        "which one is asked. Share of the gap: 0 where the vector does no better than the wrong question's, 1 where it "
        "does as well as the task's own."
    ),
}


def choose(tables: list[str]) -> tuple[str, int]:
    """Ask for one of the tables, and for one of its views, by number."""
    left, right = st.columns(2)
    table = left.selectbox(
        _("Question"), tables, format_func=lambda name: _(TITLES[name]), key="table", persist_state="session"
    )
    views = VIEWS[table]
    st.session_state["view"] = min(st.session_state["view"] or 0, len(views) - 1)
    view = right.selectbox(
        _("Measure"), range(len(views)), format_func=lambda i: _(views[i].says), key="view", persist_state="session"
    )
    return table, view


def show(table: str, rows: list[Row], number: int) -> None:
    """Draw a view of a table; a click on a point links to a task for that learner."""
    view = VIEWS[table][number]
    names = {name: _(text) for name, text in library_texts.IN_TABLES.items()}
    figure = table_figure(table, rows, view, names, shortened).update_xaxes(title=_(view.says))
    figure.update_layout(title="", margin_t=20)
    says = f"{_(TITLES[table])} {_(view.says)}."
    event: Any = chart.show(figure, says, key=f"figure {table}", on_select="rerun", selection_mode="points")
    st.caption(
        _(
            "With 95-percent intervals over test tasks; over alphabets for the nearest of the same alphabet, for "
            "transfer, for questions about the drawer, and within an alphabet; over training seeds where there are "
            "several. Controls are measured in the same way."
        ),
        help=_(EXPLANATIONS[table]),
    )
    if view.label == "{learner}":
        points = event["selection"]["points"] if event else []
        row = table_chart.clicked_row(rows, view, points[0]) if points else choose_row(view.rows_of(rows))
        if row is not None:
            link_to_learner(rows, row)
    saves = st.container(horizontal=True)
    with saves:
        copy_as_python.show(table_chart.code(table, number))
    saves.download_button(_("Table (CSV)"), as_csv(rows), f"{table}.csv", "text/csv")


def choose_row(rows: list[Row]) -> Row | None:
    """Ask for a learner by name: not everyone can click a point. Return the first of its rows."""
    first = {row["learner"]: row for row in reversed(rows)}
    label = _("Click a point, or choose a learner here, to watch it beside its twin on one of the tasks")
    chosen = st.selectbox(
        label, sorted(first, key=called), index=None, format_func=called, placeholder=_("choose a learner")
    )
    return first.get(chosen)


def called(name: str) -> str:
    """Return what the page calls a learner, a control or a world."""
    return _(CALLED.get(name, name))


def shortened(label: str) -> str:
    """Break a label into lines, to leave room for the figure on a phone. A Chinese character counts as two letters."""
    return "<br>".join(textwrap.wrap(label, LABEL_WIDTH if label.isascii() else LABEL_WIDTH // 2))


def link_to_learner(rows: list[Row], row: Row) -> None:
    """Link to a task of the kind that a row was measured on, for its learner and the learner's twin."""
    learner = row["learner"]
    twins = {other["twin"] for other in rows if other["learner"] == learner and "twin" in other}
    label = _("Watch {learner} on one of these tasks").format(learner=called(learner))
    link_to_task(label, row, [("learners", name) for name in (learner, *twins)])


def link_to_task(label: str, row: Row, query: list[tuple[str, str]]) -> None:
    """Link to a task of the kind that ``row`` was measured on; ``query`` says in the address who adapts to it."""
    about = [*query, ("split", row["split"]), ("ways", "5"), ("queries", "5")]
    if row["protocol"] == "mixed":
        question = row.get("question") or "drawer"
        about += [("mixed", "yes"), ("question", question), ("shots", "5")]
    else:
        question = "character"
        about += [("question", question), ("shots", "1")]
    if question == "character":
        names = some_characters(row["split"], within=row["protocol"] == "within-alphabet")
        about += [("characters", name) for name in names]
    st.page_link("views/adaptation.py", label=label, icon=":material/play_circle:", query_params=about)


def some_characters(split: str, within: bool) -> list[str]:
    """Return five test characters, of one alphabet if ``within``; others each time."""
    characters = state.characters()
    pool = state.sides(split, characters, characters.name).test
    rng = np.random.default_rng()
    if within:
        alphabet_ids, counts = np.unique(characters.alphabet_ids[pool], return_counts=True)
        pool = pool[characters.alphabet_ids[pool] == rng.choice(alphabet_ids[counts >= 5])]
    return [characters.characters[i] for i in rng.choice(pool, 5, replace=False)]


def show_verdicts(found: list[Case]) -> None:
    """Say for each world, in a sentence, whether the embedding helps there. Worlds where it does come first."""
    said = [verdicts.verdict(of_world, called) for of_world in verdicts.by_world(found).values()]
    st.markdown("\n".join(f"- {sentence}" for sentence in said))


def show_gains(found: list[Case], key: str) -> None:
    """Draw the gains of some cases. Where *Watch adaptation* has tasks of a case's world, link to one of them."""
    marks = [
        plots.Mark(
            f"{shortened(called(case.learner))}<br><i>{shortened(called(case.world))}</i>",
            called(row["over"]),
            row["mean"],
            row["ci95"],
        )
        for case in found
        for row in (*case.controls, *case.rivals)
    ]
    figure = plots.gains(marks, _("gain, points (stretched near zero)"))
    chart.show(figure, _("Gains in accuracy, in points, with 95-percent intervals."), key=key)
    linked = [case for case in found if "protocol" in case.least or is_watched(case)]
    if linked:
        with st.expander(_("See for yourself: open a task of each in *Watch adaptation*")):
            for case in linked:
                link_to_case(case)


def show_dial(rows: list[Row]) -> tuple[int, DeltaGenerator]:
    """Draw what it is worth to know the task, as hidden questions become more.

    Returns how many there are at the chosen point, and where its tasks are to be shown.
    """
    st.subheader(_("The more questions there are, the more it is worth to know which"))
    number = dial.choose(rows)
    tasks = st.container()
    st.caption(
        _(
            "Attention on *hidden questions*: every drawing is drawn again with its own pen, size, turn and more. "
            "A task asks about one of these, and nobody says which. With one question there is nothing to know. "
            "With more, the twin falls behind. From six on, the embedding no longer tells all questions apart: "
            "told the truth, the learner would do better. Mahalanobis, which is told nothing, gives less weight "
            "to what scatters within classes. It stays within some six points, and is ahead with seven and eight. "
            "One training seed (three with five questions); unseen alphabets; dotted: guessing."
        )
    )
    return number, tasks


def is_watched(case: Case) -> bool:
    """Whether *Watch adaptation* has the case's world, one of ``worlds.WORLDS``, and its learner."""
    return case.learner in worlds.LEARNERS.get(case.world, ())


def link_to_case(case: Case) -> None:
    """Link to a task on which a learner can be watched beside what it gains least over.

    That is the learner itself, told something else, or else its twin.
    """
    least = case.least
    label = f"{called(case.learner)} · {called(case.world)}: {verdicts.points(least)} ({called(least['over'])})"
    if is_watched(case):  # it opens beside its twin, with a switch for what it is told
        query = [("question", case.world), ("task", str(np.random.default_rng().integers(worlds.MOST_TASKS)))]
        st.page_link("views/adaptation.py", label=label, icon=":material/play_circle:", query_params=query)
        return
    told = least["over"] if least["over"] in TOLD else "own"
    twin = case.over_twin["twin"] if case.over_twin and "twin" in case.over_twin else None
    learners = [case.learner, *([twin] if twin and told == "own" else [])]
    query = [*(("learners", learner) for learner in learners), ("told", told)]
    link_to_task(label, least, query)


def page() -> None:
    worker_pool.wake()
    st.title(_("Does it help?"))
    st.markdown(
        _(
            "A learner that is told a task's embedding is measured beside its **twin** that is not, and beside itself "
            "told **another** task's embedding, **nothing**, or **noise**, on the same tasks. Only where it beats "
            "both did the embedding help."
        )
    )
    tables = shipped_tables()
    if not tables:
        st.info(
            _(
                "No table ships with this copy. Measure one with `metalearn compare`: it takes twenty minutes to "
                "several hours."
            )
        )
        return
    found = verdicts.cases([row for name in WORLD_TABLES if name in tables for row in state.table(name)])
    if found:
        show_verdicts(found)
    choices = {
        "table": Choice(address.one_of(tables), tables[0]),
        "dial": Choice(address.number(1, dial.MOST), dial.FIRST),
        "view": Choice(lambda values: address.number(0, len(VIEWS[st.session_state["table"]]) - 1)(values), 0),
    }
    with address.synchronised(choices):
        helping, others = [case for case in found if case.helps], [case for case in found if not case.helps]
        if helping:
            st.subheader(_("Where it helps"))
            show_gains(helping, "helps")
        if "worlds" in tables:
            number, tasks = show_dial(state.table("worlds"))
        if others:
            st.subheader(_("Where it does not help"))
            st.markdown(_("Here at least one gain is no larger than its ±. These are results too."))
            show_gains(others, "does not help")
        st.subheader(_("All that was measured"))
        table, view = choose(tables)
        show(table, state.table(table), view)
    if "worlds" in tables:  # at the end: they may have to wait for a worker
        with tasks:
            dial.show_tasks(number, state.characters().name)


page()
