"""What a player shows, and where: its panels, their places and sizes, its words and colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metalearn.errors import MetalearnError
from metalearn.plots.player.views import AdaptationView, Recording
from metalearn.plots.style import PALETTE

LEARNERS = ((PALETTE[2], "solid", "━━"), (PALETTE[3], "dash", "╌╌"), (PALETTE[7], "dot", "┈┈"))
# In units of a drawing's pixels: a cell holds a drawing in its frame and the answer below it.
SIDE, CELL_WIDTH, CELL_HEIGHT = 28, 34, 44
# In pixels of the screen.
CURVES_HEIGHT, CLASS_HEIGHT, BETWEEN, CONTROLS_HEIGHT = 230, 74, 65, 125
PLANE_HEIGHT, LAYER_HEIGHT, ATTENTION_HEIGHT = 300, 15, 110
WIDE, NARROW = 1180, 340

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
OF_NO_ANSWER, OF_QUERY_YET = "is {name}<br>no answer yet", "query, is {name}<br>no answer yet"
PLAYING = ("Play", "Pause", "◀ Step", "Step ▶")
STEP = "step"
OF_DRAWINGS = (OF_SUPPORT, OF_QUERY, OF_QUERY_YET, OF_ANSWER, OF_NO_ANSWER)
WORDS = (*TITLES.values(), SIZES, ONE_SIZE, OF_SIZE, OF_WEIGHT, *OF_DRAWINGS, *PLAYING, STEP)


class Panel(NamedTuple):
    """A panel: what it shows, and of which learner; None for a panel of all learners."""

    kind: str
    learner: int | None = None


class Place(NamedTuple):
    """Where a panel is in the figure."""

    row: int
    col: int
    width: float


@dataclass(frozen=True)
class Scene:
    """All panels of a player and their places, with the words in which they are labelled."""

    recording: Recording
    narrow: bool
    words: Mapping[str, str]

    def __post_init__(self) -> None:
        if not 1 <= len(self.views) <= len(LEARNERS):
            raise MetalearnError(
                "the player shows 1 to {most} learners, not {count}", most=len(LEARNERS), count=len(self.views)
            )

    @property
    def views(self) -> Sequence[AdaptationView]:
        """What each learner did."""
        return self.recording.views

    def say(self, text: str, **blanks: object) -> str:
        """Return one of ``WORDS`` in the language of the figure, with its blanks filled in."""
        return self.words.get(text, text).format(**blanks)

    @property
    def steps(self) -> int:
        """How many steps there are to see."""
        return len(self.views[0].support_loss) - 1

    @property
    def rows(self) -> list[list[Panel]]:
        """The panels, row by row; in a narrow figure, one per row."""
        learners = range(len(self.views))
        rows = [[Panel("loss"), Panel("accuracy"), *([Panel("map")] if self.recording.on_map else [])]]
        for kind in ("queries", "plane", "step sizes", "attention"):
            if any(self.has(Panel(kind, i)) for i in learners):
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
        """Return the height of panels of a kind, in pixels."""
        if kind == "queries":
            return int(CLASS_HEIGHT * len(self.recording.class_names) * (0.85 if self.narrow else 1))
        if kind == "step sizes":
            return 30 + LAYER_HEIGHT * max(len(view.step_sizes or ()) for view in self.views)
        return {"plane": PLANE_HEIGHT, "attention": ATTENTION_HEIGHT}.get(kind, CURVES_HEIGHT)

    @property
    def places(self) -> dict[Panel, Place]:
        """Where each panel is. Six columns can be divided among one, two or three learners; a narrow figure has one."""
        columns, width = (1, NARROW) if self.narrow else (6, WIDE)
        return {
            panel: Place(1 + r, 1 + c * columns // across(row), width / across(row))
            for r, row in enumerate(self.rows)
            for c, panel in enumerate(row)
        }

    def title(self, panel: Panel) -> str:
        """Return the title of a panel."""
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
            low, high = span(view.step_sizes)
            return line + self.say(SIZES if high > low else ONE_SIZE, low=f"{low:.2g}", high=f"{high:.2g}")
        return line + self.say(TITLES[panel.kind])


def across(row: Sequence[Panel]) -> int:
    """Return into how many equal parts a row is divided: three for a row of curves, with or without a map."""
    return 3 if len(row) > 1 and row[0].learner is None else len(row)


def span(step_sizes: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """Return the smallest and the largest of all step sizes."""
    sizes = np.concatenate(list(step_sizes.values()))
    return float(sizes.min()), float(sizes.max())


def _fit(title: str, width: float) -> str:
    """Break a title into lines if its panel is too narrow for it."""
    most = int(width / 9) - 4
    words, lines = title.split(" "), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def corners(count: int, columns: int) -> np.ndarray:
    """Return the top left corner of each drawing on the sheet: (top, left), ``[count, 2]``."""
    row, column = np.divmod(np.arange(count), columns)
    return np.stack([row * CELL_HEIGHT + 3, column * CELL_WIDTH + 3], axis=1)
