"""The dial: how much it is worth to know the task, as tasks come to ask more questions; and the tasks themselves."""

import numpy as np
import streamlit as st

from dashboard import adaptation_jobs, library_texts, worker_pool
from dashboard.language import _
from dashboard.type_size import pixels
from dashboard.widgets import chart
from dashboard.widgets.images import sheet_address
from metalearn import plots
from metalearn.evaluation.tables import Row
from metalearn.tasks.questions import HIDDEN_QUESTIONS

MOST, FIRST = len(HIDDEN_QUESTIONS), 5
WATCHED = 5  # with so many questions, learners ship that can be watched
TASKS = 10
WIDTH = 190  # pixels, of one task


def choose(rows: list[Row]) -> int:
    """Draw the measured curve with a slider over it; return how many questions there are at the chosen point."""
    number = st.slider(_("How many questions may a task ask?"), 1, MOST, key="dial", persist_state="session")
    figure = plots.dial(rows, {text: _(text) for text in library_texts.DIAL})
    figure.add_vrect(number - 0.3, number + 0.3, fillcolor=plots.MUTED, opacity=0.2, line_width=0)
    chart.show(figure, _("Accuracy, over how many questions a task may ask."), key="dial chart")
    said = [
        f"{line.name} **{share:.0%}**"
        for line in figure.data
        for count, share in zip(line.x, line.y, strict=True)
        if count == number
    ]
    st.markdown(_("Asked one of {count}: {accuracies}.").format(count=number, accuracies=_(", ").join(said)))
    return int(number)


def show_tasks(number: int, data: str) -> None:
    """Show ten of the tasks that a point of the curve was measured on: their support sets, and what they ask."""
    st.markdown(
        _(
            "Ten of the tasks behind this point: two drawings of each of five classes, one column per class. What do "
            "the two of a column have in common?"
        )
        + (" " + _("Press one to watch it.") if number == WATCHED else "")
    )
    with st.spinner(_("Drawing them …")):
        drawn = tasks(number, data)
    cells = st.container(horizontal=True)
    for i, drawings in enumerate(drawn):
        asked = _(library_texts.QUESTIONS[HIDDEN_QUESTIONS[i % number]])
        name = _("task {number}: {asked}").format(number=i, asked=asked)
        cell = cells.container(width=pixels(WIDTH), gap="xsmall")
        cell.image(sheet_address(drawings, columns=5), alt=name)
        if number == WATCHED:
            query = [("question", f"hidden-{WATCHED}"), ("task", str(i))]
            cell.page_link("views/adaptation.py", label=name, icon=":material/play_circle:", query_params=query)
        else:
            cell.caption(name)


@st.cache_data(show_spinner=False, max_entries=MOST)
def tasks(number: int, data: str) -> np.ndarray:
    """Return the support drawings of ten tasks, uint8 ``[10, 10, 28, 28]``: first one per class."""
    return worker_pool.run(adaptation_jobs.support_drawings, f"hidden-{number}", TASKS)
