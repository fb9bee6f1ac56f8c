"""A figure on a page: with a text for those who cannot see it, and in the size of the page's type."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.language import _
from dashboard.type_size import scale

HEIGHT, POINT, LINE = 450, 6, 2  # Plotly's own, in pixels, where a figure says nothing
MOST_READ = 30  # means of a figure, one by one; of more, the lowest and the highest of each group are


def show(figure: go.Figure, says: str, place: DeltaGenerator | None = None, **settings: Any) -> Any:
    """Show a figure; return what ``st.plotly_chart`` does, which is given ``settings``.

    A screen reader reads ``says``, and then the figure's values.
    """
    alt = " ".join([says, *values(figure)])
    return (place or st).plotly_chart(enlarged(figure, scale()), alt=alt, **settings)


def values(figure: go.Figure) -> list[str]:
    """Return the values of a figure as sentences, one per curve or group. Maps and pictures have no values to read."""
    said = []
    for trace in figure.data:
        if trace.type != "scatter" or trace.hoverinfo == "skip":
            continue
        found = _course(figure, trace) if "lines" in trace.mode else _means(figure, trace)
        if found:
            said.append(_("{name}: {values}.").format(name=trace.name, values="; ".join(found)))
    return said


def _course(figure: go.Figure, trace: go.Scatter) -> list[str]:
    """Return where a curve begins and ends, and between them where it is lowest and highest."""
    points = list(zip(range(len(trace.y)) if trace.x is None else trace.x, trace.y, strict=True))
    low, high = min(points, key=lambda point: point[1]), max(points, key=lambda point: point[1])
    share = bool(figure.layout.yaxis.tickformat)
    return [
        _("{value} at {place}").format(value=_number(value, share), place=f"{place:g}")
        for place, value in sorted({points[0], low, high, points[-1]})
    ]


def _means(figure: go.Figure, trace: go.Scatter) -> list[str]:
    """Return the means of a group in a figure whose lines have names; if there are many, the lowest and the highest."""
    names, share = figure.layout.yaxis.ticktext or (), bool(figure.layout.xaxis.tickformat)
    if not names:
        return []
    halves = [None] * len(trace.x) if trace.error_x.array is None else trace.error_x.array
    texts = trace.text
    if texts is None:
        means = zip(trace.x, halves, strict=True)
        texts = [_number(mean, share) + (f" ± {_number(half, share)}" if half else "") for mean, half in means]
    lines = [f"{_plain(names[round(y)])} {text}" for y, text in zip(trace.y, texts, strict=True)]
    if sum(len(other.y) for other in figure.data) <= MOST_READ:
        return lines
    order = sorted(range(len(lines)), key=lambda i: float(trace.x[i]))
    return [
        _("{count} values").format(count=len(lines)),
        _("lowest {line}").format(line=lines[order[0]]),
        _("highest {line}").format(line=lines[order[-1]]),
    ]


def _number(value: float, share: bool) -> str:
    return f"{value:.1%}" if share else f"{value:.3g}"


def _plain(label: str) -> str:
    """Return a label without its marks and line breaks."""
    return label.replace("<br><i>", ", ").replace("</i>", "").replace("<br>", " ")


def enlarged(figure: go.Figure, by: float) -> go.Figure:
    """Enlarge a figure. Its letters are not: they are as large as the page's."""
    if by == 1:
        return figure
    layout = figure.layout
    margin = {side: by * (layout.margin[side] or 0) for side in "lrtb"}
    figure.update_layout(height=round(by * (layout.height or HEIGHT)), margin=margin)
    for trace in figure.data:
        if trace.type == "scatter":
            trace.update(marker_size=by * (trace.marker.size or POINT), line_width=by * (trace.line.width or LINE))
            trace.update(textfont_size=by * trace.textfont.size if trace.textfont.size else None)
    for shape in layout.shapes:
        shape.line.width = by * (shape.line.width or LINE)
    return figure
