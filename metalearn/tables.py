"""The result tables as they are written, shipped, read and drawn; measuring them is another file's work."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalearn import plots, store
from metalearn.errors import MetalearnError
from metalearn.files import write_atomically

Row = dict[str, Any]


@dataclass(frozen=True)
class View:
    """One way to draw a table: what ``says`` stands below the axis, ``label`` names a line by a row's fields.

    The fields in ``group`` name a colour; rows are drawn where they have everything in ``wanted``.
    """

    says: str
    label: str
    group: tuple[str, ...]
    wanted: Row


def _probe(says: str, measure: str) -> View:
    return View(says, "{embedding}", ("split",), {"measure": measure, "entries": None})


OWN = {"measure": "accuracy", "told": "own"}
VIEWS: dict[str, tuple[View, ...]] = {
    "families": (
        _probe("nearest task of the same alphabet", "retrieval_1nn"),
        _probe("of the ten nearest tasks, those of the same alphabet", "precision_at_10"),
        _probe("agreement of clusters with alphabets (NMI)", "nmi"),
        _probe("which question a task asks, by its five nearest", "question_5nn"),
        _probe("a task is nearest to itself from other drawings", "stability"),
        _probe("rank correlation of nearness with transfer", "transfer"),
        _probe("rank correlation of length with difficulty", "difficulty"),
    ),
    "learners": (
        View("accuracy, 5-way 1-shot", "{learner}", ("protocol",), {"what": "ablation", "question": None, **OWN}),
        View("gain in accuracy over the same, told otherwise", "{learner}", ("protocol", "over"), {"measure": "gain"}),
    ),
    "mixed": (
        View(
            "gain in accuracy over the same, told otherwise",
            "{learner}",
            ("over",),
            {"measure": "gain", "question": None},
        ),
        View("gain in accuracy over the unconditioned twin", "{learner}", ("question",), {"over": "twin"}),
        View("accuracy, 5-way 5-shot", "{learner}", ("question",), OWN),
    ),
    "headline": (View("accuracy", "{ways}-way {shots}-shot", ("learner", "split", "protocol"), {}),),
}


def shipped() -> list[str]:
    """Name the tables that ship, in the order of ``VIEWS``."""
    return [table for table in VIEWS if _shipped_path(table).exists()]


def load(table: str) -> list[Row]:
    """Return the rows of a measured table that ships. Raises MetalearnError where there are none."""
    rows = read(_shipped_path(table))
    if not rows:
        raise MetalearnError(f"no table {table!r} ships; measure it with 'metalearn compare --table {table}'")
    return rows


def _shipped_path(table: str) -> Path:
    return store.PRETRAINED / "results" / f"{table}.json"


def read(path: Path) -> list[Row]:
    """Return the rows in a file, none where there is no file. Raises MetalearnError where it holds something else."""
    try:
        rows = json.loads(path.read_text("utf-8")) if path.exists() else []
    except (OSError, ValueError) as error:
        raise MetalearnError(f"{path} is not a table of results ({error}); remove it") from error
    return rows


def write(path: Path, rows: list[Row]) -> None:
    """Write the rows to ``path``, as JSON, and beside it as CSV."""
    write_atomically(path, json.dumps(rows, indent=0, ensure_ascii=False).encode() + b"\n")
    write_atomically(path.with_suffix(".csv"), as_csv(rows).encode())


def as_csv(rows: list[Row]) -> str:
    """Return the rows with all columns that any of them has."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def figure(table: str, rows: list[Row], view: View | None = None) -> plots.go.Figure:
    """Draw a table: means with 95 % intervals, one line a learner or embedding; as in its first view by default."""
    view = view or VIEWS[table][0]
    shown = [row for row in rows if all(row.get(key) == value for key, value in view.wanted.items())]
    if not shown:
        raise MetalearnError(f"the table {table!r} has no rows to draw yet")
    marks = [
        plots.Mark(
            view.label.format(**row),
            " ".join(str(row.get(key) or "all") for key in view.group),
            row["mean"],
            row["ci95"],
        )
        for row in shown
    ]
    return plots.dots(marks, view.says, f"{table} ({shown[0]['data']}, seed {shown[0]['seed']})")
