"""How the time of a meta-step grows: with tasks, ways, shots, inner steps, and the size of images."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go
import torch.nn.functional as F
from plotly.subplots import make_subplots
from torch import Tensor
from tqdm import tqdm

from metalearn.benchmark.timing import by_turns
from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.characters.splits import split
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.plots.style import PALETTE, styled
from metalearn.tasks.episodes import Episodes
from metalearn.training.objectives import query_loss

Row = dict[str, Any]


@dataclass(frozen=True)
class MetaStep:
    """A second-order step of MAML, with one query per class; ``pixels`` is the side of an image."""

    tasks: int = 16
    ways: int = 5
    shots: int = 1
    steps: int = 1
    pixels: int = IMAGE_SIZE

    def prepare(self, characters: CharacterSet) -> Callable[[], None]:
        """Return a function that takes the step."""
        network = _Network(widths=(32, 32, 32, 32), pools=(), strided=(1, 2, 3, 4), pixels=self.pixels)
        everything = LearnedInit((*network.body, *HEAD))
        learner = Learner(network, everything, SGD(0.1), steps=self.steps, second_order=True)
        pool = split(characters, "article").train
        batch = Episodes(characters, pool, self.ways, self.shots, 1, batch_size=self.tasks).batch(0)
        batch = replace(batch, support_x=self._resized(batch.support_x), query_x=self._resized(batch.query_x))

        def step() -> None:
            learner.zero_grad()
            query_loss(learner, batch).backward()

        return step

    def _resized(self, x: Tensor) -> Tensor:
        return F.interpolate(x.flatten(0, 1), self.pixels).unflatten(0, x.shape[:2])


@dataclass(frozen=True)
class _Network(Backbone):
    """A network for images of another size."""

    pixels: int = IMAGE_SIZE

    @property
    def features_size(self) -> int:
        side = self.pixels
        for _ in self.strided:
            side = (side + 1) // 2
        return self.widths[-1] * side * side


SIZES = {
    "tasks": (4, 8, 16, 32, 64),
    "ways": (2, 5, 10, 20),
    "shots": (1, 2, 5, 10),
    "steps": (1, 2, 5, 10),
    "pixels": (14, 28, 56),
}


def measure(
    characters: CharacterSet,
    sizes: dict[str, tuple[int, ...]] = SIZES,
    repetitions: int = 5,
    usual: MetaStep | None = None,
) -> list[Row]:
    """Time meta-steps in which one of ``sizes`` is not the usual one: milliseconds, one row for each size."""
    usual = usual or MetaStep()
    rows = []
    for what, some in tqdm(sizes.items(), desc="growth", unit="curve"):
        ways = {str(size): replace(usual, **{what: size}).prepare(characters) for size in some}
        for size, seconds in by_turns(ways, repetitions).items():
            rows.append(
                {
                    "grows": what,
                    "size": int(size),
                    "ms": round(1000 * statistics.median(seconds), 2),
                    "spread_ms": [round(1000 * s, 2) for s in (min(seconds), max(seconds))],
                }
            )
    return rows


def figure(rows: list[Row]) -> go.Figure:
    """Draw one curve per size, each over its own axis: a straight line is a cost in proportion."""
    kinds = list(dict.fromkeys(row["grows"] for row in rows))
    drawn = make_subplots(cols=len(kinds), shared_yaxes=True, subplot_titles=kinds)
    for column, kind in enumerate(kinds, start=1):
        x, y = zip(*((row["size"], row["ms"]) for row in rows if row["grows"] == kind), strict=True)
        drawn.add_scatter(x=x, y=y, mode="lines+markers", marker={"color": PALETTE[0], "size": 9}, row=1, col=column)
    drawn.update_yaxes(rangemode="tozero").update_xaxes(rangemode="tozero").update_layout(showlegend=False)
    return styled(drawn).update_layout(margin_t=50, yaxis_title="milliseconds a meta-step")
