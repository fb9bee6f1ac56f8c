"""Every figure of the kit, drawn once for notebooks and dashboard. Plotly only; nothing here computes a result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

# Okabe and Ito's palette, made to stay apart in the common forms of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
RIGHT, WRONG, MUTED = PALETTE[0], PALETTE[5], "#888888"
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star")
MOST_NAMED = 13  # labels; more make a legend longer than the map, and the hover text names them anyway
SYMBOLS_3D = ("circle", "square", "diamond", "cross", "x", "circle-open", "square-open")


def task_map(
    coordinates: np.ndarray,
    labels: Sequence[str],
    names: Sequence[str],
    highlighted: Sequence[int] = (),
    title: str = "",
    axes: Sequence[str] = ("first component", "second component", "third component"),
) -> go.Figure:
    """Draw tasks as points ``[tasks, 2 or 3]``, coloured by label; ``highlighted`` positions stand out.

    Each point carries its task's position as ``customdata`` and its name as hover text. Labels share eight colours;
    where there are more, the symbol changes too.
    """
    flat = coordinates.shape[1] == 2
    figure = go.Figure()
    where, texts = np.asarray(labels), np.asarray(names)
    for position, label in enumerate(dict.fromkeys(labels)):
        rows = np.flatnonzero(where == label)
        figure.add_trace(_points(coordinates[rows], texts[rows], rows, label, position))
    if len(highlighted):
        rows = np.asarray(highlighted)
        marker = {
            "size": 15 if flat else 9,
            "color": "rgba(0,0,0,0)" if flat else WRONG,
            "line": {"width": 3, "color": WRONG},
        }
        style = {"mode": "markers+text", "textposition": "top center", "marker": marker, "name": "selected"}
        figure.add_trace(
            _scatter(coordinates[rows], text=[_short(name) for name in texts[rows]], customdata=rows, **style)
        )
    layout = {
        "title": title,
        "legend": {"itemsizing": "constant"},
        "showlegend": len(set(labels)) <= MOST_NAMED,
        "dragmode": "pan" if flat else "turntable",
    }
    if flat:
        layout |= {"xaxis_title": axes[0], "yaxis_title": axes[1]}
    else:
        layout["scene"] = dict(zip(("xaxis_title", "yaxis_title", "zaxis_title"), axes, strict=False))
    return _styled(figure.update_layout(**layout))


def _points(coordinates: np.ndarray, names: np.ndarray, rows: np.ndarray, label: str, position: int) -> go.Scatter:
    flat = coordinates.shape[1] == 2
    symbols = SYMBOLS if flat else SYMBOLS_3D
    marker = {
        "size": 6 if flat else 3,
        "opacity": 0.8,
        "color": PALETTE[position % len(PALETTE)],
        "symbol": symbols[position // len(PALETTE) % len(symbols)],
    }
    return _scatter(
        coordinates,
        mode="markers",
        marker=marker,
        name=label,
        text=names,
        customdata=rows,
        hovertemplate="%{text}<extra>" + label + "</extra>",
    )


def _scatter(coordinates: np.ndarray, **style: object) -> go.Scatter:
    kind = go.Scattergl if coordinates.shape[1] == 2 else go.Scatter3d
    return kind(**dict(zip("xyz", coordinates.T, strict=False)), **style)


def drawings(pictures: np.ndarray, captions: Sequence[str] = (), columns: int = 10, title: str = "") -> go.Figure:
    """Show drawings, uint8 ``[n, 28, 28]`` with ink high, in rows of ``columns``; captions go below each."""
    figure = go.Figure(_sheet_trace(pictures, columns))
    cell = 30
    for index, caption in enumerate(captions):
        row, column = divmod(index, columns)
        figure.add_annotation(
            x=column * cell + 14, y=row * cell + 28, text=caption, showarrow=False, font_size=10, yanchor="top"
        )
    rows = -(-len(pictures) // columns)
    height = 40 + rows * 72 + (40 if title else 0)
    return _styled(_as_sheet(figure).update_layout(title=title, height=height))


def _sheet_trace(pictures: np.ndarray, columns: int) -> go.Heatmap:
    """One picture of all drawings, ink dark; cells of 30 pixels leave a margin around each."""
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * 30, min(columns, len(pictures)) * 30), np.uint8)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        sheet[row * 30 + 1 : row * 30 + 29, column * 30 + 1 : column * 30 + 29] = picture
    return go.Heatmap(z=sheet, colorscale="gray_r", showscale=False, hoverinfo="skip", zmin=0, zmax=255)


def _as_sheet(figure: go.Figure, **where: int) -> go.Figure:
    figure.update_xaxes(visible=False, constrain="domain", **where)
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", **where)


def curves(
    series: dict[str, Sequence[float]], ylabel: str, xlabel: str = "step", title: str = "", percent: bool = False
) -> go.Figure:
    """Draw one line a name over steps 0, 1, 2, …"""
    figure = go.Figure()
    for position, (name, values) in enumerate(series.items()):
        style = {"color": PALETTE[position % len(PALETTE)], "symbol": SYMBOLS[position % len(SYMBOLS)]}
        figure.add_scatter(y=list(values), name=name, mode="lines+markers", marker=style, line_color=style["color"])
    figure.update_layout(title=title, xaxis_title=xlabel, yaxis_title=ylabel)
    return _styled(figure.update_yaxes(tickformat=".0%" if percent else None))


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
    return _styled(figure.update_yaxes(tickformat=".0%"))


@dataclass(frozen=True)
class AdaptationView:
    """What the player shows of one learner on one task: plain arrays over S+1 moments.

    ``support_loss``, ``query_accuracy``: ``[S+1]``; ``probabilities``: ``[S+1, queries, ways]``; ``path``: the task on
    the map, ``[S+1, 2]``.
    """

    learner: str
    support_loss: np.ndarray
    query_accuracy: np.ndarray
    probabilities: np.ndarray
    path: np.ndarray


def _short(name: str) -> str:
    """Shorten "Alphabet_of_the_Magi/character01" to "Alphabet 01" for a label."""
    alphabet, _, character = name.rpartition("/")
    return f"{alphabet.split('_')[0][:10]} {character.removeprefix('character')}"


def _styled(figure: go.Figure) -> go.Figure:
    return figure.update_layout(template="plotly_white", margin={"l": 50, "r": 20, "t": 50, "b": 45})


# --- watching a learner adapt ----------------------------------------------------------------------------------------


def adaptation_player(
    views: Sequence[AdaptationView],
    pictures: np.ndarray,
    answers: np.ndarray,
    class_names: Sequence[str],
    map_coordinates: np.ndarray,
    class_tasks: Sequence[int],
) -> go.Figure:
    """Play one task's adaptation step by step, for one or more learners side by side; runs in the browser alone.

    ``pictures``: the query drawings, uint8 ``[queries, 28, 28]``; ``answers``: their classes ``[queries]``;
    ``map_coordinates``: all tasks ``[tasks, 2]``, of which ``class_tasks`` are the characters of this one.
    """
    columns = len(answers) // len(class_names)  # one class a row
    rows = len(class_names)
    figure = make_subplots(
        rows=1 + len(views),
        cols=3,
        specs=[[{}, {}, {}]] + [[{"colspan": 3}, None, None]] * len(views),
        row_heights=[300, *[52 * rows + 40] * len(views)],
        vertical_spacing=70 / (300 + len(views) * (52 * rows + 40) + 140),
        subplot_titles=[
            "support loss",
            "query accuracy",
            "the task on the map",
            *[f"{v.learner}: its answers to the queries" for v in views],
        ],
    )
    _draw_map(figure, map_coordinates, class_tasks, class_names)
    moving: list[int] = []
    for position, view in enumerate(views):
        _draw_curves(figure, view, position)
        figure.add_trace(_sheet_trace(pictures, columns), row=2 + position, col=1)
        _as_sheet(figure, row=2 + position, col=1)
        for trace, row, column in _moving_traces(view, position, 0, answers, class_names, columns):
            moving.append(len(figure.data))
            figure.add_trace(trace, row=row, col=column)
    steps = len(views[0].support_loss)
    figure.frames = [
        go.Frame(
            name=str(step),
            traces=moving,
            data=[
                trace
                for position, view in enumerate(views)
                for trace, _, _ in _moving_traces(view, position, step, answers, class_names, columns)
            ],
        )
        for step in range(steps)
    ]
    figure.update_yaxes(tickformat=".0%", range=[-0.04, 1.04], row=1, col=2)
    height = 300 + len(views) * (52 * rows + 40) + 200
    figure.update_layout(
        height=height, showlegend=len(views) > 1, legend={"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"}
    )
    return _with_controls(_styled(figure), steps)


def _draw_map(
    figure: go.Figure, coordinates: np.ndarray, class_tasks: Sequence[int], class_names: Sequence[str]
) -> None:
    x, y = coordinates.T
    every = {
        "mode": "markers",
        "marker": {"size": 3, "color": MUTED, "opacity": 0.35},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    figure.add_trace(go.Scatter(x=x, y=y, **every), row=1, col=3)
    own = {
        "mode": "markers",
        "marker": {"size": 8, "color": PALETTE[2]},
        "showlegend": False,
        "hovertemplate": "%{text}<extra></extra>",
    }
    chosen = list(class_tasks)
    figure.add_trace(go.Scatter(x=x[chosen], y=y[chosen], text=list(class_names), **own), row=1, col=3)


def _draw_curves(figure: go.Figure, view: AdaptationView, position: int) -> None:
    line = {"color": PALETTE[position % len(PALETTE)], "width": 2, "dash": ("solid", "dash", "dot")[position % 3]}
    for column, values in ((1, view.support_loss), (2, view.query_accuracy)):
        trace = go.Scatter(
            y=values, mode="lines", line=line, name=view.learner, showlegend=column == 1, legendgroup=view.learner
        )
        figure.add_trace(trace, row=1, col=column)
    figure.update_xaxes(title_text="step", dtick=max(1, len(view.support_loss) // 8), row=1)


def _moving_traces(
    view: AdaptationView, position: int, step: int, answers: np.ndarray, class_names: Sequence[str], columns: int
) -> list[tuple[go.Scatter, int, int]]:
    """Return what changes with the step, each with its row and column in the figure."""
    colour = PALETTE[position % len(PALETTE)]
    dot = {
        "mode": "markers",
        "marker": {"size": 12, "color": colour, "line": {"width": 2, "color": "white"}},
        "showlegend": False,
    }
    path = view.path[: step + 1]
    way = {"mode": "lines+markers", "line": {"color": colour, "width": 2}, "showlegend": False, "name": view.learner}
    sizes = [4] * step + [13]
    return [
        (go.Scatter(x=[step], y=[view.support_loss[step]], **dot), 1, 1),
        (go.Scatter(x=[step], y=[view.query_accuracy[step]], **dot), 1, 2),
        (go.Scatter(x=path[:, 0], y=path[:, 1], marker={"size": sizes, "color": colour}, **way), 1, 3),
        (_answers_trace(view.probabilities[step], answers, class_names, columns), 2 + position, 1),
    ]


def _answers_trace(
    probabilities: np.ndarray, answers: np.ndarray, class_names: Sequence[str], columns: int
) -> go.Scatter:
    """Frame each query drawing blue where the answer is right and orange where it is wrong, the answer in words."""
    guesses = probabilities.argmax(-1)
    row, column = np.divmod(np.arange(len(answers)), columns)
    right = guesses == answers
    sure = probabilities[np.arange(len(answers)), guesses]
    hover = [
        f"is {class_names[answer]}<br>taken for {class_names[guess]} ({share:.0%})"
        for answer, guess, share in zip(answers, guesses, sure, strict=True)
    ]
    return go.Scatter(
        x=column * 30 + 14.5,
        y=row * 30 + 14.5,
        mode="markers+text",
        marker={
            "size": 46,
            "symbol": np.where(right, "square-open", "x-open").tolist(),
            "color": np.where(right, RIGHT, WRONG).tolist(),
            "opacity": np.clip(sure, 0.15, 1).tolist(),
            "line": {"width": 3},
        },
        text=[f"{share:.0%}" for share in sure],
        textposition="bottom center",
        textfont={"size": 9},
        hovertext=hover,
        hoverinfo="text",
        showlegend=False,
    )


def _with_controls(figure: go.Figure, steps: int) -> go.Figure:
    """Add play, pause and a slider over the frames."""
    now = {"mode": "immediate", "transition": {"duration": 0}}
    play = {"frame": {"duration": 700, "redraw": True}, "fromcurrent": True, **now}
    jump = {"frame": {"duration": 0, "redraw": True}, **now}
    buttons = [
        {"label": "▶ Play", "method": "animate", "args": [None, play]},
        {"label": "⏸ Pause", "method": "animate", "args": [[None], jump]},
    ]
    slider = {
        "active": 0,
        "currentvalue": {"prefix": "step "},
        "pad": {"t": 45, "l": 10},
        "len": 0.8,
        "x": 0.2,
        "steps": [{"label": str(k), "method": "animate", "args": [[str(k)], jump]} for k in range(steps)],
    }
    menu = {
        "type": "buttons",
        "direction": "left",
        "buttons": buttons,
        "x": 0,
        "y": 0,
        "yanchor": "top",
        "xanchor": "left",
        "pad": {"t": 50},
        "showactive": False,
    }
    return figure.update_layout(updatemenus=[menu], sliders=[slider], margin_b=120)
