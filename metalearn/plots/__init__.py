"""Every figure of the kit, drawn once for notebooks, dashboard and book. Nothing here computes a result."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from metalearn.plots.charts import Mark, bars, curves, dots, gains, over_sizes, ratios, vector
from metalearn.plots.dial_chart import dial
from metalearn.plots.drawing_sheet import drawings
from metalearn.plots.style import MUTED, PALETTE, SEQUENCE, STRESSED, SYMBOLS, short_name, styled
from metalearn.plots.task_maps import (
    COMPONENTS,
    map_label,
    task_map,
    with_drawings,
    with_neighbours,
    with_own,
    with_selected,
)

if TYPE_CHECKING:
    from metalearn.plots.player.recorder import adaptation, on_map

__all__ = [
    "COMPONENTS",
    "MUTED",
    "PALETTE",
    "SEQUENCE",
    "STRESSED",
    "SYMBOLS",
    "Mark",
    "adaptation",
    "bars",
    "curves",
    "dial",
    "dots",
    "drawings",
    "gains",
    "map_label",
    "on_map",
    "over_sizes",
    "ratios",
    "short_name",
    "styled",
    "task_map",
    "vector",
    "with_drawings",
    "with_neighbours",
    "with_own",
    "with_selected",
]


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first used: the dashboard's first page draws maps without it."""
    if name in ("adaptation", "on_map"):
        return getattr(import_module("metalearn.plots.player.recorder"), name)
    raise AttributeError(f"module 'metalearn.plots' has no attribute {name!r}")
