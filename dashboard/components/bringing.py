"""Characters of the visitor's own: drawn on the page, kept in a file, or uploaded."""

import json
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import streamlit as st

from dashboard import state
from dashboard.components import pad
from dashboard.language import _

COLUMNS = 4
MOST_CLASSES = 5
MOST_QUERIES = 6
MOST_DRAWINGS = 20  # of an uploaded class
QUERY = "?"


@dataclass(frozen=True)
class Own:
    """What a visitor brought: drawings of each class, and drawings to be named."""

    names: list[str]
    classes: list[list[np.ndarray]]
    queries: list[np.ndarray]


def drawn() -> Own:
    """Let the visitor draw on a sheet: a row of queries, and a row for each class."""
    from metalearn import own

    count = st.select_slider(
        _("How many characters?"), range(2, MOST_CLASSES + 1), 3, key="classes", persist_state="session"
    )
    rows = [QUERY, *ascii_uppercase[:count]]
    st.markdown(
        _(
            "Invent some characters. Draw **A** a time or two in its row, then the others in theirs; in the row **?**, "
            "draw some of them again: these are to be recognised."
        )
    )
    strokes = pad.draw(rows, COLUMNS)
    cells = own.pictures_of(strokes, COLUMNS * (MOST_CLASSES + 1))
    by_row = [[p for p in cells[COLUMNS * row :][:COLUMNS] if p is not None] for row in range(len(rows))]
    keep_or_bring(strokes)
    filled = [(name, of_row) for name, of_row in zip(rows[1:], by_row[1:], strict=True) if of_row]
    return Own([name for name, _row in filled], [of_row for _name, of_row in filled], by_row[0])


def keep_or_bring(strokes: list[dict[str, object]]) -> None:
    """Offer the sheet as a file, and take one."""
    with st.expander(_("Keep this sheet, or bring one")):
        st.caption(_("This page's address does not hold what you drew, and this session forgets it; a file keeps it."))
        st.download_button(
            _("Sheet (JSON)"), json.dumps(strokes), "sheet.json", "application/json", disabled=not strokes
        )
        sent = st.file_uploader(_("A sheet kept earlier"), type="json", key="sheet")
        if sent is not None and st.button(_("Use it")):
            bring(sent.getvalue())


def bring(content: bytes) -> None:
    """Put a sheet kept earlier in the place of this one, if it is one."""
    from metalearn import own

    try:
        strokes = json.loads(content)
        own.pictures_of(strokes, COLUMNS * (MOST_CLASSES + 1))
    except (ValueError, RecursionError):
        st.error(_("That file is not a sheet; keep one with the button above first."))
        return
    pad.replace(strokes)
    st.rerun()


def uploaded() -> Own:
    """Take pictures of the visitor's own: an archive of class folders, and pictures to be named."""
    from metalearn import own

    archive = st.file_uploader(
        _("A zip archive: a folder for each class, with its pictures in it (at most 10 MB)"), type="zip", key="archive"
    )
    files = st.file_uploader(
        _("Pictures to be recognised"), type=["png", "jpg", "jpeg", "webp", "bmp", "gif"], accept_multiple_files=True
    )
    queries = [own.read_picture(file.getvalue()) for file in files[:MOST_QUERIES]]
    classes = own.read_archive(archive.getvalue()) if archive is not None else {}
    chosen = list(classes)[: state.MOST_CHARACTERS]
    return Own(chosen, [classes[name][:MOST_DRAWINGS] for name in chosen], queries)
