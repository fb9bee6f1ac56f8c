"""A measured table as a chart: what a click on it means, and the code that draws it again."""

from collections.abc import Mapping
from typing import Any

from dashboard.widgets.copy_as_python import program, quoted
from metalearn.evaluation.tables import Row
from metalearn.plots.result_tables import View


def clicked_row(rows: list[Row], view: View, point: Mapping[str, Any]) -> Row:
    """Return the row that a clicked point stands for, in a view with one line per learner.

    The chart has its lines and curves in the order in which the rows first name them.
    """
    drawn = view.rows_of(rows)
    learners = list(dict.fromkeys(row["learner"] for row in drawn))
    groups = list(dict.fromkeys(_group(row, view) for row in drawn))
    learner, group = learners[round(point["y"])], groups[point["curve_number"]]
    return next(row for row in drawn if row["learner"] == learner and _group(row, view) == group)


def _group(row: Row, view: View) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in view.group)


def code(table: str, number: int) -> str:
    """Return Python code that draws a view of a table, given by its number."""
    name = quoted(table)
    return program([f"rows = ml.load_table({name})", f"figure = table_figure({name}, rows, VIEWS[{name}][{number}])"])
