"""The measured tables that ship."""

from pathlib import Path

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.evaluation.tables import Row, read_table
from metalearn.plots.result_tables import VIEWS


def shipped_tables() -> list[str]:
    """Return the names of the tables that ship, in the order of ``VIEWS``."""
    return [table for table in VIEWS if _shipped_path(table).exists()]


def load_table(table: str) -> list[Row]:
    """Load a table of measured results that ships.

    Parameters
    ----------
    table : str
        "families": what each embedding knows about tasks. "learners": how accurate each learner is, with its own
        embedding and with others. "mixed": the same on mixed questions. "headline": the best learner on every protocol.
        "worlds": what knowing the task is worth, in worlds where it matters. "transplants": what learners answer that
        are given another task's vector.

    Returns
    -------
    list of dict
        One row per result: ``mean`` and ``ci95``, half of the 95 % interval, and what they are of.

    Raises
    ------
    MetalearnError
        Where there is no such table.

    Examples
    --------
    >>> import metalearn as ml
    >>> row = ml.load_table("families")[0]
    >>> row["embedding"], row["measure"], row["split"]
    ('gradient', 'retrieval_1nn', 'article')
    """
    rows = read_table(_shipped_path(table))
    if not rows:
        raise MetalearnError(
            "no table {table!r} ships; measure it with 'metalearn compare --table {table}'", table=table
        )
    return rows


def _shipped_path(table: str) -> Path:
    return artifacts.PRETRAINED / "results" / f"{table}.json"
