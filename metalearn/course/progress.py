"""What a student has done: exercises, answers to quizzes, and guesses, in one private file on their machine.

Nothing of it leaves the machine. Keeping it never stands in a student's way: where the file cannot be written, nothing
is kept.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any

import platformdirs

from metalearn._files import in_words, user_path, write_atomically
from metalearn.errors import MetalearnError

log = logging.getLogger("metalearn")

ENTRIES = {
    "exercises": dict[str, bool],  # whether it has passed its check, by the exercise's name
    "quizzes": dict[str, int],  # the chosen answer, by notebook and number of the question: "01.2"
    "guesses": dict[str, float],  # by the guess's name
}
LARGEST = 1_000_000  # bytes
Progress = dict[str, dict[str, Any]]


def progress_file() -> Path:
    """Return where progress is kept (``METALEARN_PROGRESS``, else a file in the system's folder for users' data)."""
    file = os.environ.get("METALEARN_PROGRESS")
    return user_path(file) if file else platformdirs.user_data_path("metalearn-kit", appauthor=False) / "progress.json"


def read_progress() -> Progress:
    """Return all that is kept. Raises MetalearnError where the file is damaged, and OSError where it cannot be read."""
    from metalearn.schema import check_entries, unusable  # brings NumPy, which the command's --help does without

    path = progress_file()
    if not path.exists():
        return {kind: {} for kind in ENTRIES}
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise unusable(path, "it is no file of the kit's")
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise unusable(path, in_words(error)) from error
    if not isinstance(kept, dict):
        raise unusable(path, "it is no file of the kit's")
    check_entries(path, kept, ENTRIES)
    return kept


def note(kind: str, name: str, value: float) -> None:
    """Keep one thing that a student has done. It raises nothing, and writes only where something is new."""
    try:
        kept = read_progress()
        if kept[kind].get(name) == value:
            return
        kept[kind][name] = value
        write_atomically(progress_file(), json.dumps(kept, indent=1).encode(), mode=0o600)
    except (OSError, MetalearnError) as error:
        log.debug("progress is not kept: %s", in_words(error))


def note_attempt(exercise: str, passed: bool) -> None:
    """Keep that an exercise was tried, and whether it passed. What has passed once stays so."""
    if passed or not recall("exercises", exercise):
        note("exercises", exercise, passed)


def recall(kind: str, name: str) -> Any:
    """Return one thing that was kept; None where there is nothing, or where the file cannot be read."""
    try:
        return read_progress()[kind].get(name)
    except (OSError, MetalearnError):
        return None


def forget() -> None:
    """Remove all that is kept."""
    progress_file().unlink(missing_ok=True)
