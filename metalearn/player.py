"""Watch learners adapt: one figure that plays a task's adaptation step by step, in the browser alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from metalearn.errors import MetalearnError
from metalearn.plots import MUTED, PALETTE, SEQUENCE, styled

RIGHT, WRONG = PALETTE[0], PALETTE[5]
LEARNERS = ((PALETTE[2], "solid", "━━"), (PALETTE[3], "dash", "╌╌"), (PALETTE[7], "dot", "┈┈"))
CLASS, PATH = PALETTE[1], PALETTE[4]
# After Tol's muted palette, two light ones darker: unlike right and wrong, and apart in colour blindness.
CLASSES = (
    "#332288", "#CC6677", "#117733", "#B8860B", "#3399CC", "#882255", "#44AA99", "#999933", "#AA4499", "#777777"
)  # fmt: skip
TINT = 0.35  # how much of its class's colour a decision region has
# In units of a drawing's pixels: a cell holds a drawing in its frame and the answer below it.
SIDE, CELL_WIDTH, CELL_HEIGHT = 28, 34, 44
# In pixels of the screen.
CURVES_HEIGHT, CLASS_HEIGHT, BETWEEN, CONTROLS_HEIGHT = 230, 74, 65, 125
PLANE_HEIGHT, LAYER_HEIGHT, ATTENTION_HEIGHT = 300, 15, 110
WIDE, NARROW = 1180, 340
FEWEST_PIXELS = 36  # that a cell needs to have its answer's probability below it

TITLES = {
    "loss": "support loss, by step",
    "accuracy": "query accuracy, by step",
    "map": "the task on the map",
    "plane": "decision regions",
    "attention": "attention weights",
}
SIZES, ONE_SIZE = "step sizes, {low} (dark) to {high} (light)", "step sizes, {low} throughout"
OF_SIZE, OF_WEIGHT = "{layer}, step {step}: {size}", "part {number}: {weight}"
OF_SUPPORT, OF_QUERY = "support, {name}", "query, is {name}<br>taken for {guess}"
OF_ANSWER = "is {name}<br>taken for {guess}, {share}"
PLAYING = ("Play", "Pause", "◀ Step", "Step ▶")
STEP = "step"
WORDS = (*TITLES.values(), SIZES, ONE_SIZE, OF_SIZE, OF_WEIGHT, OF_SUPPORT, OF_QUERY, OF_ANSWER, *PLAYING, STEP)

NOW = {"mode": "immediate", "transition": {"duration": 0}}
PLAY = {"frame": {"duration": 700, "redraw": True}, "fromcurrent": True, **NOW}
CHANGE = ("type", "x", "y", "z", "text", "hovertext", "marker")  # of what moves; the rest stays as it began
JUMP = {"frame": {"duration": 0, "redraw": True}, **NOW}


@dataclass(frozen=True)
class Plane:
    """The plane of the two leading directions of a learner's features, with what it makes of it.

    ``x``, ``y``: where the cells are, ``[G]``; ``regions``: the class of each, uint8 ``[S+1, G, G]``, rows along ``y``;
    ``support`` and ``queries``: where the drawings are, ``[S+1, n, 2]``; ``support_y``: the classes of the former.
    """

    x: np.ndarray
    y: np.ndarray
    regions: np.ndarray
    support: np.ndarray
    support_y: np.ndarray
    queries: np.ndarray


@dataclass(frozen=True)
class AdaptationView:
    """What the player shows of one learner on one task: plain arrays over S+1 moments.

    ``support_loss``, ``query_accuracy``: ``[S+1]``; ``probabilities``: ``[S+1, queries, ways]``. ``plane``: its
    decision regions; ``step_sizes``: of each layer at each step, ``[S]``; ``attention``: the weights of a learner that
    attends, ``[S+1, n]``. What is None was not looked at, or the learner has none of it: then there is no panel.
    ``seconds``: how long adapting took, where that was measured.
    """

    learner: str
    support_loss: np.ndarray
    query_accuracy: np.ndarray
    probabilities: np.ndarray
    plane: Plane | None = None
    step_sizes: Mapping[str, np.ndarray] | None = None
    attention: np.ndarray | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class TaskOnMap:
    """Where the player's task lies among others.

    ``tasks``: the points of all tasks, ``[tasks, 2]``; ``classes``: the positions among them of the characters that
    are the task's classes; ``path``: where the task itself is after each step, ``[S+1, 2]``, NaN where it is nowhere.
    """

    tasks: np.ndarray
    classes: Sequence[int]
    path: np.ndarray


class Panel(NamedTuple):
    """A panel: what it shows, and of which learner (of all: None)."""

    kind: str
    learner: int | None = None


class Place(NamedTuple):
    """Where a panel is in the figure."""

    row: int
    col: int
    width: float


Trace = dict[str, Any]  # of a figure, as plotly takes it: a play has hundreds, and objects take their time
Moving = tuple[Trace, Place]


@dataclass(frozen=True)
class _Scene:
    """All that is to be shown, and where."""

    views: Sequence[AdaptationView]
    pictures: np.ndarray
    answers: np.ndarray
    class_names: Sequence[str]
    on_map: TaskOnMap | None
    narrow: bool
    words: Mapping[str, str]

    def __post_init__(self) -> None:
        if not 1 <= len(self.views) <= len(LEARNERS):
            raise MetalearnError(f"the player shows 1 to {len(LEARNERS)} learners, not {len(self.views)}")

    def say(self, text: str, **blanks: object) -> str:
        """Return one of ``WORDS`` in the language of the figure, with its blanks filled."""
        return self.words.get(text, text).format(**blanks)

    @property
    def steps(self) -> int:
        return len(self.views[0].support_loss) - 1

    @property
    def rows(self) -> list[list[Panel]]:
        """The panels, row by row; where it is narrow, each has a row."""
        learners = range(len(self.views))
        rows = [[Panel("loss"), Panel("accuracy"), *([Panel("map")] if self.on_map else [])]]
        for kind, has in (
            ("queries", lambda view: True),
            ("plane", lambda view: view.plane is not None),
            ("step sizes", lambda view: bool(view.step_sizes)),
            ("attention", lambda view: view.attention is not None),
        ):
            if any(has(view) for view in self.views):
                rows.append([Panel(kind, i) for i in learners])
        present = [[panel for panel in row if self.has(panel)] for row in rows] if self.narrow else rows
        return [[panel] for row in present for panel in row] if self.narrow else rows

    def has(self, panel: Panel) -> bool:
        """Whether there is anything to show in a panel."""
        if panel.learner is None or panel.kind == "queries":
            return True
        view = self.views[panel.learner]
        return bool(
            {"plane": view.plane is not None, "step sizes": view.step_sizes, "attention": view.attention is not None}[
                panel.kind
            ]
        )

    def height(self, kind: str) -> int:
        """How high panels of a kind are, in pixels."""
        if kind == "queries":
            return int(CLASS_HEIGHT * len(self.class_names) * (0.85 if self.narrow else 1))
        if kind == "step sizes":
            return 30 + LAYER_HEIGHT * max(len(view.step_sizes or ()) for view in self.views)
        return {"plane": PLANE_HEIGHT, "attention": ATTENTION_HEIGHT}.get(kind, CURVES_HEIGHT)

    @property
    def places(self) -> dict[Panel, Place]:
        """Where each panel is; there are six columns, so that one, two or three learners fit, or a single one."""
        columns, width = (1, NARROW) if self.narrow else (6, WIDE)
        return {
            panel: Place(1 + r, 1 + c * columns // _across(row), width / _across(row))
            for r, row in enumerate(self.rows)
            for c, panel in enumerate(row)
        }

    def title(self, panel: Panel) -> str:
        """What stands above a panel."""
        if panel.learner is None:
            return self.say(TITLES[panel.kind])
        view = self.views[panel.learner]
        colour, _, dashes = LEARNERS[panel.learner]
        line = f"<span style='color:{colour}'>{dashes}</span> "
        if panel.kind == "queries":
            return line + _fit(view.learner, self.places[panel].width)
        if not self.has(panel):
            return ""
        if panel.kind == "step sizes" and view.step_sizes:
            low, high = _span(view.step_sizes)
            return line + self.say(SIZES if high > low else ONE_SIZE, low=f"{low:.2g}", high=f"{high:.2g}")
        return line + self.say(TITLES[panel.kind])


def _across(row: Sequence[Panel]) -> int:
    """In how many equal parts a row is cut: a row of curves is always three, with or without a map."""
    return 3 if len(row) > 1 and row[0].learner is None else len(row)


def adaptation_player(
    views: Sequence[AdaptationView],
    pictures: np.ndarray,
    answers: np.ndarray,
    class_names: Sequence[str],
    on_map: TaskOnMap | None = None,
    start: int = 0,
    narrow: bool = False,
    words: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """Play one task's adaptation for one learner, or for two or three side by side.

    ``pictures``: the query drawings, uint8 ``[queries, 28, 28]``, sorted by class; ``answers``: their classes
    ``[queries]``. Every query is framed blue where the answer is right and orange where it is wrong, with the answer,
    as the letter of a class, and its probability below. Data too small for a map have none. The figure opens at step
    ``start``; ``narrow`` puts the panels below each other, for a phone. ``words`` translates some of ``WORDS``, or all.
    """
    figure, frames = _drawn(_Scene(views, pictures, answers, class_names, on_map, narrow, words), start)
    figure.frames = frames
    return figure


def adaptation_spec(
    views: Sequence[AdaptationView],
    pictures: np.ndarray,
    answers: np.ndarray,
    class_names: Sequence[str],
    on_map: TaskOnMap | None = None,
    start: int = 0,
    narrow: bool = False,
    words: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return :func:`adaptation_player`'s figure as the dictionary that a browser is sent, in a third of the time."""
    figure, frames = _drawn(_Scene(views, pictures, answers, class_names, on_map, narrow, words), start)
    return {**figure.to_dict(), "frames": frames}


def _drawn(scene: _Scene, start: int) -> tuple[go.Figure, list[dict[str, Any]]]:
    """Draw the scene at step ``start``, and list what changes at every step; plotly takes long to check the latter."""
    start = min(max(start, 0), scene.steps)
    figure = _panels(scene)
    for panel, place in scene.places.items():
        if scene.has(panel):
            _draw_fixed(figure, scene, panel, place)
    fixed = len(figure.data)
    for trace, place in _moving(scene, start):
        figure.add_trace(trace, row=place.row, col=place.col)
    moving = list(range(fixed, len(figure.data)))
    frames = [
        {
            "name": str(step),
            "traces": moving,
            "data": [{key: trace[key] for key in CHANGE if key in trace} for trace, _ in _moving(scene, step)],
            "layout": {"updatemenus": [_buttons(step, scene)]},
        }
        for step in range(scene.steps + 1)
    ]
    return _with_controls(figure, scene, start), frames


def _panels(scene: _Scene) -> go.Figure:
    """Lay the panels out: curves and map, then a row for each thing there is to see of the learners."""
    rows, columns = scene.rows, 1 if scene.narrow else 6
    heights = [scene.height(row[0].kind) for row in rows]
    inside = sum(heights) + BETWEEN * (len(rows) - 1)
    specs: list[list[dict[str, int] | None]] = [[None] * columns for _ in rows]
    for place in scene.places.values():
        row = rows[place.row - 1]
        specs[place.row - 1][place.col - 1] = {"colspan": columns // _across(row)}
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


def _draw_fixed(figure: go.Figure, scene: _Scene, panel: Panel, place: Place) -> None:
    """Draw what does not change with the step."""
    where = {"row": place.row, "col": place.col}
    if panel.kind in ("loss", "accuracy"):
        _draw_curves(figure, scene, panel.kind, where)
    elif panel.kind == "map" and scene.on_map:
        _draw_map(figure, scene.on_map, scene.class_names, where)
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
    every = {"size": 3, "color": MUTED, "opacity": 0.35}
    figure.add_scatter(x=x, y=y, mode="markers", marker=every, hoverinfo="skip", **where)
    chosen = list(on_map.classes)
    figure.add_scatter(
        x=x[chosen],
        y=y[chosen],
        mode="markers+text",
        marker={"size": 9, "color": CLASS},
        text=list(ascii_uppercase[: len(chosen)]),
        textposition="top center",
        hovertext=list(class_names)[: len(chosen)],
        hoverinfo="text",
        **where,
    )


def _draw_curves(figure: go.Figure, scene: _Scene, kind: str, where: dict[str, int]) -> None:
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


def _draw_queries(figure: go.Figure, scene: _Scene, panel: Panel, where: dict[str, int]) -> None:
    """Draw all queries as one picture, one class a row, with its letter and name before it."""
    ways, columns = len(scene.class_names), len(scene.pictures) // len(scene.class_names)
    sheet = np.zeros((ways * CELL_HEIGHT, columns * CELL_WIDTH), np.uint8)
    for picture, (top, left) in zip(scene.pictures, _corners(len(scene.pictures), columns), strict=True):
        sheet[top : top + SIDE, left : left + SIDE] = picture
    paper = [[0, "white"], [1, "black"]]
    figure.add_heatmap(z=sheet, colorscale=paper, showscale=False, hoverinfo="skip", zmin=0, zmax=255, **where)
    (axis,) = figure.select_xaxes(**where)
    figure.update_xaxes(visible=False, constrain="domain", range=[-0.5, sheet.shape[1] - 0.5], **where)
    named = scene.narrow or panel.learner == 0  # the other panels' rows are the first's
    figure.update_yaxes(
        showgrid=False,
        zeroline=False,
        constrain="domain",
        scaleanchor=axis.plotly_name.replace("xaxis", "x"),
        range=[sheet.shape[0] - 0.5, -0.5],
        tickvals=[row * CELL_HEIGHT + SIDE / 2 for row in range(ways)],
        ticktext=[
            f"{_short(name) if named else ''} <b>{letter}</b>"
            for letter, name in zip(ascii_uppercase, scene.class_names, strict=False)
        ],
        **where,
    )


def _draw_step_sizes(
    figure: go.Figure, scene: _Scene, step_sizes: Mapping[str, np.ndarray], where: dict[str, int]
) -> None:
    """Draw the step sizes as cells, a layer a row and a step a column."""
    low, high = _span(step_sizes)
    names = [name.replace("_", " ") for name in step_sizes]
    sizes = np.stack(list(step_sizes.values())).astype(np.float32)
    middle = 0.0 if high > low else 1.0  # where all are the same, the colour in the middle of the scale
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


def _span(step_sizes: Mapping[str, np.ndarray]) -> tuple[float, float]:
    sizes = np.concatenate(list(step_sizes.values()))
    return float(sizes.min()), float(sizes.max())


def _short(name: str) -> str:
    """Keep what fits before a row: the first eight letters of the alphabet, and the number."""
    alphabet, _, number = name.rpartition(" ")
    return f"{alphabet[:8].strip()} {number[:10]}".strip()


def short_name(name: str) -> str:
    """Return "Greek 01" for "Greek/character01"."""
    alphabet, character = name.rsplit("/", 1)
    return f"{alphabet.replace('_', ' ')} {character.removeprefix('character')}"


def _fit(title: str, width: float) -> str:
    """Break a title where its panel is too narrow for it."""
    most = int(width / 9) - 4
    words, lines = title.split(" "), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _corners(count: int, columns: int) -> np.ndarray:
    """Return where the drawings begin on the sheet, (top, left) each, ``[count, 2]``."""
    row, column = np.divmod(np.arange(count), columns)
    return np.stack([row * CELL_HEIGHT + 3, column * CELL_WIDTH + 3], axis=1)


# --- what changes with the step --------------------------------------------------------------------------------------


def _moving(scene: _Scene, step: int) -> list[Moving]:
    """Return all traces that change, as they are at ``step``, each with its place."""
    found: list[Moving] = []
    for panel, place in scene.places.items():
        if scene.has(panel):
            found += [(trace, place) for trace in _changing(scene, panel, place, step)]
    return found


def _changing(scene: _Scene, panel: Panel, place: Place, step: int) -> list[Trace]:
    """Return the traces of a panel that change."""
    if panel.learner is None:
        if panel.kind == "map":
            return [_way(scene.on_map.path[: step + 1])] if scene.on_map else []
        return [_dot(view, panel.kind, i, step) for i, view in enumerate(scene.views)]
    view = scene.views[panel.learner]
    if panel.kind == "queries":
        percent = 0.85 * place.width / (len(scene.pictures) / len(scene.class_names)) >= FEWEST_PIXELS
        return _answers(view.probabilities[step], scene, percent)
    if panel.kind == "plane" and view.plane is not None:
        return _regions(view.plane, view.probabilities[step], scene, step)
    if panel.kind == "step sizes" and view.step_sizes:
        return [_taken(step, len(view.step_sizes))]
    if panel.kind == "attention" and view.attention is not None:
        names = [str(i + 1) for i in range(view.attention.shape[1])]
        hover = scene.say(OF_WEIGHT, number="%{x}", weight="%{y:.1%}") + "<extra></extra>"
        colour = LEARNERS[panel.learner][0]
        return [
            {"type": "bar", "x": names, "y": view.attention[step], "marker": {"color": colour}, "hovertemplate": hover}
        ]
    return []


def _dot(view: AdaptationView, kind: str, learner: int, step: int) -> Trace:
    """Mark where a curve is at ``step``."""
    values = view.support_loss if kind == "loss" else view.query_accuracy
    dot = {"size": 12, "color": LEARNERS[learner][0], "line": {"width": 2, "color": "white"}}
    return {"type": "scatter", "x": [step], "y": [values[step]], "mode": "markers", "marker": dot, "name": view.learner}


def _taken(step: int, layers: int) -> Trace:
    """Frame the column of the step that led to where we are; at the start there is none."""
    x = np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) + (step or np.nan)
    y = np.array([-0.5, -0.5, layers - 0.5, layers - 0.5, -0.5])
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": WRONG, "width": 2.5},
        "hoverinfo": "skip",
    }


def _regions(plane: Plane, probabilities: np.ndarray, scene: _Scene, step: int) -> list[Trace]:
    """Draw what class each place of the plane has, the support drawings filled, the queries open."""
    ways = len(scene.class_names)
    regions = {
        "type": "heatmap",
        "x": plane.x.astype(np.float32),
        "y": plane.y.astype(np.float32),
        "z": plane.regions[step],
        "colorscale": _tints(ways),
        "zmin": -0.5,
        "zmax": ways - 0.5,
        "showscale": False,
        "hoverinfo": "skip",
    }
    queries = _points(plane.queries[step], scene.answers)
    guesses = probabilities.argmax(-1)
    hover = [
        scene.say(OF_QUERY, name=scene.class_names[is_], guess=scene.class_names[guess])
        for is_, guess in zip(scene.answers, guesses, strict=True)
    ]
    queries.update(
        marker=queries["marker"] | {"symbol": "circle-open", "size": 9, "line": {"width": 2}},
        hovertext=hover,
        mode="markers",
    )
    support = _points(plane.support[step], plane.support_y)
    support.update(
        marker=support["marker"] | {"size": 15, "line": {"width": 1, "color": "white"}},
        mode="markers+text",
        text=[ascii_uppercase[y] for y in plane.support_y],
        textfont={"color": "white", "size": 10},
        hovertext=[scene.say(OF_SUPPORT, name=scene.class_names[y]) for y in plane.support_y],
    )
    return [regions, queries, support]


def _points(places: np.ndarray, classes: np.ndarray) -> Trace:
    x, y = places.astype(np.float32).T
    return {"type": "scatter", "x": x, "y": y, "marker": {"color": [CLASSES[c] for c in classes]}, "hoverinfo": "text"}


def _tints(ways: int) -> list[list[Any]]:
    """Return a colour scale of as many flat colours as there are classes, light ones."""
    scale: list[list[Any]] = []
    for i, colour in enumerate(CLASSES[:ways]):
        parts = [round(255 - TINT * (255 - int(colour[k : k + 2], 16))) for k in (1, 3, 5)]
        light = "#" + "".join(f"{part:02x}" for part in parts)
        scale += [[i / ways, light], [(i + 1) / ways, light]]
    return scale


def _way(path: np.ndarray) -> Trace:
    """Draw the task's path on the map so far, its head large."""
    sizes = [4] * (len(path) - 1) + [13]
    line = {"color": PATH, "width": 2}
    return {
        "type": "scatter",
        "x": path[:, 0],
        "y": path[:, 1],
        "mode": "lines+markers",
        "line": line,
        "marker": {"size": sizes},
        "hoverinfo": "skip",
    }


def _answers(probabilities: np.ndarray, scene: _Scene, percent: bool) -> list[Trace]:
    """Return frames and words for the right answers, and for the wrong ones; with their ``percent`` where it fits."""
    answers, class_names = scene.answers, scene.class_names
    guesses = probabilities.argmax(-1)
    sure = probabilities[np.arange(len(answers)), guesses]
    corners = _corners(len(answers), len(answers) // len(class_names))
    found = []
    for which, colour in ((guesses == answers, RIGHT), (guesses != answers, WRONG)):
        rows = np.flatnonzero(which)
        top, left = corners[rows].T
        found.append(_frames(top, left, colour))
        found.append(
            {
                "type": "scatter",
                "x": left + SIDE / 2,
                "y": top + SIDE + 6,
                "mode": "text",
                "text": [ascii_uppercase[guesses[i]] + (f" {sure[i]:.0%}" if percent else "") for i in rows],
                "textfont": {"size": 11, "color": colour},
                "hovertext": [
                    scene.say(
                        OF_ANSWER, name=class_names[answers[i]], guess=class_names[guesses[i]], share=f"{sure[i]:.0%}"
                    )
                    for i in rows
                ],
                "hoverinfo": "text",
            }
        )
    return found


def _frames(top: np.ndarray, left: np.ndarray, colour: str) -> Trace:
    """Draw a square around each drawing, all in one line with gaps."""
    gap = np.full(len(top), np.nan)
    low, high = -1.5, SIDE + 0.5
    x = np.stack([left + low, left + high, left + high, left + low, left + low, gap], axis=1).ravel()
    y = np.stack([top + low, top + low, top + high, top + high, top + low, gap], axis=1).ravel()
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": colour, "width": 2},
        "hoverinfo": "skip",
    }


def _buttons(step: int, scene: _Scene) -> dict[str, Any]:
    """Return play, pause, and a step back or forward from ``step``: each frame brings its own."""
    back, forward = max(step - 1, 0), min(step + 1, scene.steps)
    does = ([None, PLAY], [[None], JUMP], [[str(back)], JUMP], [[str(forward)], JUMP])
    buttons = [
        {"label": scene.say(label), "method": "animate", "args": args}
        for label, args in zip(PLAYING, does, strict=True)
    ]
    return {
        "type": "buttons",
        "direction": "left",
        "buttons": buttons,
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "pad": {"b": 92},
    }


def _with_controls(figure: go.Figure, scene: _Scene, start: int) -> go.Figure:
    """Add the buttons, and a slider over the frames, above the panels."""
    steps = [{"label": str(k), "method": "animate", "args": [[str(k)], JUMP]} for k in range(scene.steps + 1)]
    slider = {
        "active": start,
        "currentvalue": {"prefix": scene.say(STEP) + " ", "xanchor": "right"},
        "pad": {"b": 34},
        "len": 1,
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "steps": steps,
    }
    return figure.update_layout(updatemenus=[_buttons(start, scene)], sliders=[slider])
