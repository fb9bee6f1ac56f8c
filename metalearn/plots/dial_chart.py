"""The dial: what it is worth to know the task, as tasks come to ask more questions."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import plotly.graph_objects as go

from metalearn.errors import MetalearnError
from metalearn.evaluation.tables import Row
from metalearn.plots.style import MUTED, PALETTE, SYMBOLS, styled

LEARNER = "attention"
# What the learner is told, from top to bottom; the twin and Mahalanobis are other learners, which are told nothing.
LINES = {
    "truth": "told the truth",
    "own": "told the task's embedding",
    "mahalanobis": "told nothing: Mahalanobis",
    "twin": "told nothing: its twin",
    "another question's": "told another question's",
}
HIDDEN = re.compile(r"hidden-(\d+)")


def dial(rows: Sequence[Row], words: Mapping[str, str] = MappingProxyType({})) -> go.Figure:
    """Draw how accurate attention is on hidden questions, over how many questions there are.

    Parameters
    ----------
    rows : sequence of dict
        Those of the table "worlds"; the rows of other worlds are left out.
    words : mapping of str to str
        What is written, where it is not English.

    Returns
    -------
    plotly Figure
        One line for each thing that the learner is told, with 95 % intervals.

    Raises
    ------
    MetalearnError
        Where no row is of hidden questions.

    Examples
    --------
    >>> import metalearn as ml
    >>> [line.name for line in ml.plots.dial(ml.load_table("worlds")).data][:2]
    ['told the truth', "told the task's embedding"]
    """
    figure = go.Figure()
    for position, (told, name) in enumerate(LINES.items()):
        found = {
            int(world[1]): row
            for row in rows
            if (world := HIDDEN.fullmatch(str(row.get("world")))) and _is_accuracy(row) and row["told"] == told
        }
        if not found:
            continue
        numbers = sorted(found)
        color = MUTED if told == "another question's" else PALETTE[position]
        figure.add_scatter(
            x=numbers,
            y=[found[n]["mean"] for n in numbers],
            error_y={"array": [found[n]["ci95"] for n in numbers], "thickness": 1},
            name=words.get(name, name),
            mode="lines+markers",
            marker={"symbol": SYMBOLS[position], "color": color, "size": 8},
            line={"color": color, "width": 3 if told == "own" else 1.5},
        )
    if not figure.data:
        raise MetalearnError("these rows have no hidden questions; take those of the table 'worlds'")
    xlabel, ylabel = "questions that a task may ask", "accuracy, 5-way 2-shot"
    figure.update_xaxes(title=words.get(xlabel, xlabel), dtick=1)
    figure.update_yaxes(title=words.get(ylabel, ylabel), tickformat=".0%", range=[0.15, 1])
    # Below the axis: beside the figure, it would take half of a phone's width.
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"}, height=460)
    figure.add_hline(0.2, line={"dash": "dot", "color": MUTED, "width": 1})
    return styled(figure)


def _is_accuracy(row: Row) -> bool:
    return row["measure"] == "accuracy" and row.get("learner") == LEARNER and not row.get("question")
