"""Figures of the result tables: which measures of a table are shown, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import plotly.graph_objects as go

from metalearn import plots
from metalearn.errors import MetalearnError
from metalearn.evaluation.tables import Row


@dataclass(frozen=True)
class View:
    """One way to draw a table.

    Parameters
    ----------
    says : str
        What stands below the axis.
    label : str
        What a line is called, with fields of a row in braces.
    group : tuple of str
        The fields of a row that its colour stands for.
    wanted : dict
        Which rows are drawn: those with all these fields and values; None stands for a field that a row has not.
    needs : str, optional
        A field that rows need to be drawn, whatever its value.
    percent : bool
        Show the means in percent; False for what is no share, as a correlation.
    """

    says: str
    label: str
    group: tuple[str, ...]
    wanted: Row
    needs: str | None = None
    percent: bool = True

    def rows_of(self, rows: list[Row]) -> list[Row]:
        """Return the rows that this view draws."""
        found = [row for row in rows if all(row.get(key) == value for key, value in self.wanted.items())]
        return [row for row in found if self.needs is None or row.get(self.needs) is not None]


def _probe(says: str, measure: str, percent: bool = True) -> View:
    wanted: Row = {"measure": measure, "entries": None}
    return View(says, "{embedding}", ("split", "reducer"), wanted, percent=percent)


OWN = {"measure": "accuracy", "told": "own"}

VIEWS: dict[str, tuple[View, ...]] = {
    "families": (
        _probe("nearest task of the same alphabet", "retrieval_1nn"),
        _probe("of the ten nearest tasks, those of the same alphabet", "precision_at_10"),
        _probe("agreement of clusters with alphabets (NMI)", "nmi", percent=False),
        _probe("which question a task asks, by its five nearest", "question_5nn"),
        _probe("a task is nearest to itself from other drawings", "stability"),
        _probe("rank correlation of nearness with transfer", "transfer", percent=False),
        _probe("rank correlation of length with difficulty", "difficulty", percent=False),
        View(
            "nearest task of the same alphabet: difference to the mean features, paired",
            "{embedding}",
            ("split", "reducer"),
            {"measure": "gain_retrieval_1nn", "over": "mean_features"},
        ),
        View(
            "which question a task asks: difference to the scatter, paired",
            "{embedding}",
            ("split", "reducer"),
            {"measure": "gain_question_5nn", "over": "scatter"},
        ),
        View(
            "rank correlation of nearness with transfer: difference to the mean features, paired",
            "{embedding}",
            ("split", "reducer"),
            {"measure": "gain_transfer", "over": "mean_features"},
            percent=False,
        ),
    ),
    "learners": (
        View("accuracy, 5-way 1-shot", "{learner}", ("protocol",), {"what": "ablation", "question": None, **OWN}),
        View(
            "gain in accuracy over each control",
            "{learner}",
            ("protocol", "over"),
            {"measure": "gain"},
        ),
    ),
    "mixed": (
        View(
            "gain in accuracy over each control",
            "{learner}",
            ("over",),
            {"measure": "gain", "question": None},
        ),
        View("gain in accuracy over the unconditioned twin", "{learner}", ("question",), {"over": "twin"}),
        View("accuracy, 5-way 5-shot", "{learner}", ("question",), OWN),
    ),
    "headline": (
        View("accuracy", "{ways}-way {shots}-shot", ("learner", "split", "protocol"), {"alphabet": None}),
        View(
            "accuracy within each alphabet, 20-way 1-shot",
            "{alphabet}",
            ("learner",),
            {"protocol": "within-alphabet", "ways": 20, "shots": 1},
            needs="alphabet",
        ),
    ),
    "worlds": (
        View(
            "gain in accuracy over each control",
            "{world}, {learner}",
            ("over",),
            {"measure": "gain"},
        ),
        View("accuracy, told its own embedding", "{world}, {learner}", ("question",), OWN),
        View("accuracy, told one thing or another", "{world}, {learner}", ("told",), {"question": None}, needs="told"),
        View("which question a task asks, by a linear rule", "{world}", ("embedding",), {"measure": "question_linear"}),
    ),
    "transplants": (
        View("by which question queries are answered", "{learner}, {told}", ("by",), {"measure": "answers"}),
        View(
            "share of the gap that a vector wins back",
            "{tasks_are}, {told}",
            ("learner",),
            {"measure": "share of the gap"},
        ),
        View(
            "accuracy, told one thing or another",
            "{tasks_are}, {told}",
            ("learner",),
            {"measure": "accuracy", "question": None},
        ),
        View(
            "which question a task asks, by a linear rule",
            "{learner}",
            ("tasks_are",),
            {"measure": "question_linear"},
        ),
    ),
}


def table_figure(
    table: str,
    rows: list[Row],
    view: View | None = None,
    words: Mapping[str, str] = MappingProxyType({}),
    broken: Callable[[str], str] = str,
) -> go.Figure:
    """Draw a table: means with 95 % intervals, one line per learner or embedding.

    Parameters
    ----------
    table : str
        Its name.
    rows : list of dict
        Its rows, as ``load_table`` returns them.
    view : View, optional
        What to draw of it; by default, its first view.
    words : mapping of str to str
        What learners, embeddings, questions and controls are called; a name that is left out stays as it is.
    broken : callable
        Breaks the name of a line with ``<br>``, where the figure has little room for it.

    Returns
    -------
    plotly Figure
        One colour per group.

    Raises
    ------
    MetalearnError
        Where the table has no rows to draw.
    """
    view = view or VIEWS[table][0]
    drawn = view.rows_of(rows)
    if not drawn:
        raise MetalearnError("the table {table!r} has no rows to draw yet", table=table)

    def called(value: object) -> str:
        return words.get(str(value), str(value))

    marks = [
        plots.Mark(
            broken(view.label.format_map({key: called(value) for key, value in row.items()})),
            " ".join(called(row.get(key) or "all") for key in view.group),
            row["mean"],
            row["ci95"],
        )
        for row in drawn
    ]
    title = f"{table} ({drawn[0]['data']}, seed {drawn[0]['seed']})"
    return plots.dots(marks, view.says, title, view.percent)
