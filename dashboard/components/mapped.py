"""A map of tasks as the page draws it, and as code that draws it again."""

from dataclasses import dataclass, field, replace
from typing import Any

import plotly.graph_objects as go

from metalearn import maps, plots
from metalearn.data import CharacterSet
from metalearn.maps import TaskMap

NEIGHBOURS = 8


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


def draw(characters: CharacterSet, shown: TaskMap, look: Look) -> go.Figure:
    """Draw the map."""
    coordinates = shown.projections[look.projection]
    labels = maps.labels(shown, characters, look.colour)
    figure = plots.task_map(coordinates, labels, shown.names, look.selected, **look.style)
    if look.drawings and coordinates.shape[1] == 2:
        plots.with_drawings(figure, coordinates, characters.images.reshape(-1, 28, 28)[shown.drawings[:, 0]])
    if look.lines and look.selected:
        first = look.selected[0]
        plots.with_neighbours(figure, coordinates, first, shown.neighbours(first, NEIGHBOURS).tolist())
    return figure


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
    return "\n".join([*lines, "figure.show()"])
