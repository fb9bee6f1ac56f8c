"""What changes from step to step, as plain dictionaries: of hundreds of traces, plotly's objects would be slow."""

from string import ascii_uppercase
from typing import Any

import numpy as np

from metalearn.plots.player.scene import (
    LEARNERS,
    OF_ANSWER,
    OF_NO_ANSWER,
    OF_QUERY,
    OF_QUERY_YET,
    OF_SUPPORT,
    OF_WEIGHT,
    SIDE,
    Panel,
    Place,
    Scene,
    corners,
)
from metalearn.plots.player.views import NO_ANSWER, AdaptationView, Plane
from metalearn.plots.style import MUTED, PALETTE

RIGHT, WRONG = PALETTE[0], PALETTE[5]
PATH = PALETTE[4]
# Tol's muted palette, with two light colours made darker. They can be told apart in colour blindness, and from the
# colours of right and wrong.
CLASSES = (
    "#332288", "#CC6677", "#117733", "#B8860B", "#3399CC", "#882255", "#44AA99", "#999933", "#AA4499", "#777777"
)  # fmt: skip
TINT = 0.35  # how much of its class's colour a decision region has
FEWEST_PIXELS = 36  # a narrower cell has no room for the probability of its answer

Trace = dict[str, Any]  # a trace of a figure, in plotly's terms
Moving = tuple[Trace, Place]


def moving_traces(scene: Scene, step: int) -> list[Moving]:
    """Return all traces that change, as they are at ``step``, each with its place."""
    found: list[Moving] = []
    for panel, place in scene.places.items():
        if scene.has(panel):
            found += [(trace, place) for trace in _changing(scene, panel, place, step)]
    return found


def _changing(scene: Scene, panel: Panel, place: Place, step: int) -> list[Trace]:
    """Return the traces of a panel that change."""
    if panel.learner is None:
        if panel.kind == "map":
            return [_task_path(scene.recording.on_map.path[: step + 1])] if scene.recording.on_map else []
        return [_dot(view, panel.kind, i, step) for i, view in enumerate(scene.views)]
    view = scene.views[panel.learner]
    if panel.kind == "queries":
        percent = 0.85 * place.width / (len(scene.recording.images) / len(scene.recording.class_names)) >= FEWEST_PIXELS
        return _answers(view, scene, step, percent)
    if panel.kind == "plane" and view.plane is not None:
        return _regions(view.plane, view.guesses[step], scene, step)
    if panel.kind == "step sizes" and view.step_sizes:
        return [_step_taken(step, len(view.step_sizes))]
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


def _step_taken(step: int, layers: int) -> Trace:
    """Frame the column of the step that was just taken; before the first step there is none."""
    x = np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) + (step or np.nan)
    y = np.array([-0.5, -0.5, layers - 0.5, layers - 0.5, -0.5])
    return _line(x, y, WRONG, 2.5)


def _regions(plane: Plane, guesses: np.ndarray, scene: Scene, step: int) -> list[Trace]:
    """Draw the class at each place of the plane, the support drawings as filled points, the queries as open ones.

    Where classes tie, the plane stays white.
    """
    ways = len(scene.recording.class_names)
    regions = {
        "type": "heatmap",
        "x": plane.x.astype(np.float32),
        "y": plane.y.astype(np.float32),
        "z": plane.regions[step],
        "colorscale": _tints(ways),
        "zmin": NO_ANSWER - 0.5,
        "zmax": ways - 0.5,
        "showscale": False,
        "hoverinfo": "skip",
    }
    queries = _points(plane.queries[step], scene.recording.answers)
    hover = [
        _said(scene, OF_QUERY_YET if guess == NO_ANSWER else OF_QUERY, answer, guess)
        for answer, guess in zip(scene.recording.answers, guesses, strict=True)
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
        hovertext=[scene.say(OF_SUPPORT, name=scene.recording.class_names[y]) for y in plane.support_y],
    )
    return [regions, queries, support]


def _points(places: np.ndarray, classes: np.ndarray) -> Trace:
    x, y = places.astype(np.float32).T
    return {"type": "scatter", "x": x, "y": y, "marker": {"color": [CLASSES[c] for c in classes]}, "hoverinfo": "text"}


def _tints(ways: int) -> list[list[Any]]:
    """Return a colour scale with white for no answer, then one light, flat colour per class."""
    scale: list[list[Any]] = []
    for i, colour in enumerate(("#FFFFFF", *CLASSES[:ways])):
        parts = [round(255 - TINT * (255 - int(colour[k : k + 2], 16))) for k in (1, 3, 5)]
        light = "#" + "".join(f"{part:02x}" for part in parts)
        scale += [[i / (ways + 1), light], [(i + 1) / (ways + 1), light]]
    return scale


def _task_path(path: np.ndarray) -> Trace:
    """Draw the task's path on the map so far, with a large point at its end."""
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


def _answers(view: AdaptationView, scene: Scene, step: int, percent: bool) -> list[Trace]:
    """Return frames and texts for the right answers, the wrong ones, and the queries that have no answer yet.

    With ``percent``, texts have the answers' probabilities.
    """
    answers, guesses = scene.recording.answers, view.guesses[step]
    sure = view.probabilities[step].max(-1)
    places = corners(len(answers), len(answers) // len(scene.recording.class_names))
    none = guesses == NO_ANSWER
    found = []
    for chosen, colour in ((guesses == answers, RIGHT), (~none & (guesses != answers), WRONG), (none, MUTED)):
        rows = np.flatnonzero(chosen)
        top, left = places[rows].T
        found.append(_frames(top, left, colour))
        found.append(
            {
                "type": "scatter",
                "x": left + SIDE / 2,
                "y": top + SIDE + 6,
                "mode": "text",
                "text": ["?" if none[i] else _letter(guesses[i], sure[i], percent) for i in rows],
                "textfont": {"size": 11, "color": colour},
                "hovertext": [
                    _said(scene, OF_NO_ANSWER if none[i] else OF_ANSWER, answers[i], guesses[i], f"{sure[i]:.0%}")
                    for i in rows
                ],
                "hoverinfo": "text",
            }
        )
    return found


def _letter(guess: int, sure: float, percent: bool) -> str:
    return ascii_uppercase[guess] + (f" {sure:.0%}" if percent else "")


def _said(scene: Scene, text: str, answer: int, guess: int, share: str = "") -> str:
    """Say what a query is, and what it is taken for."""
    names = scene.recording.class_names
    return scene.say(text, name=names[answer], guess=names[guess], share=share)


def _frames(top: np.ndarray, left: np.ndarray, colour: str) -> Trace:
    """Draw a square around each drawing: a single line with gaps, which is fastest."""
    gap = np.full(len(top), np.nan)
    low, high = -1.5, SIDE + 0.5
    x = np.stack([left + low, left + high, left + high, left + low, left + low, gap], axis=1).ravel()
    y = np.stack([top + low, top + low, top + high, top + high, top + low, gap], axis=1).ravel()
    return _line(x, y, colour, 2)


def _line(x: np.ndarray, y: np.ndarray, colour: str, width: float) -> Trace:
    line = {"color": colour, "width": width}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"}
