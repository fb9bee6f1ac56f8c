"""A film strip: the queries at a few steps, as one still picture, for where nothing can move."""

from collections.abc import Sequence
from hashlib import sha256
from html import escape
from typing import Any

STEPS = (0, 1, 2, 5, 10)
LABEL, CELL, GAP, HEAD, LINE, EDGE = 156, 120, 16, 22, 18, 6  # pixels
MUTED = "#707070"
LIT = 0.55  # how much of its own colour the light has that falls on what a learner attends to


def draw_film_strip(scene: dict[str, Any], steps: Sequence[int] = STEPS) -> str:
    """Return a scene's film strip as SVG: one column per step, one row per learner, the support set before them.

    A query is framed as in the player: blue where it is named right, orange where wrong, dashed grey where there is no
    answer yet. The last step is always shown; steps that were not taken are left out. Light falls on the parts of an
    image that a learner attends to.
    """
    shown = sorted({step for step in steps if 0 <= step <= scene["steps"]} | {scene["steps"]})
    rows = [_learner(scene, learner, shown) for learner in scene["learners"]]
    ways = len(scene["classes"])
    row = ways * max(_side(scene, "support"), _side(scene, "queries")) + LINE + GAP
    width, height = LABEL + (len(shown) + 1) * (CELL + GAP), HEAD + round(len(rows) * row)
    heads = [(scene["words"]["support"], LABEL)]
    heads += [(_at(scene, step), LABEL + (i + 1) * (CELL + GAP)) for i, step in enumerate(shown)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(_summary(scene))}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<defs><image id="{_sheet(scene)}" href="{scene["drawings"]}"/></defs>',
        *(_text(text, x, 14, MUTED) for text, x in heads),
    ]
    for i, drawn in enumerate(rows):
        parts.append(f'<g transform="translate(0 {HEAD + i * row:.0f})">{drawn}</g>')
    return "".join([*parts, "</svg>"])


def _summary(scene: dict[str, Any]) -> str:
    """Say in words what the last step shows."""
    learners = ", ".join(f"{learner['name']} {_share(scene, learner, -1)}" for learner in scene["learners"])
    return f"{scene['words']['player']}. {_at(scene, scene['steps'])}: {learners}"


def _at(scene: dict[str, Any], step: int) -> str:
    text: str = scene["words"]["at"]
    return text.format(step=step)


def _share(scene: dict[str, Any], learner: dict[str, Any], step: int) -> str:
    unanswered = all(guess < 0 for guess in learner["guesses"][step])
    return scene["words"]["unanswered"] if unanswered else f"{learner['accuracy'][step]:.0%}"


def _learner(scene: dict[str, Any], learner: dict[str, Any], shown: Sequence[int]) -> str:
    """Draw one row: the learner's name, the support set, and the queries at each step that is shown."""
    parts = [_text(line, EDGE, 14 + 15 * i, "black", "bold") for i, line in enumerate(_wrapped(learner["name"]))]
    support = _grid(scene, learner, "support")
    parts.append(f'<g transform="translate({LABEL} 0)">{support}</g>')
    for i, step in enumerate(shown):
        colours = [
            MUTED if guess < 0 else scene["colours"]["right" if guess == truth else "wrong"]
            for guess, truth in zip(learner["guesses"][step], scene["queries"], strict=True)
        ]
        queries = _grid(scene, learner, "queries", colours)
        share = _text(_share(scene, learner, step), 0, len(scene["classes"]) * _side(scene, "queries") + 14, "black")
        parts.append(f'<g transform="translate({LABEL + (i + 1) * (CELL + GAP)} 0)">{queries}{share}</g>')
    return "".join(parts)


def _rows(scene: dict[str, Any], kind: str) -> list[list[int]]:
    """Return the numbers of the support drawings or of the queries, one row per class."""
    return [[i for i, c in enumerate(scene[kind]) if c == k] for k in range(len(scene["classes"]))]


def _side(scene: dict[str, Any], kind: str) -> float:
    """Return how large a drawing is, so that all of its kind fit."""
    rows = _rows(scene, kind)
    return CELL / max(len(rows), *map(len, rows))


def _grid(scene: dict[str, Any], learner: dict[str, Any], kind: str, frames: Sequence[str] = ()) -> str:
    """Lay out the support drawings or the queries, one row per class, in frames of these colours if there are any."""
    side, first = _side(scene, kind), 0 if kind == "support" else len(scene["support"])
    parts = []
    for row, drawings in enumerate(_rows(scene, kind)):
        for column, i in enumerate(drawings):
            x, y = column * side, row * side
            parts.append(_light(scene, learner["spotlight"], x + 2, y + 2, side - 4))
            parts.append(_drawing(scene, first + i, x + 2, y + 2, side - 4))
            if frames:
                dashed = ' stroke-dasharray="3 3"' if frames[i] == MUTED else ""
                parts.append(
                    f'<rect x="{x + 1:.1f}" y="{y + 1:.1f}" width="{side - 2:.1f}" height="{side - 2:.1f}" fill="none" '
                    f'stroke="{frames[i]}" stroke-width="1.8"{dashed}/>'
                )
    return "".join(parts)


def _light(scene: dict[str, Any], spotlight: list[list[float]] | None, x: float, y: float, side: float) -> str:
    """Lay light below a drawing: more on parts that a learner sees more of, and none on the darkest."""
    parts, rows = [], spotlight or []
    darkest = min((min(row) for row in rows), default=0.0)
    for r, row in enumerate(rows):
        wide, high = side / len(row), side / len(rows)
        for c, bright in enumerate(row):
            parts.append(
                f'<rect x="{x + c * wide:.1f}" y="{y + r * high:.1f}" width="{wide:.1f}" height="{high:.1f}" '
                f'fill="{scene["colours"]["spotlight"]}" fill-opacity="{LIT * (bright - darkest):.2f}"/>'
            )
    return "".join(parts)


def _drawing(scene: dict[str, Any], number: int, x: float, y: float, side: float) -> str:
    """Cut one drawing out of the sheet."""
    height, width = scene["side"]
    row, column = divmod(number, scene["columns"])
    return (
        f'<svg x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" '
        f'viewBox="{column * width} {row * height} {width} {height}"><use href="#{_sheet(scene)}"/></svg>'
    )


def _sheet(scene: dict[str, Any]) -> str:
    """Name the sheet. Several strips may stand on one page, so that each needs a name of its own."""
    return "sheet-" + sha256(scene["drawings"].encode()).hexdigest()[:8]


def _text(text: str, x: float, y: float, colour: str, weight: str = "normal") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-weight="{weight}">{escape(text)}</text>'


def _wrapped(name: str, most: int = 20) -> list[str]:
    """Break a name into lines that fit before a row."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
