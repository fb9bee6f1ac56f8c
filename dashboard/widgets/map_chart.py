"""A map of tasks as the page draws it, and as code that draws it again."""

from dataclasses import dataclass, field, replace
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.language import _
from dashboard.widgets.copy_as_python import call, program, quoted
from dashboard.widgets.ready_figure import ReadyFigure
from metalearn import plots
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import FIFTHS, TaskMap
from metalearn.pretrained.maps import map_path

NEIGHBOURS = 8
HEIGHT = 600
NO_TITLES = ("", "", "")


@dataclass(frozen=True)
class MapSettings:
    """How a map is drawn: projection and colour, by their keys, the selected tasks, and what is drawn on top."""

    projection: str
    colour: str
    selected: list[int] = field(default_factory=list)
    drawings: bool = False
    lines: bool = False

    def with_projection(self, projection: str) -> "MapSettings":
        """Return the same settings for another projection."""
        return replace(self, projection=projection)

    @property
    def axes(self) -> tuple[str, ...]:
        """The titles of the axes; those of UMAP mean nothing, and have none."""
        return NO_TITLES if self.projection.startswith("umap") else plots.COMPONENTS


def all_tasks(characters: CharacterSet, task_map: TaskMap, settings: MapSettings) -> go.Figure:
    """Draw the map without the selection, once for all visitors."""
    key = (
        characters.name,
        task_map.split,
        task_map.family,
        settings.projection,
        settings.colour,
        settings.drawings,
        axis_titles(settings.axes),
    )
    return ReadyFigure(_all_tasks(key, characters, task_map, settings))


def draw(characters: CharacterSet, task_map: TaskMap, settings: MapSettings) -> go.Figure:
    """Draw the map with the visitor's selection on top."""
    coordinates = task_map.projections[settings.projection]
    spec = all_tasks(characters, task_map, settings).to_dict()
    on_top = go.Figure()
    if settings.selected:
        plots.with_selected(on_top, coordinates, task_map.names, settings.selected)
    if settings.lines and settings.selected:
        first = settings.selected[0]
        plots.with_neighbours(on_top, coordinates, first, task_map.neighbours(first, NEIGHBOURS).tolist())
    return ReadyFigure({**spec, "data": [*spec["data"], *on_top.to_dict()["data"]]})


def axis_titles(titles: tuple[str, ...] = plots.COMPONENTS) -> tuple[str, ...]:
    """Return the titles of axes in the visitor's language."""
    return tuple(title and _(title) for title in titles)


@st.cache_resource(show_spinner=False, max_entries=24)
def _all_tasks(
    key: tuple[Any, ...], _characters: CharacterSet, _task_map: TaskMap, _settings: MapSettings
) -> dict[str, Any]:
    """Return the figure of all tasks as a dictionary. It is shared, so nothing may change it; ``key`` identifies it."""
    coordinates = _task_map.projections[_settings.projection]
    scale: dict[str, Any] = {"palette": plots.SEQUENCE, "order": FIFTHS} if _settings.colour == "difficulty" else {}
    labels = _task_map.labels(_characters, _settings.colour)
    figure = plots.task_map(coordinates, labels, _task_map.names, axes=axis_titles(_settings.axes), **scale)
    if _settings.drawings and coordinates.shape[1] == 2:
        plots.with_drawings(figure, coordinates, _characters.images.reshape(-1, 28, 28)[_task_map.drawings[:, 0]])
    return figure.update_layout(height=HEIGHT).to_dict()


def code(task_map: TaskMap, settings: MapSettings) -> str:
    """Return Python code that draws the same map."""
    options = [str(settings.selected)] * bool(settings.selected)
    options += ['axes=("", "", "")'] * (settings.axes == NO_TITLES)
    options += ["palette=ml.plots.SEQUENCE", "order=FIFTHS"] * (settings.colour == "difficulty")
    lines = [
        "characters = ml.load_characters()",
        f"task_map = {load_map_code(task_map.split, task_map.family, task_map.data)}",
        f"points = task_map.projections[{quoted(settings.projection)}]",
        f"labels = task_map.labels(characters, {quoted(settings.colour)})",
        f"figure = ml.plots.task_map({', '.join(['points', 'labels', 'task_map.names', *options])})",
    ]
    if settings.drawings and task_map.projections[settings.projection].shape[1] == 2:
        lines += [
            "images = characters.images.reshape(-1, 28, 28)[task_map.drawings[:, 0]]",
            "ml.plots.with_drawings(figure, points, images)",
        ]
    if settings.lines and settings.selected:
        first = settings.selected[0]
        near = f"task_map.neighbours({first}, {NEIGHBOURS})"
        lines.append(f"ml.plots.with_neighbours(figure, points, {first}, {near})")
    return program([*lines, f"figure.update_layout(height={HEIGHT})"])


def load_map_code(split: str, family: str, data: str) -> str:
    """Return the code that loads a map; that makes it, where none ships for these characters."""
    if not map_path(split, family, data).with_suffix(".json").exists():
        return f"make_named_map(characters, {quoted(split)}, {quoted(family)})"
    return call("ml.load_map", family, split, *([] if data == "omniglot" else [data]))
