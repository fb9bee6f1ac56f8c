"""Draw: characters of the visitor's own, recognised by a learner that never saw them, and where they lie on the map."""

import json
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import streamlit as st

from dashboard import address, state, training, work, workers
from dashboard.components import banner, mapped, pad, pictures
from dashboard.components import split as split_choice
from dashboard.language import _, said
from metalearn import maps, plots
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError

COLUMNS = 4
MOST_CLASSES = 5
MOST_QUERIES = 6
MOST_DRAWINGS = 20  # of an uploaded class
NEIGHBOURS = 5
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


def recognise(brought: Own, split: str) -> None:
    """Let a learner adapt to what was brought, and say what it takes the queries for."""
    titles = state.learner_titles(split)
    name = st.selectbox(
        _("Learner"),
        list(titles),
        list(titles).index("wide") if "wide" in titles else 0,
        format_func=titles.__getitem__,
        key="learner",
        persist_state="session",
    )
    if not brought.queries:
        st.info(_("Now draw one of them again in the row **?** (or upload a picture to be recognised)."))
        return
    probabilities, steps = workers.run(
        work.answers, name, split, training.among([name]), brought.classes, brought.queries
    )
    before, after = probabilities[0], probabilities[-1]
    for query, unadapted, adapted in zip(brought.queries, before, after, strict=True):
        picture, bars = st.columns([1, 4], vertical_alignment="center")
        picture.image(pictures.picture(query), width=84)
        for i in np.argsort(-adapted, kind="stable")[:3]:
            text = f"{brought.names[i]}: {adapted[i]:.0%}"
            if steps:
                text += " " + _("(before adapting {share:.0%})").format(share=unadapted[i])
            bars.progress(float(adapted[i]), text)
    if steps:
        st.caption(_("After {steps} steps on your drawings.").format(steps=steps))
    else:
        st.caption(_("This learner takes no steps: one look at your drawings sets what it answers."))


@st.cache_data(show_spinner="…", max_entries=32)
def far_below(split: str, shots: int, data: str) -> float:
    """The cosine below which a character counts as far from all that is known."""
    from metalearn import own

    characters = state.characters()
    sides, shown = state.sides(split, characters, data), state.task_map(split, data)
    return own.far_below(characters, sides.validation, sides.train, shots, state.embedder(split), shown)


def on_the_map(characters: CharacterSet, brought: Own, split: str) -> None:
    """Show where each class lies among the tasks that are known, what is near, and whether that is near enough."""
    from metalearn import own

    shown, sides = state.task_map(split, characters.name), state.sides(split, characters, characters.name)
    embedded = own.embed(brought.classes, characters, sides.train, state.embedder(split))
    figure = plots.task_map(shown.pca[:, :2], ["task"] * len(shown.names), shown.names, axes=mapped.axis_titles())
    figure.update_traces(marker_color=plots.MUTED, marker_size=3, marker_opacity=0.5)
    plots.with_own(figure, embedded[:, :2], brought.names)
    st.plotly_chart(
        figure.update_layout(height=420, showlegend=False), alt=_("Your characters among all tasks, first components.")
    )
    limit = far_below(split, own.shots_of(brought.classes, characters), characters.name)
    near = own.similarities(embedded, shown)
    for name, row in zip(brought.names, near, strict=True):
        nearest = np.argsort(-row, kind="stable")[:NEIGHBOURS]
        st.markdown(_("Nearest to **{name}**").format(name=name))
        pictures.strip(characters, nearest)
        if row[sides.train].max() < limit:
            st.warning(
                _(
                    "**{name}** lies far from everything that was trained on: of characters that were held out, only "
                    "one in twenty lies as far. Take what is said of it with care."
                ).format(name=name)
            )


def page() -> None:
    st.title(_("Draw"))
    st.markdown(_("A learner that has never seen your characters learns them from a drawing or two of each."))
    characters = state.characters()
    view = {
        "split": address.one_of(state.SPLITS),
        "learner": address.one_of([title for split in state.SPLITS for title in state.learner_titles(split)]),
        "source": address.one_of(["draw", "upload"]),
        "classes": address.number(2, MOST_CLASSES),
    }
    with address.of(view):
        left, right = st.columns([1, 1], gap="large")
        with left:
            titles = {"draw": _("draw"), "upload": _("upload pictures")}
            source = st.segmented_control(
                _("Your characters"),
                list(titles),
                default="draw",
                required=True,
                format_func=titles.__getitem__,
                key="source",
                persist_state="session",
            )
            brought = drawn() if source == "draw" else uploaded()
        with right:
            answer(characters, brought)
    banner.show(characters)


def answer(characters: CharacterSet, brought: Own) -> None:
    """Show what is made of the visitor's characters."""
    split = split_choice.choose()
    if len(brought.classes) < 2:
        st.info(_("Draw at least two different characters, or upload an archive with two folders."))
        st.page_link(
            "views/adaptation.py", label=_("Or choose characters by keyboard instead"), icon=":material/keyboard:"
        )
        return
    recognise(brought, split)
    if len(characters) >= maps.FEWEST:
        on_the_map(characters, brought, split)


try:
    page()
except MetalearnError as error:
    st.error(said(error))
