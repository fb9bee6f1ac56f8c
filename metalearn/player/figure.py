"""The player's figure: what stays, what moves, and the controls that move it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go

from metalearn.player.moving import moving
from metalearn.player.scene import PLAYING, STEP, Scene
from metalearn.player.still import draw_still, panels
from metalearn.player.views import AdaptationView, TaskOnMap

NOW = {"mode": "immediate", "transition": {"duration": 0}}
PLAY = {"frame": {"duration": 700, "redraw": True}, "fromcurrent": True, **NOW}
CHANGE = ("type", "x", "y", "z", "text", "hovertext", "marker")  # of what moves; the rest stays as it began
JUMP = {"frame": {"duration": 0, "redraw": True}, **NOW}


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
    figure, frames = _drawn(Scene(views, pictures, answers, class_names, on_map, narrow, words), start)
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
    figure, frames = _drawn(Scene(views, pictures, answers, class_names, on_map, narrow, words), start)
    return {**figure.to_dict(), "frames": frames}


def _drawn(scene: Scene, start: int) -> tuple[go.Figure, list[dict[str, Any]]]:
    """Draw the scene at step ``start``, and list what changes at every step; plotly takes long to check the latter."""
    start = min(max(start, 0), scene.steps)
    figure = panels(scene)
    for panel, place in scene.places.items():
        if scene.has(panel):
            draw_still(figure, scene, panel, place)
    fixed = len(figure.data)
    for trace, place in moving(scene, start):
        figure.add_trace(trace, row=place.row, col=place.col)
    changing = list(range(fixed, len(figure.data)))
    frames = [
        {
            "name": str(step),
            "traces": changing,
            "data": [{key: trace[key] for key in CHANGE if key in trace} for trace, _ in moving(scene, step)],
            "layout": {"updatemenus": [_buttons(step, scene)]},
        }
        for step in range(scene.steps + 1)
    ]
    return _with_controls(figure, scene, start), frames


def _buttons(step: int, scene: Scene) -> dict[str, Any]:
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


def _with_controls(figure: go.Figure, scene: Scene, start: int) -> go.Figure:
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
