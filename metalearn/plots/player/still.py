"""What does not change from step to step: the panels, and what is drawn in them once."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from metalearn.plots.player.scene import (
    BETWEEN,
    CELL_HEIGHT,
    CELL_WIDTH,
    CONTROLS_HEIGHT,
    LEARNERS,
    OF_SIZE,
    SIDE,
    Panel,
    Place,
    Scene,
    across,
    corners,
    span,
)
from metalearn.plots.player.views import TaskOnMap
from metalearn.plots.style import MUTED, PALETTE, SEQUENCE, styled

CLASS = PALETTE[1]


def panels(scene: Scene) -> go.Figure:
    """Lay out the panels: curves and map in the first row, then one row for each kind of panel of the learners."""
    rows, columns = scene.rows, 1 if scene.narrow else 6
    heights = [scene.height(row[0].kind) for row in rows]
    inside = sum(heights) + BETWEEN * (len(rows) - 1)
    specs: list[list[dict[str, int] | None]] = [[None] * columns for _ in rows]
    for place in scene.places.values():
        row = rows[place.row - 1]
        specs[place.row - 1][place.col - 1] = {"colspan": columns // across(row)}
    figure = make_subplots(
        rows=len(rows),
        cols=columns,
        specs=specs,
        row_heights=heights,
        vertical_spacing=BETWEEN / inside,
        horizontal_spacing=0 if scene.narrow else 0.065,
        subplot_titles=[scene.title(panel) or " " for panel in scene.places],
    )
    figure = styled(figure)
    figure.update_annotations(font_size=12 if scene.narrow else 14)
    top = CONTROLS_HEIGHT + 30
    margin = {"t": top, "b": 40, "l": 90}
    return figure.update_layout(showlegend=False, height=top + inside + 40, margin=margin)


def draw_still(figure: go.Figure, scene: Scene, panel: Panel, place: Place) -> None:
    """Draw what does not change in a panel."""
    where = {"row": place.row, "col": place.col}
    if panel.kind in ("loss", "accuracy"):
        _draw_curves(figure, scene, panel.kind, where)
    elif panel.kind == "map" and scene.recording.on_map:
        _draw_map(figure, scene.recording.on_map, scene.recording.class_names, where)
    elif panel.kind == "queries":
        _draw_queries(figure, scene, panel, where)
    elif panel.kind == "plane":
        figure.update_xaxes(visible=False, **where).update_yaxes(visible=False, **where)
    elif panel.kind == "step sizes" and panel.learner is not None:
        _draw_step_sizes(figure, scene, scene.views[panel.learner].step_sizes or {}, where)
    elif panel.kind == "attention":
        figure.update_xaxes(visible=False, **where).update_yaxes(range=[0, 1.04], tickformat=".0%", nticks=3, **where)


def _draw_map(figure: go.Figure, on_map: TaskOnMap, class_names: Sequence[str], where: dict[str, int]) -> None:
    x, y = on_map.tasks.T
    all_tasks = {"size": 3, "color": MUTED, "opacity": 0.35}
    figure.add_scatter(x=x, y=y, mode="markers", marker=all_tasks, hoverinfo="skip", **where)
    classes = list(on_map.classes)
    figure.add_scatter(
        x=x[classes],
        y=y[classes],
        mode="markers+text",
        marker={"size": 9, "color": CLASS},
        text=list(ascii_uppercase[: len(classes)]),
        textposition="top center",
        hovertext=list(class_names)[: len(classes)],
        hoverinfo="text",
        **where,
    )


def _draw_curves(figure: go.Figure, scene: Scene, kind: str, where: dict[str, int]) -> None:
    for view, (colour, dash, _) in zip(scene.views, LEARNERS, strict=False):
        line = {"color": colour, "width": 2.5, "dash": dash}
        values = view.support_loss if kind == "loss" else view.query_accuracy
        figure.add_scatter(y=values, mode="lines", line=line, name=view.learner, **where)
    last = scene.steps
    figure.update_xaxes(range=[-0.4, last + 0.4], dtick=max(1, last // 5), **where)
    if kind == "loss":
        figure.update_yaxes(rangemode="tozero", **where)
    else:
        figure.update_yaxes(tickformat=".0%", range=[-0.04, 1.04], **where)


def _draw_queries(figure: go.Figure, scene: Scene, panel: Panel, where: dict[str, int]) -> None:
    """Draw all queries as one image, one row per class, with the letter and name of the class before it."""
    ways, columns = len(scene.recording.class_names), len(scene.recording.images) // len(scene.recording.class_names)
    sheet = np.zeros((ways * CELL_HEIGHT, columns * CELL_WIDTH), np.uint8)
    for image, (top, left) in zip(scene.recording.images, corners(len(scene.recording.images), columns), strict=True):
        sheet[top : top + SIDE, left : left + SIDE] = image
    paper = [[0, "white"], [1, "black"]]
    figure.add_heatmap(z=sheet, colorscale=paper, showscale=False, hoverinfo="skip", zmin=0, zmax=255, **where)
    (axis,) = figure.select_xaxes(**where)
    figure.update_xaxes(visible=False, constrain="domain", range=[-0.5, sheet.shape[1] - 0.5], **where)
    named = scene.narrow or panel.learner == 0  # panels beside the first have the same rows
    figure.update_yaxes(
        showgrid=False,
        zeroline=False,
        constrain="domain",
        scaleanchor=axis.plotly_name.replace("xaxis", "x"),
        range=[sheet.shape[0] - 0.5, -0.5],
        tickvals=[row * CELL_HEIGHT + SIDE / 2 for row in range(ways)],
        ticktext=[
            f"{_short(name) if named else ''} <b>{letter}</b>"
            for letter, name in zip(ascii_uppercase, scene.recording.class_names, strict=False)
        ],
        **where,
    )


def _draw_step_sizes(
    figure: go.Figure, scene: Scene, step_sizes: Mapping[str, np.ndarray], where: dict[str, int]
) -> None:
    """Draw the step sizes as cells, one row per layer and one column per step."""
    low, high = span(step_sizes)
    names = [name.replace("_", " ") for name in step_sizes]
    sizes = np.stack(list(step_sizes.values())).astype(np.float32)
    middle = 0.0 if high > low else 1.0  # if all are equal, widen the scale, so that they get its middle colour
    figure.add_heatmap(
        z=sizes,
        x=np.arange(1, sizes.shape[1] + 1),
        colorscale=list(SEQUENCE),
        zmin=low - middle,
        zmax=high + middle,
        showscale=False,
        xgap=1,
        ygap=1,
        text=[[name] * sizes.shape[1] for name in names],
        hovertemplate=scene.say(OF_SIZE, layer="%{text}", step="%{x}", size="%{z:.3g}") + "<extra></extra>",
        **where,
    )
    figure.update_xaxes(range=[-0.4, sizes.shape[1] + 0.6], dtick=max(1, sizes.shape[1] // 5), **where)
    figure.update_yaxes(
        range=[len(names) - 0.5, -0.5],
        tickvals=list(range(len(names))),
        ticktext=names,
        tickfont={"size": 10},
        showgrid=False,
        zeroline=False,
        **where,
    )


def _short(name: str) -> str:
    """Shorten a class name so that it fits before a row: eight letters of the alphabet, and the number."""
    alphabet, _, number = name.rpartition(" ")
    return f"{alphabet[:8].strip()} {number[:10]}".strip()
