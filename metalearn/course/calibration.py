"""How long the notebooks take on this machine: a fixed piece of the kit's work, timed, and compared with a reference.

``times.json`` holds the reference: seconds of the same piece, and of each notebook, on the two cores on which the
notebooks' stored pictures were made. ``notebooks/execute.py`` writes it.
"""

import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metalearn.tasks.task_batch import TaskBatch

TIMES = Path(__file__).parent / "times.json"
ROUNDS = 7  # of a third of a second on two cores


@dataclass(frozen=True)
class NotebookTime:
    """What a notebook takes on the reference machine.

    Parameters
    ----------
    notebook : str
        Its number.
    seconds, promised : float
        What it took, and what it promises to take at most.
    peak_mb : int
        Its largest memory, in MB.
    """

    notebook: str
    seconds: float
    promised: float
    peak_mb: int


@dataclass(frozen=True)
class Reference:
    """The reference machine: seconds of one round of the piece, and of the notebooks."""

    round_s: float
    notebooks: tuple[NotebookTime, ...]

    def __str__(self) -> str:
        of = [vars(one) for one in self.notebooks]
        return json.dumps({"round_s": round(self.round_s, 4), "notebooks": of}, indent=1) + "\n"


def read_reference() -> Reference:
    """Return what was measured on the reference machine."""
    kept = json.loads(TIMES.read_text("utf-8"))
    return Reference(kept["round_s"], tuple(NotebookTime(**one) for one in kept["notebooks"]))


def time_round() -> float:
    """Return the median seconds of one round of the piece: what ships is loaded, adapts to tasks, and embeds them.

    Raises MetalearnError where what ships cannot be used.
    """
    import torch

    from metalearn.pretrained.embedders import load_embedder
    from metalearn.pretrained.learners import load_learner

    learner, embedder, batch = load_learner("preinit", "lake"), load_embedder("gradient", "lake"), _batch()
    times = []
    for _ in range(ROUNDS + 1):  # the first does not count: it warms up
        start = time.perf_counter()
        with torch.no_grad():
            learner.adapt(batch, steps=3)
        embedder.transform(batch)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def _batch() -> "TaskBatch":
    """Return eight tasks of noise: how long they take does not depend on what is drawn."""
    import torch

    from metalearn.tasks.task_batch import TaskBatch

    x = torch.rand(8, 25, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    y = torch.arange(5).repeat_interleave(5).expand(8, -1)
    nowhere = torch.full_like(y, -1)
    return TaskBatch(x, y, x, y, ways=5, support_ids=nowhere, query_ids=nowhere)
