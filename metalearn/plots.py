"""The still figures of the kit, drawn once for notebooks and dashboard. Nothing here computes a result."""

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageColor
from plotly.subplots import make_subplots

# Okabe and Ito's palette, made to stay apart in the common forms of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
MUTED, STRESSED = "#888888", PALETTE[5]
SEQUENCE = ("#440154", "#3B528B", "#21918C", "#5EC962", "#FDE725")  # viridis: from little to much, also in grey
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star")
COMPONENTS = ("first component", "second component", "third component")
MOST_NAMED = 13  # labels; more make a legend longer than the map, and the hover text names them anyway
SHEET_WIDTH, SHEET_HEIGHT = 1200, 1000  # pixels of the picture that holds a map's drawings
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
    """Draw tasks as points ``[tasks, 2 or 3]``, coloured by label; ``highlighted`` positions stand out.

    Each point carries its task's position as ``customdata`` and its name as hover text. Labels share the colours of
    the palette; where there are more, the symbol changes too. Those in ``order`` come first.
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
    """Mark the tasks at some positions on a map, each with its name."""
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
    """Return an axis with a title; one without a title means nothing, and has no numbers either."""
    return {"title": title, "showticklabels": bool(title)}


def with_neighbours(figure: go.Figure, coordinates: np.ndarray, task: int, neighbours: Sequence[int]) -> go.Figure:
    """Draw a line on a map from a task to each of its neighbours in the full space: long ones, where the map errs."""
    ends = np.full((3 * len(neighbours), coordinates.shape[1]), np.nan)
    ends[0::3], ends[1::3] = coordinates[task], coordinates[list(neighbours)]
    style = {"mode": "lines", "line": {"color": STRESSED, "width": 2}, "hoverinfo": "skip", "name": "true neighbours"}
    return figure.add_trace(_scatter(ends, **style))


def with_own(figure: go.Figure, coordinates: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Mark points of one's own ``[n, 2]`` on a map, each with its name."""
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
    """Put the drawings themselves, uint8 ``[tasks, 28, 28]`` with ink high, in the place of a flat map's points.

    They are one picture below the points and have their colours; the points stay, unseen, to be pointed at.
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
        source=_as_png(sheet),
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


def _as_png(sheet: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(sheet, "RGBA").save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


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
    # A lasso fades nothing: what is selected is marked, on the other maps too.
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
    # SVG, not WebGL: for some thousand points it is sooner on the screen, and it works where there is no GPU.
    kind = go.Scatter if coordinates.shape[1] == 2 else go.Scatter3d
    return kind(**dict(zip("xyz", coordinates.T, strict=False)), **style)


def drawings(pictures: np.ndarray, captions: Sequence[str] = (), columns: int = 10, title: str = "") -> go.Figure:
    """Show drawings, uint8 ``[n, 28, 28]`` with ink high, in rows of ``columns``; captions go below each."""
    width, height = 30, 42 if captions else 30  # of a cell, in the drawings' own pixels: the rest is margin and caption
    rows, columns = -(-len(pictures) // columns), min(columns, len(pictures))
    sheet = np.zeros((rows * height, columns * width), np.uint8)
    figure = go.Figure()
    for index, picture in enumerate(pictures):
        top, left = index // columns * height + 1, index % columns * width + 1
        sheet[top : top + 28, left : left + 28] = picture
        if captions:
            figure.add_annotation(
                x=left + 13.5, y=top + 28, text=captions[index], showarrow=False, font_size=10, yanchor="top"
            )
    figure.add_heatmap(z=sheet, colorscale="gray_r", showscale=False, hoverinfo="skip", zmin=0, zmax=255)
    figure.update_layout(title=title, height=40 + rows * height * 2.4 + (40 if title else 0))
    return styled(_as_sheet(figure))


def _as_sheet(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")


def curves(
    series: dict[str, Sequence[float]], ylabel: str, xlabel: str = "step", title: str = "", percent: bool = False
) -> go.Figure:
    """Draw one line a name over steps 0, 1, 2, …"""
    figure = go.Figure()
    for position, (name, values) in enumerate(series.items()):
        style = {"color": PALETTE[position % len(PALETTE)], "symbol": SYMBOLS[position % len(SYMBOLS)]}
        figure.add_scatter(y=list(values), name=name, mode="lines+markers", marker=style, line_color=style["color"])
    figure.update_layout(title=title, xaxis_title=xlabel, yaxis_title=ylabel)
    return styled(figure.update_yaxes(tickformat=".0%" if percent else None))


def bars(
    values: dict[str, float], intervals: dict[str, float], ylabel: str, title: str = "", baseline: float | None = None
) -> go.Figure:
    """Draw means with 95 % intervals, one bar a name; ``baseline`` is chance, or the control to beat."""
    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=list(values.values()),
            error_y={"array": [intervals.get(name, 0) for name in values]},
            marker_color=[PALETTE[i % len(PALETTE)] for i in range(len(values))],
        )
    )
    if baseline is not None:
        figure.add_hline(baseline, line_dash="dot", line_color=MUTED)
    figure.update_layout(title=title, yaxis_title=ylabel, showlegend=False)
    return styled(figure.update_yaxes(tickformat=".0%"))


def vector(values: np.ndarray) -> go.Figure:
    """Draw the numbers of a vector as a row of cells, from negative to positive."""
    most = float(np.abs(values).max()) or 1.0
    figure = go.Figure(
        go.Heatmap(z=values[None], colorscale="PuOr", zmin=-most, zmax=most, showscale=False, xgap=1, hoverinfo="z")
    )
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return styled(figure).update_layout(height=64, margin={"l": 0, "r": 0, "t": 4, "b": 4})


class Mark(NamedTuple):
    """A mean with the half-width of its 95 % interval, on the line ``label`` in the colour of ``group``."""

    label: str
    group: str
    mean: float
    ci95: float


def dots(marks: Sequence[Mark], xlabel: str, title: str = "") -> go.Figure:
    """Draw means with their intervals, one line a label, one colour and symbol a group."""
    labels, groups = (list(dict.fromkeys(getattr(mark, by) for mark in marks)) for by in ("label", "group"))
    figure = go.Figure()
    for position, group in enumerate(groups):
        members = [mark for mark in marks if mark.group == group]
        figure.add_scatter(
            x=[mark.mean for mark in members],
            # Groups stand a little above each other, so that their intervals do not cover one another.
            y=[labels.index(mark.label) + 0.6 * ((position + 0.5) / len(groups) - 0.5) for mark in members],
            error_x={"array": [mark.ci95 for mark in members]},
            name=group,
            mode="markers",
            marker={"color": PALETTE[position % len(PALETTE)], "symbol": SYMBOLS[position % len(SYMBOLS)], "size": 8},
        )
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", automargin=True)
    figure.update_layout(title=title, height=120 + 34 * len(labels), showlegend=len(groups) > 1)
    return styled(figure.update_xaxes(title=xlabel, tickformat=".0%"))


def ratios(measured: dict[str, float], aimed: dict[str, float], xlabel: str, title: str = "") -> go.Figure:
    """Draw a bar for each ratio, one below the other, with a tick where it was meant to end."""
    figure = go.Figure(go.Bar(x=list(measured.values()), y=list(measured), orientation="h", name="measured"))
    tick = {"symbol": "line-ns-open", "size": 22, "color": STRESSED}
    figure.add_scatter(x=list(aimed.values()), y=list(aimed), mode="markers", name="aimed at", marker=tick)
    figure.update_layout(title=title, height=160 + 40 * len(measured), colorway=[PALETTE[0]])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return styled(figure.update_xaxes(title=xlabel))


def over_sizes(sizes: Sequence[int], series: dict[str, Sequence[float]], xlabel: str) -> go.Figure:
    """Draw one panel a name over sizes that grow by factors; what does not depend on the size is a flat line."""
    figure = make_subplots(cols=len(series), subplot_titles=list(series))
    for column, values in enumerate(series.values(), start=1):
        style = {"color": PALETTE[0], "size": 9}
        figure.add_scatter(x=list(sizes), y=list(values), mode="lines+markers", marker=style, row=1, col=column)
    figure.update_xaxes(type="log", title=xlabel).update_yaxes(rangemode="tozero").update_layout(showlegend=False)
    return styled(figure).update_layout(margin_t=50)


def short_name(name: str) -> str:
    """Return "Greek 01" for "Greek/character01"."""
    alphabet, character = name.rsplit("/", 1)
    return f"{alphabet.replace('_', ' ')} {character.removeprefix('character')}"


def map_label(name: str) -> str:
    """Shorten "Alphabet_of_the_Magi/character01" to "Alphabet 01" for a point on a map."""
    alphabet, _, character = name.rpartition("/")
    return f"{alphabet.split('_')[0][:10]} {character.removeprefix('character')}"


def styled(figure: go.Figure) -> go.Figure:
    """Give a figure the look that all figures of the kit share."""
    top = 50 if figure.layout.title.text else 20
    return figure.update_layout(template="plotly_white", margin={"l": 50, "r": 20, "t": top, "b": 45})
