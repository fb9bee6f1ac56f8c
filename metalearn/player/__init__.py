"""Watch learners adapt: one figure that plays a task's adaptation step by step, in the browser alone."""

from metalearn.player.figure import adaptation_player, adaptation_spec
from metalearn.player.moving import RIGHT, WRONG
from metalearn.player.scene import LEARNERS, WORDS
from metalearn.player.views import AdaptationView, Plane, TaskOnMap

__all__ = [
    "LEARNERS",
    "RIGHT",
    "WORDS",
    "WRONG",
    "AdaptationView",
    "Plane",
    "TaskOnMap",
    "adaptation_player",
    "adaptation_spec",
]
