"""Which class an image belongs to, from where it lies: the ways in which people lay out their images."""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable

from metalearn.errors import MetalearnError

# The folders that people split their data into. The kit splits by class, so these are put together again.
SIDES = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}

# What tells the images of a class apart in their names: "cat_01", "cat-2", "cat 3", "cat (4)".
NUMBER = re.compile(r"(?:[ _-]+\(?\d+\)?|\(\d+\))$")

LONGEST_NAME = 60


def classes_by_place(names: Iterable[str], collection: str) -> dict[str, str]:
    """Return the class of each image, "alphabet/class", from its name with forward slashes.

    ========================================  =================================================================
    ``class/image.png``                       the alphabet is called ``collection``
    ``alphabet/class/image.png``              and deeper: all folders but the last one are the alphabet
    ``train/…``, ``val/…``, ``test/…``        are put together
    ``class_1.png``, ``class_2.png``          no folders at all: the names carry the class
    ========================================  =================================================================

    Where there are folders, images beside them have no class.
    """
    folders = {name: name.split("/")[:-1] for name in names}
    if not any(folders.values()):
        return {name: f"{clean(collection)}/{clean(_class_in_name(name))}" for name in folders}
    folders = {name: parts for name, parts in folders.items() if parts}
    side = _depth_of_sides(list(folders.values()))
    found = {}
    for name, parts in folders.items():
        if side is not None:
            parts = parts[:side] + parts[side + 1 :]
        found[name] = "/".join(map(clean, parts if len(parts) > 1 else [collection, *parts]))
    return found


def _depth_of_sides(folders: list[list[str]]) -> int | None:
    """Return at which depth all folders are called train, val or test, with folders in them; else None."""
    for depth in range(min(map(len, folders)) - 1):
        if {parts[depth].lower() for parts in folders} <= SIDES:
            return depth
    return None


def _class_in_name(name: str) -> str:
    stem = os.path.splitext(name)[0]
    return NUMBER.sub("", stem) or stem


def classes_in_table(content: bytes, table: str, collection: str) -> dict[str, str]:
    """Return the class of each image in a CSV file with the columns ``file``, ``class`` and perhaps ``alphabet``.

    Raises MetalearnError for a table without these columns, and for a row without a file or a class.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise MetalearnError("{table} is not a CSV file in UTF-8 ({error})", table=table, error=str(error)) from error
    if not is_table(content):
        raise MetalearnError("{table} needs the columns file and class, and may have alphabet", table=table)
    found = {}
    for number, row in enumerate(rows, 2):
        if not row.get("file") or not row.get("class"):
            raise MetalearnError("row {number} of {table} names no file, or no class", number=number, table=table)
        alphabet = row.get("alphabet") or collection
        place = "/".join(part for part in row["file"].replace("\\", "/").split("/") if part not in ("", "."))
        found[place] = f"{clean(alphabet)}/{clean(row['class'])}"
    return found


def is_table(content: bytes) -> bool:
    """Say whether a CSV file names classes of images: its first line has the columns ``file`` and ``class``."""
    first = content[:1000].decode("utf-8-sig", "replace").split("\n", 1)[0]
    return {"file", "class"} <= {column.strip('"\r ') for column in first.split(",")}


def clean(name: str) -> str:
    """Return a folder's name as it can be shown and kept: composed, printable, without slashes, not endless."""
    composed = unicodedata.normalize("NFC", name).replace("/", "-")
    return "".join(letter for letter in composed if letter.isprintable()).strip()[:LONGEST_NAME] or "unnamed"
