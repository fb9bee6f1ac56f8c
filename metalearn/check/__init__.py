"""Checks of the exercises: run a student's function on small hidden cases, and say what holds and what does not yet.

Each check takes the function and returns a :class:`Result`; it raises nothing, whatever the function does. It looks at
one point after the other, from the shape of what is returned to its numbers, and stops at the first that does not hold,
since the later ones rely on it. For a wrong answer that people often give, the hint names the idea behind it.

A check takes ``hint=2`` for more help. The solutions are in ``notebooks/solutions``, one file per notebook; every check
passes them. The blanks that students fill in are made from them by ``notebooks/blanks.py``.

Checks speak the language of the course (``ml.course.set_language``). A text that is changed or new needs its Chinese,
in ``texts/NN.toml``; a test says which are missing.
"""

from metalearn.check.notebook01 import draw_task
from metalearn.check.notebook02 import prototype_logits, reptile_step
from metalearn.check.notebook03 import fisher, gradient_embedding
from metalearn.check.notebook04 import adaptation_embedding, fold_in
from metalearn.check.notebook05 import task_start
from metalearn.check.notebook06 import alfa_step, inner_step
from metalearn.check.notebook07 import attend, straight_through
from metalearn.check.notebook08 import spotlight
from metalearn.check.notebook09 import paired_difference
from metalearn.check.notebook10 import ink
from metalearn.check.notebook11 import combined_gradient, shares
from metalearn.check.result import Result

__all__ = [
    "Result",
    "adaptation_embedding",
    "alfa_step",
    "attend",
    "combined_gradient",
    "draw_task",
    "fisher",
    "fold_in",
    "gradient_embedding",
    "ink",
    "inner_step",
    "paired_difference",
    "prototype_logits",
    "reptile_step",
    "shares",
    "spotlight",
    "straight_through",
    "task_start",
]
