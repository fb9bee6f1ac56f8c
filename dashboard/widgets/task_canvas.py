"""The map of tasks as a canvas in the browser: what the browser is sent, and what it says the visitor did."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from dashboard import state
from dashboard.language import _
from dashboard.widgets import task_images
from dashboard.widgets.map_chart import NEIGHBOURS, MapSettings, axis_titles
from metalearn import plots
from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.characters.png import png_address
from metalearn.embeddings.geometry import nearest_rows
from metalearn.maps.task_map import COLOUR_TITLES, FIFTHS, PROJECTION_TITLES, TaskMap

KEY = "map canvas"
COLUMNS = 60  # drawings in a row of the sheet
MOST_EACH, MOST_DRAWINGS = 5, 20_000  # drawings of one task, and of all tasks: the browser has to hold them
SHADES = 4  # of grey in a drawing: two bits a pixel
ROWS_AT_ONCE = 500  # so many tasks are compared with all others at once, to find their neighbours
MOST_SAID = 5  # groups that the summary names
FOLDER = Path(__file__).parent

_sheet = st.components.v2.component("metalearn_sheet", js=(FOLDER / "task_sheet.js").read_text("utf-8"))
_canvas = st.components.v2.component(
    "metalearn_map",
    html=(FOLDER / "task_canvas.html").read_text("utf-8"),
    css=(FOLDER / "task_canvas.css").read_text("utf-8"),
    # Joined into one module: a component's JavaScript cannot import a file of ours.
    js="\n".join(
        (FOLDER / name).read_text("utf-8")
        for name in ("task_canvas_space.js", "task_canvas_paint.js", "task_canvas.js")
    ),
)


def show(
    characters: CharacterSet,
    task_map: TaskMap,
    maps: Sequence[MapSettings],
    only: str,
    on_pick: Callable[[Any], None],
    on_isolate: Callable[[str], None],
) -> None:
    """Show one map, or two beside each other that differ in their projection.

    ``only`` is the group that is shown alone, "" for all. ``on_pick`` is called with what the browser says is
    selected, ``on_isolate`` with the group that the visitor wants to see alone.
    """
    settings = maps[0]
    groups, group_of = _grouped(characters, task_map, settings.colour)
    palette = plots.SEQUENCE if settings.colour == "difficulty" else plots.PALETTE
    shown = [_shown_group(group) for group in groups]
    sheet = f"{characters.name} {characters.fingerprint} {task_map.split} {task_map.family}"
    _sheet(key="map sheet", data={"id": sheet, **_drawn_and_near(sheet, characters, task_map)})
    _canvas(
        key=KEY,
        data={
            "maps": [_one_map(task_map, one, shown, group_of) for one in maps],
            "sheet": sheet,
            "groups": shown,
            "groupOf": _packed(group_of.astype("<u2")),
            "colours": [palette[i % len(palette)] for i in range(len(groups))],
            "symbols": [plots.SYMBOLS[i // len(palette) % len(plots.SYMBOLS)] for i in range(len(groups))],
            "stressed": plots.STRESSED,
            "selected": settings.selected,
            "only": groups.index(only) if only in groups else -1,
            "lines": settings.lines,
            "drawings": settings.drawings,
            "texts": _texts(),
        },
        on_picked_change=lambda: on_pick(st.session_state[KEY]["picked"]),
        on_isolated_change=lambda: on_isolate(dict(enumerate(groups)).get(st.session_state[KEY]["isolated"], "")),
    )


def group_names(characters: CharacterSet, task_map: TaskMap, colour: str) -> list[str]:
    """Return the groups that have a colour each on a map, in the order of the legend."""
    return _grouped(characters, task_map, colour)[0]


def _shown_group(group: str) -> str:
    """Return what a group is called in the visitor's language. Names of alphabets are not translated."""
    kind, _space, number = group.partition(" ")
    return _("cluster {number}").format(number=number) if kind == "cluster" and number.isdecimal() else _(group)


def _texts() -> dict[str, str]:
    return {
        "tools": _("Tools of the map"),
        "legend": _("What the colours mean; click one to see it alone"),
        "move": _("Move"),
        "box": _("Box"),
        "lasso": _("Lasso"),
        "in": _("Zoom in"),
        "out": _("Zoom out"),
        "whole": _("Whole map"),
        "nearest": _("Nearest in the full space"),
        "keys": _(
            "Arrow keys go from task to task, Enter selects one, Shift and Enter one more, plus and minus zoom, zero "
            "shows the whole map, Escape shows all groups."
        ),
    }


def _grouped(characters: CharacterSet, task_map: TaskMap, colour: str) -> tuple[list[str], np.ndarray]:
    """Return the groups that have a colour each, and the number of each task's group, ``[tasks]``."""
    return _groups(characters, task_map, colour, state.map_key(task_map))


@st.cache_resource(show_spinner=False, max_entries=64)
def _groups(
    _characters: CharacterSet, _task_map: TaskMap, colour: str, key: tuple[str, ...]
) -> tuple[list[str], np.ndarray]:
    labels = _task_map.labels(_characters, colour)
    first = FIFTHS if colour == "difficulty" else ()
    groups = list(dict.fromkeys([*first, *labels]))
    number = {label: i for i, label in enumerate(groups)}
    return groups, np.array([number[label] for label in labels])


def _one_map(task_map: TaskMap, settings: MapSettings, groups: list[str], group_of: np.ndarray) -> dict[str, Any]:
    coordinates = task_map.projections[settings.projection]
    title = _(PROJECTION_TITLES[settings.projection])
    return {
        "title": title,
        "flat": coordinates.shape[1] == 2,
        "axes": axis_titles(settings.axes)[:2],
        "places": _packed(in_cube(coordinates)),
        "summary": _summary(title, settings.colour, groups, group_of),
    }


def _summary(title: str, colour: str, groups: list[str], group_of: np.ndarray) -> str:
    """Describe a map for visitors who cannot see it."""
    sizes = np.bincount(group_of, minlength=len(groups))
    largest = ", ".join(f"{groups[i]} ({sizes[i]})" for i in np.argsort(-sizes, kind="stable")[:MOST_SAID])
    return _(
        "{title}: a map of {count} tasks, coloured by {colour}, in {groups} groups. The largest: {largest}."
    ).format(title=title, count=len(group_of), colour=_(COLOUR_TITLES[colour]), groups=len(groups), largest=largest)


def in_cube(coordinates: np.ndarray) -> np.ndarray:
    """Scale coordinates ``[tasks, 2 or 3]`` to fill a cube of whole numbers, int16 ``[tasks, 3]``.

    All directions are scaled alike, so that the map keeps its shape.
    """
    low, high = coordinates.min(0), coordinates.max(0)
    centred = (coordinates - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-9)
    cube = np.zeros((len(coordinates), 3), "<i2")
    cube[:, : coordinates.shape[1]] = (centred * 32767).round()
    return cube


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


@st.cache_resource(show_spinner=False, max_entries=8)
def _drawn_and_near(sheet: str, _characters: CharacterSet, _task_map: TaskMap) -> dict[str, Any]:
    """Return names, drawings and neighbours of all tasks, in the form that the browser is sent.

    ``sheet`` says which tasks these are, for the cache.
    """
    count = len(_task_map.names)
    unit, some = _task_map.unit, np.array_split(np.arange(count), -(-count // ROWS_AT_ONCE))
    near = np.concatenate([nearest_rows(unit, min(NEIGHBOURS, count - 1), rows) for rows in some])
    drawings = _drawings(_characters, _task_map)
    return {
        "names": [task_images.shown_name(name) for name in _task_map.names],
        "neighbours": _packed(near.astype("<u4")),
        "nearest": near.shape[1],
        "each": drawings.shape[1],
        "columns": COLUMNS,
        "drawings": _as_sheet(drawings.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)),
    }


def _drawings(characters: CharacterSet, task_map: TaskMap) -> np.ndarray:
    """Return up to five drawings of each task, uint8 ``[tasks, drawings, 28, 28]``."""
    each = min(MOST_EACH, characters.images.shape[1], MOST_DRAWINGS // len(task_map.names))
    if task_map.drawings.shape[1] > 1:
        return characters.images.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)[task_map.drawings[:, :each]]
    return characters.images[task_map.drawings[:, 0] // characters.images.shape[1], :each]


def _as_sheet(drawings: np.ndarray) -> str:
    """Return the address of one image with all drawings, black on a transparent ground; "" if there are none."""
    if not len(drawings):
        return ""
    rows = -(-len(drawings) // COLUMNS)
    cells = np.zeros((rows * COLUMNS, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    cells[: len(drawings)] = np.round(drawings / 255 * (SHADES - 1))
    laid_out = cells.reshape(rows, COLUMNS, IMAGE_SIZE, IMAGE_SIZE).swapaxes(1, 2)
    image = Image.fromarray(laid_out.reshape(rows * IMAGE_SIZE, COLUMNS * IMAGE_SIZE), "P")
    image.putpalette([0, 0, 0] * SHADES)
    image.info["transparency"] = bytes(255 * i // (SHADES - 1) for i in range(SHADES))
    return png_address(image)
