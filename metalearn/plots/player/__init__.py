"""Watch learners adapt: a player of a task's adaptation, step by step, for notebooks, the dashboard and any browser.

A recording (``recorder.py``) becomes one small scene (``scene.py``), which one file of drawing code (``player.js``)
plays everywhere. Where nothing can move, the same scene is a film strip (``film_strip.py``).
"""

from metalearn.plots.player.player import PLAYER_CSS, PLAYER_JS, Player
from metalearn.plots.player.recording import NO_ANSWER, AdaptationView, Plane, Recording, TaskOnMap
from metalearn.plots.player.scene import MOST_LEARNERS, RIGHT, WORDS, WRONG, make_scene

__all__ = [
    "MOST_LEARNERS",
    "NO_ANSWER",
    "PLAYER_CSS",
    "PLAYER_JS",
    "RIGHT",
    "WORDS",
    "WRONG",
    "AdaptationView",
    "Plane",
    "Player",
    "Recording",
    "TaskOnMap",
    "make_scene",
]
