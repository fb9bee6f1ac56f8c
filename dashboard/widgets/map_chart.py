"""How a map of tasks is drawn: the visitor's settings, and from them a figure to keep and the code that draws it."""

from dataclasses import dataclass, field, replace
from typing import Any

import plotly.graph_objects as go

from dashboard.language import _
from dashboard.widgets.copy_as_python import call, program, quoted
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
        """The titles of the axes. Those of UMAP have none, as they mean nothing."""
        return NO_TITLES if self.projection.startswith("umap") else plots.COMPONENTS


def draw(characters: CharacterSet, task_map: TaskMap, settings: MapSettings) -> go.Figure:
    """Draw the map, and the visitor's selection on top."""
    coordinates = task_map.projections[settings.projection]
    scale: dict[str, Any] = {"palette": plots.SEQUENCE, "order": FIFTHS} if settings.colour == "difficulty" else {}
    labels = task_map.labels(characters, settings.colour)
    figure = plots.task_map(coordinates, labels, task_map.names, axes=axis_titles(settings.axes), **scale)
    if settings.drawings and coordinates.shape[1] == 2:
        plots.with_drawings(figure, coordinates, characters.images.reshape(-1, 28, 28)[task_map.drawings[:, 0]])
    if settings.selected:
        plots.with_selected(figure, coordinates, task_map.names, settings.selected)
    if settings.lines and settings.selected:
        first = settings.selected[0]
        plots.with_neighbours(figure, coordinates, first, task_map.neighbours(first, NEIGHBOURS).tolist())
    return figure.update_layout(height=HEIGHT)


def axis_titles(titles: tuple[str, ...] = plots.COMPONENTS) -> tuple[str, ...]:
    """Return the titles of axes in the visitor's language."""
    return tuple(title and _(title) for title in titles)


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
