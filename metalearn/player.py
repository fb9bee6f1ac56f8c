"""Watch learners adapt: one figure that plays a task's adaptation step by step, in the browser alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from metalearn.plots import MUTED, PALETTE, styled

RIGHT, WRONG = PALETTE[0], PALETTE[5]
LEARNERS = (PALETTE[2], PALETTE[3])
CLASS, PATH = PALETTE[1], PALETTE[4]
# In units of a drawing's pixels: a cell holds a drawing in its frame and the answer below it.
SIDE, CELL_WIDTH, CELL_HEIGHT = 28, 34, 44
# In pixels of the screen.
CURVES_HEIGHT, CLASS_HEIGHT, BETWEEN, CONTROLS_HEIGHT = 230, 74, 65, 110

Moving = tuple[go.Scatter, int, int]


@dataclass(frozen=True)
class AdaptationView:
    """What the player shows of one learner on one task: plain arrays over S+1 moments.

    ``support_loss``, ``query_accuracy``: ``[S+1]``; ``probabilities``: ``[S+1, queries, ways]``.
    """

    learner: str
    support_loss: np.ndarray
    query_accuracy: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class TaskOnMap:
    """Where the player's task lies among others.

    ``tasks``: the points of all tasks, ``[tasks, 2]``; ``classes``: the positions among them of the characters that
    are the task's classes; ``path``: where the task itself is after each step, ``[S+1, 2]``, NaN where it is nowhere.
    """

    tasks: np.ndarray
    classes: Sequence[int]
    path: np.ndarray


def adaptation_player(
    views: Sequence[AdaptationView],
    pictures: np.ndarray,
    answers: np.ndarray,
    class_names: Sequence[str],
    on_map: TaskOnMap | None = None,
) -> go.Figure:
    """Play one task's adaptation for one learner, or for two side by side.

    ``pictures``: the query drawings, uint8 ``[queries, 28, 28]``, sorted by class; ``answers``: their classes
    ``[queries]``. Every query is framed blue where the answer is right and orange where it is wrong, with the answer,
    as the letter of a class, and its probability below. Data too small for a map have none.
    """
    figure, steps = _panels(views, len(class_names), on_map is not None), len(views[0].support_loss)
    if on_map:
        _draw_map(figure, on_map, class_names)
    for position, view in enumerate(views):
        _draw_curves(figure, view, position)
        _draw_queries(figure, position, pictures, class_names)
    fixed = len(figure.data)
    for trace, row, column in _moving(views, on_map, answers, class_names, step=0):
        figure.add_trace(trace, row=row, col=column)
    moving = list(range(fixed, len(figure.data)))
    figure.frames = [
        go.Frame(
            name=str(step),
            traces=moving,
            data=[trace for trace, _, _ in _moving(views, on_map, answers, class_names, step)],
        )
        for step in range(steps)
    ]
    return _with_controls(figure, steps)


def _panels(views: Sequence[AdaptationView], ways: int, with_map: bool) -> go.Figure:
    """Two curves and the map in the first row; below, the queries, a panel a learner."""
    queries_height = CLASS_HEIGHT * ways
    inside = CURVES_HEIGHT + BETWEEN + queries_height
    of_learner: list[dict[str, int] | None] = [None] * 6
    for position in range(len(views)):
        of_learner[6 // len(views) * position] = {"colspan": 6 // len(views)}
    figure = make_subplots(
        rows=2,
        cols=6,
        specs=[[{"colspan": 2}, None, {"colspan": 2}, None, {"colspan": 2} if with_map else None, None], of_learner],
        row_heights=[CURVES_HEIGHT, queries_height],
        vertical_spacing=BETWEEN / inside,
        horizontal_spacing=0.035,
        subplot_titles=[
            "support loss, by step",
            "query accuracy, by step",
            *(["the task on the map"] if with_map else []),
            *[_title(*v) for v in enumerate(views)],
        ],
    )
    figure = styled(figure)
    figure.update_annotations(font_size=14)
    figure.update_layout(showlegend=False, height=40 + inside + CONTROLS_HEIGHT, margin={"t": 40, "b": CONTROLS_HEIGHT})
    last = len(views[0].support_loss) - 1
    for column in (1, 3):
        figure.update_xaxes(range=[-0.4, last + 0.4], dtick=max(1, last // 5), row=1, col=column)
    figure.update_yaxes(rangemode="tozero", row=1, col=1)
    return figure.update_yaxes(tickformat=".0%", range=[-0.04, 1.04], row=1, col=3)


def _title(position: int, view: AdaptationView) -> str:
    return f"<span style='color:{LEARNERS[position]}'>{'━━' if position == 0 else '╌╌'}</span> {view.learner}"


def _draw_map(figure: go.Figure, on_map: TaskOnMap, class_names: Sequence[str]) -> None:
    x, y = on_map.tasks.T
    every = {"size": 3, "color": MUTED, "opacity": 0.35}
    figure.add_scatter(x=x, y=y, mode="markers", marker=every, hoverinfo="skip", row=1, col=5)
    chosen = list(on_map.classes)
    figure.add_scatter(
        x=x[chosen],
        y=y[chosen],
        mode="markers+text",
        marker={"size": 9, "color": CLASS},
        text=list(ascii_uppercase[: len(chosen)]),
        textposition="top center",
        hovertext=list(class_names),
        hoverinfo="text",
        row=1,
        col=5,
    )


def _draw_curves(figure: go.Figure, view: AdaptationView, position: int) -> None:
    line = {"color": LEARNERS[position], "width": 2.5, "dash": ("solid", "dash")[position]}
    for column, values in ((1, view.support_loss), (3, view.query_accuracy)):
        figure.add_scatter(y=values, mode="lines", line=line, name=view.learner, row=1, col=column)


def _draw_queries(figure: go.Figure, position: int, pictures: np.ndarray, class_names: Sequence[str]) -> None:
    """Draw all queries as one picture, one class a row, with its letter and name before it."""
    ways, columns = len(class_names), len(pictures) // len(class_names)
    sheet = np.zeros((ways * CELL_HEIGHT, columns * CELL_WIDTH), np.uint8)
    for picture, (top, left) in zip(pictures, _corners(len(pictures), columns), strict=True):
        sheet[top : top + SIDE, left : left + SIDE] = picture
    where = {"row": 2, "col": _column(position)}
    paper = [[0, "white"], [1, "black"]]
    figure.add_heatmap(z=sheet, colorscale=paper, showscale=False, hoverinfo="skip", zmin=0, zmax=255, **where)
    (axis,) = figure.select_xaxes(**where)
    figure.update_xaxes(visible=False, constrain="domain", range=[-0.5, sheet.shape[1] - 0.5], **where)
    figure.update_yaxes(
        showgrid=False,
        zeroline=False,
        constrain="domain",
        scaleanchor=axis.plotly_name.replace("xaxis", "x"),
        range=[sheet.shape[0] - 0.5, -0.5],
        tickvals=[row * CELL_HEIGHT + SIDE / 2 for row in range(ways)],
        ticktext=[
            f"{'' if position else _short(name)} <b>{letter}</b>"  # the second panel's rows are the first's
            for letter, name in zip(ascii_uppercase, class_names, strict=False)
        ],
        **where,
    )


def _short(name: str) -> str:
    """Keep what fits before a row: the first eight letters of the alphabet, and the number."""
    alphabet, _, number = name.rpartition(" ")
    return f"{alphabet[:8].strip()} {number}"


def _column(position: int) -> int:
    return 1 + 3 * position


def _corners(count: int, columns: int) -> np.ndarray:
    """Return where the drawings begin on the sheet, (top, left) each, ``[count, 2]``."""
    row, column = np.divmod(np.arange(count), columns)
    return np.stack([row * CELL_HEIGHT + 3, column * CELL_WIDTH + 3], axis=1)


# --- what changes with the step --------------------------------------------------------------------------------------


def _moving(
    views: Sequence[AdaptationView],
    on_map: TaskOnMap | None,
    answers: np.ndarray,
    class_names: Sequence[str],
    step: int,
) -> list[Moving]:
    """Return all traces that change, as they are at ``step``, each with its row and column."""
    found: list[Moving] = [(_way(on_map.path[: step + 1]), 1, 5)] if on_map else []
    for position, view in enumerate(views):
        dot = {"size": 12, "color": LEARNERS[position], "line": {"width": 2, "color": "white"}}
        for column, values in ((1, view.support_loss), (3, view.query_accuracy)):
            found.append((go.Scatter(x=[step], y=[values[step]], mode="markers", marker=dot), 1, column))
        for trace in _answers(view.probabilities[step], answers, class_names):
            found.append((trace, 2, _column(position)))
    return found


def _way(path: np.ndarray) -> go.Scatter:
    """Draw the task's path on the map so far, its head large."""
    sizes = [4] * (len(path) - 1) + [13]
    line = {"color": PATH, "width": 2}
    return go.Scatter(
        x=path[:, 0], y=path[:, 1], mode="lines+markers", line=line, marker={"size": sizes}, hoverinfo="skip"
    )


def _answers(probabilities: np.ndarray, answers: np.ndarray, class_names: Sequence[str]) -> list[go.Scatter]:
    """Return frames and words for the right answers, and for the wrong ones."""
    guesses = probabilities.argmax(-1)
    sure = probabilities[np.arange(len(answers)), guesses]
    corners = _corners(len(answers), len(answers) // len(class_names))
    found = []
    for which, colour in ((guesses == answers, RIGHT), (guesses != answers, WRONG)):
        rows = np.flatnonzero(which)
        top, left = corners[rows].T
        found.append(_frames(top, left, colour))
        found.append(
            go.Scatter(
                x=left + SIDE / 2,
                y=top + SIDE + 6,
                mode="text",
                text=[f"{ascii_uppercase[guesses[i]]} {sure[i]:.0%}" for i in rows],
                textfont={"size": 11, "color": colour},
                hovertext=[
                    f"is {class_names[answers[i]]}<br>taken for {class_names[guesses[i]]}, {sure[i]:.0%}" for i in rows
                ],
                hoverinfo="text",
            )
        )
    return found


def _frames(top: np.ndarray, left: np.ndarray, colour: str) -> go.Scatter:
    """Draw a square around each drawing, all in one line with gaps."""
    gap = np.full(len(top), np.nan)
    low, high = -1.5, SIDE + 0.5
    x = np.stack([left + low, left + high, left + high, left + low, left + low, gap], axis=1).ravel()
    y = np.stack([top + low, top + low, top + high, top + high, top + low, gap], axis=1).ravel()
    return go.Scatter(x=x, y=y, mode="lines", line={"color": colour, "width": 2}, hoverinfo="skip")


def _with_controls(figure: go.Figure, steps: int) -> go.Figure:
    """Add play, pause and a slider over the frames."""
    now = {"mode": "immediate", "transition": {"duration": 0}}
    play = {"frame": {"duration": 700, "redraw": True}, "fromcurrent": True, **now}
    jump = {"frame": {"duration": 0, "redraw": True}, **now}
    buttons = [
        {"label": "Play", "method": "animate", "args": [None, play]},
        {"label": "Pause", "method": "animate", "args": [[None], jump]},
    ]
    below = {"y": 0, "yanchor": "top", "xanchor": "left"}
    menu = {"type": "buttons", "direction": "left", "buttons": buttons, "x": 0, "pad": {"t": 40}, "showactive": False}
    slider = {
        "active": 0,
        "currentvalue": {"prefix": "step "},
        "pad": {"t": 30, "l": 10},
        "len": 0.75,
        "x": 0.25,
        "steps": [{"label": str(k), "method": "animate", "args": [[str(k)], jump]} for k in range(steps)],
    }
    return figure.update_layout(updatemenus=[menu | below], sliders=[slider | below])
