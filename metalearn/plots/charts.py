"""Figures of measured numbers: curves, bars, dots with intervals, ratios."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from metalearn.plots.style import MUTED, PALETTE, STRESSED, SYMBOLS, styled


def curves(
    series: dict[str, Sequence[float]], ylabel: str, xlabel: str = "step", title: str = "", percent: bool = False
) -> go.Figure:
    """Draw lines over steps 0, 1, 2, …

    Parameters
    ----------
    series : dict of str to sequence of float
        The values of each line, by name.
    ylabel, xlabel, title : str
        What the axes and the figure are called.
    percent : bool
        Whether the values are shares, to be shown in percent.

    Returns
    -------
    plotly Figure
        One line per name.

    Examples
    --------
    >>> import metalearn as ml
    >>> figure = ml.plots.curves({"film": [0.5, 0.7, 0.8], "preinit": [0.6, 0.8, 0.8]}, "accuracy", percent=True)
    >>> len(figure.data)
    2
    """
    figure = go.Figure()
    for position, (name, values) in enumerate(series.items()):
        style = {"color": PALETTE[position % len(PALETTE)], "symbol": SYMBOLS[position % len(SYMBOLS)]}
        figure.add_scatter(y=list(values), name=name, mode="lines+markers", marker=style, line_color=style["color"])
    figure.update_layout(title=title, xaxis_title=xlabel, yaxis_title=ylabel)
    return styled(figure.update_yaxes(tickformat=".0%" if percent else None))


def bars(
    values: dict[str, float], intervals: dict[str, float], ylabel: str, title: str = "", baseline: float | None = None
) -> go.Figure:
    """Draw means with 95 % intervals as bars.

    Parameters
    ----------
    values : dict of str to float
        The mean of each bar, a share, by name.
    intervals : dict of str to float
        Half the width of each interval; a name that is left out has none.
    ylabel, title : str
        What the axis and the figure are called.
    baseline : float, optional
        Where to draw a dotted line: chance, or the control to beat.

    Returns
    -------
    plotly Figure
        One bar per name.

    Examples
    --------
    >>> import metalearn as ml
    >>> figure = ml.plots.bars({"film": 0.93, "preinit": 0.94}, {"film": 0.01}, "accuracy", baseline=0.2)
    >>> list(figure.data[0].x)
    ['film', 'preinit']
    """
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
    """Draw the numbers of a vector as a row of coloured cells, from negative to positive.

    Parameters
    ----------
    values : ndarray
        A task embedding, for example: ``[D]``.

    Returns
    -------
    plotly Figure
        One row of D cells.

    Examples
    --------
    >>> import metalearn as ml
    >>> import numpy as np
    >>> ml.plots.vector(np.linspace(-1, 1, 32)).data[0].z.shape
    (1, 32)
    """
    most = float(np.abs(values).max()) or 1.0
    figure = go.Figure(
        go.Heatmap(z=values[None], colorscale="PuOr", zmin=-most, zmax=most, showscale=False, xgap=1, hoverinfo="z")
    )
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return styled(figure).update_layout(height=64, margin={"l": 0, "r": 0, "t": 4, "b": 4})


class Mark(NamedTuple):
    """A mean with its 95 % interval, for :func:`dots`.

    Parameters
    ----------
    label : str
        The line on which it is drawn.
    group : str
        What its colour and symbol stand for.
    mean : float
        The mean.
    ci95 : float, optional
        Half the width of its interval; None where there is none.
    """

    label: str
    group: str
    mean: float
    ci95: float | None


def dots(marks: Sequence[Mark], xlabel: str, title: str = "", percent: bool = True) -> go.Figure:
    """Draw means with their intervals: one line per label, one colour and symbol per group.

    Parameters
    ----------
    marks : sequence of Mark
        What to draw.
    xlabel, title : str
        What the axis and the figure are called.
    percent : bool
        Show the means in percent; False for what is no share, as a correlation.

    Returns
    -------
    plotly Figure
        One trace per group.

    Examples
    --------
    >>> import metalearn as ml
    >>> marks = [ml.plots.Mark("film", "5-way", 0.93, 0.01), ml.plots.Mark("film", "20-way", 0.85, 0.01)]
    >>> len(ml.plots.dots(marks, "accuracy").data)
    2
    """
    labels, groups = (list(dict.fromkeys(getattr(mark, by) for mark in marks)) for by in ("label", "group"))
    figure = go.Figure()
    for position, group in enumerate(groups):
        members = [mark for mark in marks if mark.group == group]
        figure.add_scatter(
            x=[mark.mean for mark in members],
            # Groups are a little above one another, so that their intervals do not overlap.
            y=[labels.index(mark.label) + 0.6 * ((position + 0.5) / len(groups) - 0.5) for mark in members],
            error_x={"array": [mark.ci95 for mark in members]},
            name=group,
            mode="markers",
            marker={"color": PALETTE[position % len(PALETTE)], "symbol": SYMBOLS[position % len(SYMBOLS)], "size": 8},
        )
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=labels, autorange="reversed", automargin=True)
    rows = max(6, len(labels))  # with fewer, the legend would lie on the axis
    row = max(34, 17 * max(label.count("<br>") + 1 for label in labels))  # its height; labels may have several lines
    legend = 19 * len(groups) if len(groups) > 1 else 0  # its height on a phone, one line per group
    figure.update_layout(title=title, height=120 + row * rows + legend, showlegend=len(groups) > 1)
    # Below the axis: beside the figure, it would take half of a phone's width.
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": -60 / (row * rows), "yanchor": "top"})
    return styled(figure.update_xaxes(title=xlabel, tickformat=".0%" if percent else None))


TICKS = (1, 3, 10, 30, 100)  # points, on the stretched axis of gains


def gains(marks: Sequence[Mark], xlabel: str) -> go.Figure:
    """Draw gains in percentage points, as :func:`dots` does, on an axis that is stretched near zero.

    Beside a gain of thirty points, gains of one point can still be told apart. A thick line marks zero.

    Parameters
    ----------
    marks : sequence of Mark
        The gains, as shares: 0.01 is one point.
    xlabel : str
        What the axis is called.

    Returns
    -------
    plotly Figure
        The figure of :func:`dots`, stretched.

    Examples
    --------
    >>> import metalearn as ml
    >>> marks = [ml.plots.Mark("attention", "twin", 0.21, 0.02), ml.plots.Mark("film", "twin", 0.001, 0.002)]
    >>> ml.plots.gains(marks, "gain, points").data[0].text
    ('+21.00 ± 2.00', '+0.10 ± 0.20')
    """
    figure = dots(marks, xlabel)
    for trace in figure.data:
        means, halves = 100 * np.array(trace.x), 100 * np.array([half or 0 for half in trace.error_x.array])
        at = np.arcsinh(means)
        lengths = {"array": np.arcsinh(means + halves) - at, "arrayminus": at - np.arcsinh(means - halves)}
        text = [f"{mean:+.2f} ± {half:.2f}" for mean, half in zip(means, halves, strict=True)]
        trace.update(x=at, error_x={"symmetric": False, **lengths}, text=text, hovertemplate="%{text}")
    ticks = [-tick for tick in reversed(TICKS)] + [0, *TICKS]
    figure.update_xaxes(tickvals=np.arcsinh(ticks), ticktext=[f"{tick:+g}" if tick else "0" for tick in ticks])
    figure.update_xaxes(tickformat=None, zeroline=False)
    return figure.add_vline(0, line={"width": 3, "color": STRESSED}, layer="below")


def ratios(measured: dict[str, float], aimed: dict[str, float], xlabel: str, title: str = "") -> go.Figure:
    """Draw measured ratios as horizontal bars, with a tick at the target of each.

    Parameters
    ----------
    measured, aimed : dict of str to float
        The ratios and their targets, by name.
    xlabel, title : str
        What the axis and the figure are called.

    Returns
    -------
    plotly Figure
        One bar per name.
    """
    figure = go.Figure(go.Bar(x=list(measured.values()), y=list(measured), orientation="h", name="measured"))
    tick = {"symbol": "line-ns-open", "size": 22, "color": STRESSED}
    figure.add_scatter(x=list(aimed.values()), y=list(aimed), mode="markers", name="aimed at", marker=tick)
    figure.update_layout(title=title, height=160 + 40 * len(measured), colorway=[PALETTE[0]])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return styled(figure.update_xaxes(title=xlabel))


def over_sizes(sizes: Sequence[int], series: dict[str, Sequence[float]], xlabel: str) -> go.Figure:
    """Draw how values depend on a size, one panel per name; the sizes are on a logarithmic axis.

    Parameters
    ----------
    sizes : sequence of int
        The sizes.
    series : dict of str to sequence of float
        The values at each size, by name.
    xlabel : str
        What the sizes are.

    Returns
    -------
    plotly Figure
        A flat line in a panel means that the value does not depend on the size.
    """
    figure = make_subplots(cols=len(series), subplot_titles=list(series))
    for column, values in enumerate(series.values(), start=1):
        style = {"color": PALETTE[0], "size": 9}
        figure.add_scatter(x=list(sizes), y=list(values), mode="lines+markers", marker=style, row=1, col=column)
    figure.update_xaxes(type="log", title=xlabel).update_yaxes(rangemode="tozero").update_layout(showlegend=False)
    return styled(figure).update_layout(margin_t=50)
