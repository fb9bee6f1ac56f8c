"""Characters of the visitor's own: drawn on the page, kept in a file, or uploaded."""

import json
from string import ascii_uppercase
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import drawn_sheet, state
from dashboard.drawn_sheet import OwnCharacters
from dashboard.language import _, error_text
from dashboard.widgets import drawing_pad
from dashboard.widgets.plain_text import plain
from metalearn.characters import uploads
from metalearn.characters.collection import Collection
from metalearn.characters.image_files import IMAGE_SUFFIXES
from metalearn.errors import MetalearnError

MOST_QUERIES = 6
MOST_DRAWINGS = 20  # of an uploaded class
MOST_MEGABYTES = 40  # of an upload
MOST_PROBLEMS = 5  # how many of the files that were left out are named


def choose_source(left: DeltaGenerator, right: DeltaGenerator) -> str:
    """Ask whether the visitor draws or uploads. Who draws is asked how many characters, and told where to draw them."""
    titles = {"draw": _("draw"), "upload": _("upload pictures")}
    source: Any = left.segmented_control(
        _("Your characters"),
        list(titles),
        required=True,
        format_func=titles.__getitem__,
        key="source",
        persist_state="session",
    )
    if source == "draw":
        right.select_slider(
            _("How many characters?"), range(2, drawn_sheet.MOST_CLASSES + 1), key="classes", persist_state="session"
        )
        st.markdown(
            _(
                "Invent some characters. Draw **A** a time or two in its row, then the others in theirs; in the row "
                "**?**, draw some of them again: these are to be recognised."
            )
        )
    return str(source)


def draw() -> OwnCharacters:
    """Let the visitor draw on a sheet with one row of queries and one row per class."""
    count: int = st.session_state["classes"]
    sheet = drawing_pad.draw([drawn_sheet.QUERY, *ascii_uppercase[:count]], drawn_sheet.COLUMNS)
    return drawn_sheet.own_characters(sheet, count)


def offer_file(sheet: str) -> None:
    """Offer the sheet as a file to keep, and take a file that was kept."""
    with st.expander(_("Keep this sheet, or bring one")):
        st.caption(_("What you drew stands in this page's address: a link or a bookmark keeps it. So does a file."))
        content = json.dumps(drawn_sheet.unpacked(sheet))
        st.download_button(_("Sheet (JSON)"), content, "sheet.json", "application/json", disabled=not sheet)
        file = st.file_uploader(_("A sheet kept earlier"), type="json", key="sheet")
        if file is not None and st.button(_("Use it")):
            restore_sheet(file.getvalue())


def restore_sheet(content: bytes) -> None:
    """Replace the strokes on the page by those of a kept file, if it holds a sheet."""
    try:
        st.session_state["strokes"] = drawn_sheet.packed(json.loads(content))
    except (ValueError, RecursionError):
        st.error(_("That file is not a sheet; keep one with the button above first."))
        return
    st.rerun()


def upload() -> OwnCharacters:
    """Let visitors upload their own images: an archive with one folder per class, and images to recognise."""
    archive = st.file_uploader(
        _("A zip archive: a folder for each class, with its pictures in it (at most {most} MB)").format(
            most=MOST_MEGABYTES
        ),
        type="zip",
        key="archive",
        max_upload_size=MOST_MEGABYTES,
    )
    files = st.file_uploader(
        _("Pictures to be recognised"),
        type=[suffix.removeprefix(".") for suffix in sorted(IMAGE_SUFFIXES)],
        accept_multiple_files=True,
        key="pictures",
        max_upload_size=MOST_MEGABYTES,
    )
    read = [_read_picture(file.getvalue(), file.name) for file in files[:MOST_QUERIES]]
    queries = [answer for answer in read if not isinstance(answer, MetalearnError)]
    found = _read_archive(archive.getvalue()) if archive is not None else Collection()
    if isinstance(found, MetalearnError):
        st.error(plain(error_text(found)))
        found = Collection()
    _say_what_is_left_out([*found.problems, *(answer for answer in read if isinstance(answer, MetalearnError))])
    names = list(found.classes)[: state.MOST_CHARACTERS]
    if len(names) < len(found.classes):
        st.caption(
            _("Of {count} classes, the first {most} are used.").format(count=len(found.classes), most=len(names))
        )
    return OwnCharacters(names, [found.classes[name][:MOST_DRAWINGS] for name in names], queries)


# A page runs again at every click; what was uploaded is read once. Why it is refused is kept too.


@st.cache_data(show_spinner="…", max_entries=8)
def _read_archive(content: bytes) -> Collection | MetalearnError:
    try:
        return uploads.read_archive(content)
    except MetalearnError as refused:
        return refused


@st.cache_data(show_spinner=False, max_entries=64)
def _read_picture(content: bytes, name: str) -> np.ndarray | MetalearnError:
    try:
        return uploads.read_upload(content, name)
    except MetalearnError as refused:
        return refused


def _say_what_is_left_out(problems: list[MetalearnError]) -> None:
    if problems:
        lines = [error_text(problem) for problem in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            lines.append(_("… and {count} more").format(count=len(problems) - MOST_PROBLEMS))
        st.warning("\n".join(f"- {plain(line)}" for line in lines))
