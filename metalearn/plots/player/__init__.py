"""Watch learners adapt: one figure that plays a task's adaptation step by step, in the browser alone."""

from metalearn.plots.player.figure import adaptation_player, adaptation_spec
from metalearn.plots.player.moving import RIGHT, WRONG
from metalearn.plots.player.scene import LEARNERS, WORDS
from metalearn.plots.player.views import NO_ANSWER, AdaptationView, Plane, Recording, TaskOnMap

__all__ = [
    "LEARNERS",
    "NO_ANSWER",
    "RIGHT",
    "WORDS",
    "WRONG",
    "AdaptationView",
    "Plane",
    "Recording",
    "TaskOnMap",
    "adaptation_player",
    "adaptation_spec",
]
