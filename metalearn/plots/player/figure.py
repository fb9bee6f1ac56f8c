"""The player's figure: what stays the same, what changes from step to step, and the controls."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from metalearn.plots.player.moving import moving_traces
from metalearn.plots.player.scene import PLAYING, STEP, Scene
from metalearn.plots.player.still import draw_still, panels
from metalearn.plots.player.views import Recording

NOW = {"mode": "immediate", "transition": {"duration": 0}}
PLAY = {"frame": {"duration": 700, "redraw": True}, "fromcurrent": True, **NOW}
CHANGE = ("type", "x", "y", "z", "text", "hovertext", "marker")  # what a frame changes of a trace
JUMP = {"frame": {"duration": 0, "redraw": True}, **NOW}


def adaptation_player(
    recording: Recording, start: int = 0, narrow: bool = False, words: Mapping[str, str] = MappingProxyType({})
) -> go.Figure:
    """Play how one learner, or two or three side by side, adapt to a task.

    A query has a blue frame where the answer is right and an orange one where it is wrong. Below it is the answer, as
    the letter of a class, with its probability.

    Parameters
    ----------
    recording : Recording
        What to play.
    start : int
        The step at which the figure opens.
    narrow : bool
        Whether to put the panels below one another, for a phone.
    words : mapping of str to str
        Translations of ``WORDS``; a word that is left out stays in English.

    Returns
    -------
    plotly Figure
        With a slider, and buttons to play.
    """
    figure, frames = _drawn(Scene(recording, narrow, words), start)
    figure.frames = frames
    return figure


def adaptation_spec(
    recording: Recording, start: int = 0, narrow: bool = False, words: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the figure of :func:`adaptation_player` as a dictionary for a browser, in a third of the time."""
    figure, frames = _drawn(Scene(recording, narrow, words), start)
    return {**figure.to_dict(), "frames": frames}


def _drawn(scene: Scene, start: int) -> tuple[go.Figure, list[dict[str, Any]]]:
    """Draw the scene at step ``start``, and return the frames of all steps beside it.

    They are not put into the figure, because plotly takes long to check them there.
    """
    start = min(max(start, 0), scene.steps)
    figure = panels(scene)
    for panel, place in scene.places.items():
        if scene.has(panel):
            draw_still(figure, scene, panel, place)
    fixed = len(figure.data)
    for trace, place in moving_traces(scene, start):
        figure.add_trace(trace, row=place.row, col=place.col)
    changing = list(range(fixed, len(figure.data)))
    frames = [
        {
            "name": str(step),
            "traces": changing,
            "data": [{key: trace[key] for key in CHANGE if key in trace} for trace, _ in moving_traces(scene, step)],
            "layout": {"updatemenus": [_buttons(step, scene)]},
        }
        for step in range(scene.steps + 1)
    ]
    return _with_controls(figure, scene, start), frames


def _buttons(step: int, scene: Scene) -> dict[str, Any]:
    """Return the buttons: play, pause, a step back, a step forward. Each frame has its own, as steps start from it."""
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
        # Above a narrow figure, the buttons take the room of the step's number.
        "currentvalue": {"prefix": scene.say(STEP) + " ", "xanchor": "right", "visible": not scene.narrow},
        "pad": {"b": 34},
        "len": 1,
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "steps": steps,
    }
    return figure.update_layout(updatemenus=[_buttons(start, scene)], sliders=[slider])
