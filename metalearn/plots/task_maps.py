"""Maps of tasks: the points, drawings in their place, and marks on top."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageColor

from metalearn.characters.png import png_address
from metalearn.plots.style import PALETTE, STRESSED, SYMBOLS, styled

COMPONENTS = ("first component", "second component", "third component")

MOST_NAMED = 13  # labels in a legend: with more it is longer than the map, and the hover text names them anyway

SHEET_WIDTH, SHEET_HEIGHT = 1200, 1000  # in pixels, of the image that holds a map's drawings

SYMBOLS_3D = ("circle", "square", "diamond", "cross", "x", "circle-open", "square-open")


def task_map(
    coordinates: np.ndarray,
    labels: Sequence[str],
    names: Sequence[str],
    highlighted: Sequence[int] = (),
    title: str = "",
    axes: Sequence[str] = COMPONENTS,
    palette: Sequence[str] = PALETTE,
    order: Sequence[str] = (),
) -> go.Figure:
    """Draw tasks as points, coloured by label.

    Parameters
    ----------
    coordinates : ndarray
        Where the points are, ``[tasks, 2]`` or ``[tasks, 3]``.
    labels, names : sequence of str
        The label that gives each point its colour, and the name that appears when it is pointed at.
    highlighted : sequence of int
        The positions of tasks to mark, with their names.
    title : str
        What the figure is called.
    axes : sequence of str
        What the axes are called; an empty name also hides the axis' numbers.
    palette : sequence of str
        The colours. If there are more labels than colours, the symbols change too.
    order : sequence of str
        Labels that should come first in the legend.

    Returns
    -------
    plotly Figure
        One trace per label. Each point has its task's position as ``customdata``.

    Examples
    --------
    >>> import metalearn as ml
    >>> task_map = ml.load_map("gradient", "lake")
    >>> clusters = task_map.labels(ml.load_characters("glyphs"), "kmeans")
    >>> figure = ml.plots.task_map(task_map.umap, clusters, task_map.names)
    >>> len(figure.data)
    12
    """
    flat = coordinates.shape[1] == 2
    figure = go.Figure()
    where, texts = np.asarray(labels), np.asarray(names)
    for position, label in enumerate(dict.fromkeys([*order, *labels])):
        rows = np.flatnonzero(where == label)
        figure.add_trace(_points(coordinates[rows], texts[rows], rows, label, position, palette))
    if len(highlighted):
        with_selected(figure, coordinates, names, highlighted)
    layout = {
        "title": title,
        # Below the axis, and below its title if it has one.
        "legend": {"itemsizing": "constant", "orientation": "h", "y": (-0.16 if any(axes) else -0.08) if flat else 0},
        "showlegend": len(set(labels)) <= MOST_NAMED,
        "dragmode": "pan" if flat else "turntable",
    }
    named = dict(zip(("xaxis", "yaxis", "zaxis"), map(_axis, axes), strict=False))
    if flat:
        return styled(figure.update_layout(**layout, xaxis=named["xaxis"], yaxis=named["yaxis"]))
    scene = {**named, "camera": {"eye": dict.fromkeys("xyz", 1.6)}}  # far enough away to see the axes' titles
    return styled(figure.update_layout(**layout, scene=scene)).update_layout(margin={"l": 0, "r": 0})


def with_selected(
    figure: go.Figure, coordinates: np.ndarray, names: Sequence[str], selected: Sequence[int]
) -> go.Figure:
    """Mark some tasks on a map, each with its name.

    Parameters
    ----------
    figure : plotly Figure
        A map that :func:`task_map` drew. It is changed.
    coordinates, names : ndarray, sequence of str
        Those of all tasks, as :func:`task_map` was given them.
    selected : sequence of int
        The positions of the tasks to mark.

    Returns
    -------
    plotly Figure
        The same figure.
    """
    flat, rows = coordinates.shape[1] == 2, np.asarray(selected)
    marker = {
        "size": 15 if flat else 9,
        "color": "rgba(0,0,0,0)" if flat else STRESSED,
        "line": {"width": 3, "color": STRESSED},
    }
    style = {"mode": "markers+text", "textposition": "top center", "marker": marker, "name": "selected"}
    style["textfont"] = {"size": 14, "color": STRESSED}
    text = [map_label(names[row]) for row in rows]
    return figure.add_trace(_scatter(coordinates[rows], text=text, customdata=rows, **style))


def _axis(title: str) -> dict[str, object]:
    """Return an axis with a title; without a title its numbers mean nothing, and are left out too."""
    return {"title": title, "showticklabels": bool(title)}


def with_neighbours(figure: go.Figure, coordinates: np.ndarray, task: int, neighbours: Sequence[int]) -> go.Figure:
    """Draw a line on a map from a task to each of its neighbours in the full space: long lines show where it errs.

    Parameters
    ----------
    figure : plotly Figure
        A map that :func:`task_map` drew. It is changed.
    coordinates : ndarray
        Those of all tasks, as :func:`task_map` was given them.
    task : int
        The position of the task.
    neighbours : sequence of int
        The positions of its neighbours, as ``TaskMap.neighbours`` returns them.

    Returns
    -------
    plotly Figure
        The same figure.
    """
    ends = np.full((3 * len(neighbours), coordinates.shape[1]), np.nan)
    ends[0::3], ends[1::3] = coordinates[task], coordinates[list(neighbours)]
    style = {"mode": "lines", "line": {"color": STRESSED, "width": 2}, "hoverinfo": "skip", "name": "true neighbours"}
    return figure.add_trace(_scatter(ends, **style))


def with_own(figure: go.Figure, coordinates: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Mark a user's own points on a map, each with its name.

    Parameters
    ----------
    figure : plotly Figure
        A flat map that :func:`task_map` drew. It is changed.
    coordinates : ndarray
        Where the points are, ``[n, 2]``.
    names : sequence of str
        What they are called.

    Returns
    -------
    plotly Figure
        The same figure.
    """
    return figure.add_scatter(
        x=coordinates[:, 0],
        y=coordinates[:, 1],
        mode="markers+text",
        marker={"size": 14, "color": STRESSED, "symbol": "star"},
        text=list(names),
        textposition="top center",
        textfont={"size": 16, "color": STRESSED},
        name="yours",
    )


def with_drawings(figure: go.Figure, coordinates: np.ndarray, pictures: np.ndarray) -> go.Figure:
    """Show drawings in place of the points of a flat map, in the points' colours.

    All drawings are one image below the points. The points stay there to be pointed at, but are not seen.

    Parameters
    ----------
    figure : plotly Figure
        A flat map that :func:`task_map` drew. It is changed.
    coordinates : ndarray
        Those of all tasks, as :func:`task_map` was given them.
    pictures : ndarray
        One drawing per task, uint8 ``[tasks, 28, 28]`` with ink high.

    Returns
    -------
    plotly Figure
        The same figure.
    """
    low, high = coordinates.min(0), coordinates.max(0)
    size = np.array([SHEET_WIDTH, SHEET_HEIGHT])
    places = ((coordinates - low) / np.maximum(high - low, 1e-9) * size).round().astype(int)
    sheet = np.zeros((SHEET_HEIGHT + 28, SHEET_WIDTH + 28, 4), np.uint8)
    for trace in figure.select_traces(selector={"mode": "markers"}):
        colour = np.array(ImageColor.getrgb(trace.marker.color))
        for task in trace.customdata:
            left, up = places[task]
            cell = sheet[SHEET_HEIGHT - up : SHEET_HEIGHT - up + 28, left : left + 28]
            cell[pictures[task] > cell[..., 3], :3] = colour
            np.maximum(cell[..., 3], pictures[task], out=cell[..., 3])
    margin = 14 * (high - low) / size
    figure.add_layout_image(
        source=png_address(Image.fromarray(sheet, "RGBA")),
        xref="x",
        yref="y",
        x=low[0] - margin[0],
        y=high[1] + margin[1],
        sizex=high[0] - low[0] + 2 * margin[0],
        sizey=high[1] - low[1] + 2 * margin[1],
        sizing="stretch",
        layer="below",
    )
    return figure.update_traces(marker_opacity=0, unselected_marker_opacity=0, selector={"mode": "markers"})


def _points(
    coordinates: np.ndarray, names: np.ndarray, rows: np.ndarray, label: str, position: int, palette: Sequence[str]
) -> go.Scatter:
    flat = coordinates.shape[1] == 2
    symbols = SYMBOLS if flat else SYMBOLS_3D
    marker = {
        "size": 6 if flat else 3,
        "opacity": 0.8,
        "color": palette[position % len(palette)],
        "symbol": symbols[position // len(palette) % len(symbols)],
    }
    # By default a lasso makes all other points fade. Here the selected ones are marked instead, on the other maps too.
    style = {"unselected": {"marker": {"opacity": marker["opacity"]}}} if flat else {}
    return _scatter(
        coordinates,
        mode="markers",
        marker=marker,
        **style,
        name=label,
        text=names,
        customdata=rows,
        hovertemplate="%{text}<extra>" + label + "</extra>",
    )


def _scatter(coordinates: np.ndarray, **style: object) -> go.Scatter:
    # SVG, not WebGL: for a few thousand points it is faster to appear, and it works without a GPU.
    kind = go.Scatter if coordinates.shape[1] == 2 else go.Scatter3d
    return kind(**dict(zip("xyz", coordinates.T, strict=False)), **style)


def map_label(name: str) -> str:
    """Shorten "Alphabet_of_the_Magi/character01" to "Alphabet 01" for a point on a map."""
    alphabet, _, character = name.rpartition("/")
    return f"{alphabet.split('_')[0][:10]} {character.removeprefix('character')}"
