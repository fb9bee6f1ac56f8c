"""A map of tasks as the page draws it, and as code that draws it again."""

from dataclasses import dataclass, field, replace
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.components.ready import ReadyFigure
from dashboard.language import _
from metalearn import maps, plots
from metalearn.data import CharacterSet
from metalearn.maps import TaskMap

NEIGHBOURS = 8
HEIGHT = 600


@dataclass(frozen=True)
class Look:
    """How a map is looked at: projection, colour, selected tasks, and what is drawn on top."""

    projection: str
    colour: str
    selected: list[int] = field(default_factory=list)
    drawings: bool = False
    lines: bool = False

    def on(self, projection: str) -> "Look":
        """Return the same look at another projection."""
        return replace(self, projection=projection)

    @property
    def style(self) -> dict[str, Any]:
        """Axes, palette and order of the labels, as :func:`metalearn.plots.task_map` takes them."""
        style: dict[str, Any] = {"axes": ("", "", "") if self.projection.startswith("UMAP") else plots.COMPONENTS}
        if self.colour == "difficulty":
            style |= {"palette": plots.SEQUENCE, "order": maps.FIFTHS}
        return style


def all_tasks(characters: CharacterSet, shown: TaskMap, look: Look) -> go.Figure:
    """Draw the map without what is selected, once for all visitors."""
    which = (characters.name, shown.split, shown.family, look.projection, look.colour, look.drawings)
    return ReadyFigure(
        _all_tasks(which, axis_titles(look.style["axes"]), characters, shown, replace(look, selected=[]))
    )


def draw(characters: CharacterSet, shown: TaskMap, look: Look) -> go.Figure:
    """Draw the map, and on top what the visitor has selected."""
    coordinates = shown.projections[look.projection]
    spec = all_tasks(characters, shown, look).to_dict()
    on_top = go.Figure()
    if look.selected:
        plots.with_selected(on_top, coordinates, shown.names, look.selected)
    if look.lines and look.selected:
        first = look.selected[0]
        plots.with_neighbours(on_top, coordinates, first, shown.neighbours(first, NEIGHBOURS).tolist())
    return ReadyFigure({**spec, "data": [*spec["data"], *on_top.to_dict()["data"]]})


def axis_titles(titles: tuple[str, ...] = plots.COMPONENTS) -> tuple[str, ...]:
    """Return the titles of axes in the visitor's language."""
    return tuple(title and _(title) for title in titles)


@st.cache_resource(show_spinner=False, max_entries=24)
def _all_tasks(
    which: tuple[Any, ...], axes: tuple[str, ...], _characters: CharacterSet, _shown: TaskMap, _look: Look
) -> dict[str, Any]:
    """Return the figure of all tasks as a dictionary, never to be changed; ``which`` says whose it is."""
    coordinates = _shown.projections[_look.projection]
    labels = maps.labels(_shown, _characters, _look.colour)
    figure = plots.task_map(coordinates, labels, _shown.names, **{**_look.style, "axes": axes})
    if _look.drawings and coordinates.shape[1] == 2:
        plots.with_drawings(figure, coordinates, _characters.images.reshape(-1, 28, 28)[_shown.drawings[:, 0]])
    return figure.update_layout(height=HEIGHT).to_dict()


def code(shown: TaskMap, look: Look) -> str:
    """Return code that draws the same map."""
    style = "".join(f", {name}={value!r}" for name, value in look.style.items())
    lines = [
        "from metalearn import data, maps, plots",
        "",
        "characters = data.load()",
        f"shown = maps.load({shown.split!r}, {shown.family!r}, characters.name)",
        f"coordinates = shown.projections[{look.projection!r}]",
        f"labels = maps.labels(shown, characters, {look.colour!r})",
        f"figure = plots.task_map(coordinates, labels, shown.names, {look.selected}{style})",
    ]
    if look.drawings and "3D" not in look.projection:
        lines += [
            "drawn = characters.images.reshape(-1, 28, 28)[shown.drawings[:, 0]]",
            "plots.with_drawings(figure, coordinates, drawn)",
        ]
    if look.lines and look.selected:
        first = look.selected[0]
        near = f"shown.neighbours({first}, {NEIGHBOURS})"
        lines.append(f"plots.with_neighbours(figure, coordinates, {first}, {near})")
    return "\n".join([*lines, f"figure.update_layout(height={HEIGHT})", "figure.show()"])
