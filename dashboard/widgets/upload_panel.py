"""Characters of the visitor's own: drawn on the page, kept in a file, or uploaded."""

import json
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.language import _
from dashboard.widgets import drawing_pad

COLUMNS = 4
MOST_CLASSES = 5
MOST_QUERIES = 6
MOST_DRAWINGS = 20  # of an uploaded class
QUERY = "?"


@dataclass(frozen=True)
class OwnCharacters:
    """A visitor's own classes, with drawings of each, and the drawings to be recognised (the queries)."""

    names: list[str]
    classes: list[list[np.ndarray]]
    queries: list[np.ndarray]


def draw() -> OwnCharacters:
    """Let the visitor draw on a sheet with one row of queries and one row per class."""
    from metalearn.characters.uploads import images_from_strokes

    count = st.select_slider(
        _("How many characters?"), range(2, MOST_CLASSES + 1), key="classes", persist_state="session"
    )
    rows = [QUERY, *ascii_uppercase[:count]]
    st.markdown(
        _(
            "Invent some characters. Draw **A** a time or two in its row, then the others in theirs; in the row **?**, "
            "draw some of them again: these are to be recognised."
        )
    )
    strokes = drawing_pad.draw(rows, COLUMNS)
    cells = images_from_strokes(strokes, COLUMNS * (MOST_CLASSES + 1))
    by_row = [[image for image in cells[COLUMNS * i :][:COLUMNS] if image is not None] for i in range(len(rows))]
    offer_file(strokes)
    filled = {name: drawings for name, drawings in zip(rows[1:], by_row[1:], strict=True) if drawings}
    return OwnCharacters(list(filled), list(filled.values()), by_row[0])


def offer_file(strokes: list[dict[str, object]]) -> None:
    """Offer the sheet as a file to keep, and take a file that was kept."""
    with st.expander(_("Keep this sheet, or bring one")):
        st.caption(_("This page's address does not hold what you drew, and this session forgets it; a file keeps it."))
        st.download_button(
            _("Sheet (JSON)"), json.dumps(strokes), "sheet.json", "application/json", disabled=not strokes
        )
        file = st.file_uploader(_("A sheet kept earlier"), type="json", key="sheet")
        if file is not None and st.button(_("Use it")):
            restore_sheet(file.getvalue())


def restore_sheet(content: bytes) -> None:
    """Replace the strokes on the page by those of a kept file, if it holds a sheet."""
    from metalearn.characters.uploads import images_from_strokes

    try:
        strokes = json.loads(content)
        images_from_strokes(strokes, COLUMNS * (MOST_CLASSES + 1))
    except (ValueError, RecursionError):
        st.error(_("That file is not a sheet; keep one with the button above first."))
        return
    drawing_pad.replace(strokes)
    st.rerun()


def upload() -> OwnCharacters:
    """Let visitors upload their own images: an archive with one folder per class, and images to recognise."""
    from metalearn.characters.uploads import read_archive, read_upload

    archive = st.file_uploader(
        _("A zip archive: a folder for each class, with its pictures in it (at most 10 MB)"), type="zip", key="archive"
    )
    files = st.file_uploader(
        _("Pictures to be recognised"), type=["png", "jpg", "jpeg", "webp", "bmp", "gif"], accept_multiple_files=True
    )
    queries = [read_upload(file.getvalue()) for file in files[:MOST_QUERIES]]
    classes = read_archive(archive.getvalue()) if archive is not None else {}
    names = list(classes)[: state.MOST_CHARACTERS]
    return OwnCharacters(names, [classes[name][:MOST_DRAWINGS] for name in names], queries)
