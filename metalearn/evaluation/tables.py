"""Writing and reading tables of results, as JSON and CSV."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from metalearn._files import to_json, write_atomically
from metalearn.errors import MetalearnError
from metalearn.schema import check_entries

Row = dict[str, Any]
# What a row says of how it was measured, beside what it is of and what came out.
CIRCUMSTANCES = frozenset({"data", "data_fingerprint", "seed", "version", "asked_tasks", "wall_s"})


def read_table(path: Path) -> list[Row]:
    """Return the rows in a file, or none if there is no file. Raises MetalearnError for a file of another kind."""
    try:
        rows = json.loads(path.read_text("utf-8")) if path.exists() else []
    except (OSError, ValueError, RecursionError) as error:
        raise MetalearnError(
            "{path} is not a table of results ({error}); remove it", path=path, error=str(error)
        ) from error
    check_entries(path, {"rows": rows}, {"rows": list[dict[str, Any]]})
    return rows


def write_table(path: Path, rows: list[Row]) -> None:
    """Write the rows to ``path`` as JSON, and as CSV beside it.

    The JSON is what is read again, so it comes last: whoever is interrupted in between measures the last row again.
    """
    write_atomically(path.with_suffix(".csv"), as_csv(rows).encode())
    write_atomically(path, to_json(rows, indent=0, ensure_ascii=False).encode() + b"\n")


def as_csv(rows: list[Row]) -> str:
    """Return the rows as CSV, with all columns that any row has."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
