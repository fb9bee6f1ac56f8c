"""A recording as a scene: the small JSON that ``player.js`` plays, and that a film strip is drawn from."""

from collections.abc import Mapping
from math import isfinite
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from metalearn.characters.png import png_address
from metalearn.errors import MetalearnError
from metalearn.plots.player.recording import AdaptationView, Plane, Recording, TaskOnMap
from metalearn.plots.style import PALETTE, SEQUENCE

RIGHT, WRONG, PATH, SPOTLIGHT = PALETTE[0], PALETTE[5], PALETTE[4], PALETTE[6]
LEARNERS = (PALETTE[2], PALETTE[3], PALETTE[7])  # the colours of their lines, which also differ in their dashes
MOST_LEARNERS = len(LEARNERS)
# Tol's muted palette, with two light colours made darker. They can be told apart in colour blindness, and from the
# colours of right and wrong.
CLASSES = (
    "#332288", "#CC6677", "#117733", "#B8860B", "#3399CC", "#882255", "#44AA99", "#999933", "#AA4499", "#777777"
)  # fmt: skip
TINT = 90  # of 255: how much of its class's colour a decision region has
COLUMNS = 32  # drawings in a row of the sheet
MAP_UNITS = 1000  # how finely places on the map are told
MOST_ON_MAP = 2000  # tasks: a small map shows no more than that

# Every text of the player, by the name that player.js knows it by.
TEXTS = MappingProxyType(
    {
        "player": "How learners adapt, step by step",
        "keys": "Arrow keys go from step to step, the space bar plays and pauses.",
        "play": "Play",
        "pause": "Pause",
        "back": "One step back",
        "forward": "One step forward",
        "step": "Step",
        "at": "step {step}",
        "now": "step {step} of {steps}",
        "said": "step {step} of {steps}: {learners}",
        "outcome": "{learner} {share}",
        "unanswered": "no answer yet",
        "support": "support",
        "queries": "queries",
        "plane": "decision regions",
        "loss": "support loss",
        "accuracy": "query accuracy",
        "map": "the task on the map",
        "sizes": "step sizes, {low} to {high}",
        "attention": "attention weights",
        "ofSize": "{layer}, step {step}: {size}",
        "ofWeight": "part {number}: {weight}",
        "ofAnswer": "is {name}, taken for {guess}, {share}",
        "ofNoAnswer": "is {name}, no answer yet",
    }
)
WORDS = tuple(TEXTS.values())


def make_scene(recording: Recording, words: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """Return what the player draws, as plain lists, numbers and texts.

    Parameters
    ----------
    recording : Recording
        What to play.
    words : mapping of str to str
        Translations of ``WORDS``; a text that is left out stays in English.

    Returns
    -------
    dict
        Drawings and decision regions are images in ``data:`` URLs. All places are shares of the panel, from the top
        left. A number that is not finite is None.

    Raises
    ------
    MetalearnError
        For more than three learners, or none.
    """
    views = recording.views
    if not 1 <= len(views) <= MOST_LEARNERS:
        raise MetalearnError("the player shows 1 to {most} learners, not {count}", most=MOST_LEARNERS, count=len(views))
    ways = len(recording.class_names)
    return {
        "steps": len(views[0].support_loss) - 1,
        "classes": [
            {"name": name, "letter": letter(i), "colour": CLASSES[i % len(CLASSES)]}
            for i, name in enumerate(recording.class_names)
        ],
        "drawings": _sheet(np.concatenate([recording.support, recording.images])),
        "columns": COLUMNS,
        "side": list(recording.images.shape[1:]),
        "support": recording.support_y.tolist(),
        "queries": recording.answers.tolist(),
        "learners": [_learner(view, colour, ways) for view, colour in zip(views, LEARNERS, strict=False)],
        "map": None if recording.on_map is None else _map(recording.on_map),
        "colours": {"right": RIGHT, "wrong": WRONG, "path": PATH, "spotlight": SPOTLIGHT, "sequence": list(SEQUENCE)},
        "words": {name: words.get(text, text) for name, text in TEXTS.items()},
    }


def letter(number: int) -> str:
    """Return the letter of a class: A to Z, then AA, AB and so on."""
    before, last = divmod(number, len(ascii_uppercase))
    return (letter(before - 1) if before else "") + ascii_uppercase[last]


def _learner(view: AdaptationView, colour: str, ways: int) -> dict[str, Any]:
    return {
        "name": view.learner,
        "colour": colour,
        "loss": _numbers(view.support_loss),
        "accuracy": _numbers(view.query_accuracy),
        "guesses": view.guesses.tolist(),
        "shares": _numbers(view.probabilities.max(-1)),
        "plane": None if view.plane is None else _plane(view.plane, ways),
        "sizes": _sizes(view.step_sizes or {}),
        "attention": _attention(view.attention),
        "spotlight": None if view.spotlight is None else _numbers(view.spotlight),
    }


def _plane(plane: Plane, ways: int) -> dict[str, Any]:
    """Return the regions as one image, the steps below each other, and where the drawings are in it."""
    flipped = plane.regions[:, ::-1] + 1  # the first row of an image is the uppermost; 0 is no answer yet
    image = Image.fromarray(flipped.reshape(-1, flipped.shape[2]).astype(np.uint8), "P")
    colours = [CLASSES[i % len(CLASSES)] for i in range(ways)]
    image.putpalette(bytes.fromhex("000000" + "".join(colour[1:] for colour in colours)))
    image.info["transparency"] = bytes([0] + [TINT] * ways)
    low, high = np.array([plane.x[0], plane.y[0]]), np.array([plane.x[-1], plane.y[-1]])

    def placed(points: np.ndarray) -> list[Any]:
        shares = (points - low) / np.maximum(high - low, 1e-12)
        return _numbers(np.stack([shares[..., 0], 1 - shares[..., 1]], -1))

    return {"regions": png_address(image), "support": placed(plane.support), "queries": placed(plane.queries)}


def _sizes(step_sizes: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """Return the step sizes, one row per layer; None where they say nothing, being all the same."""
    values = np.array(list(step_sizes.values()))
    if _says_nothing(values):
        return None
    return {"layers": [name.replace("_", " ") for name in step_sizes], "values": _numbers(values)}


def _attention(weights: np.ndarray | None) -> list[Any] | None:
    """Return the weights at each step; None where they say nothing, being all the same."""
    return None if weights is None or _says_nothing(weights) else _numbers(weights)


def _says_nothing(values: np.ndarray) -> bool:
    """Whether all numbers are the same; those that are not finite do not count."""
    known = values[np.isfinite(values)]
    return known.size == 0 or float(np.ptp(known)) <= 1e-6 * float(np.abs(known).max())


def _map(on_map: TaskOnMap) -> dict[str, Any]:
    """Return places on the map in whole units, from its top left; both directions are scaled alike."""
    tasks, path = on_map.tasks[:, :2], on_map.path[:, :2]
    every = np.concatenate([tasks, path[np.isfinite(path).all(1)]])
    low, high = every.min(0), every.max(0)
    across = max(float((high - low).max()), 1e-12)

    def placed(points: np.ndarray) -> list[Any]:
        units = MAP_UNITS * (points - low) / across
        return _numbers(np.stack([units[:, 0], MAP_UNITS * (high[1] - low[1]) / across - units[:, 1]], -1).round())

    thinned = tasks[:: -(-len(tasks) // MOST_ON_MAP)]
    return {
        "size": [int(value) for value in np.ceil(MAP_UNITS * (high - low) / across)],
        "tasks": placed(thinned),
        "classes": placed(tasks[list(on_map.classes)]),
        "path": placed(path),
    }


def _sheet(drawings: np.ndarray) -> str:
    """Return one image with all drawings, black ink on a transparent ground, so that any colour can be given to it."""
    count, height, width = drawings.shape
    rows = -(-count // COLUMNS)
    cells = np.zeros((rows * COLUMNS, height, width), np.uint8)
    cells[:count] = drawings
    ink = cells.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)
    return png_address(Image.merge("LA", [Image.new("L", ink.shape[::-1]), Image.fromarray(ink)]))


def _numbers(values: np.ndarray) -> list[Any]:
    """Return an array as nested lists of numbers of four digits, with None for what JSON has no number for."""
    found: list[Any] = _told(values.tolist())
    return found


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(entry) for entry in value]
    return float(f"{value:.4g}") if isfinite(value) else None
