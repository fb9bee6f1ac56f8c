"""What learners do with a task: the work that is done in the dashboard's worker processes.

Nothing here knows of Streamlit, or of a visitor: what comes out depends on what was asked, and on that alone. What
needs torch is imported inside functions: the server imports this file to name them, and has no need of torch.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dashboard.asked import Asked, Watched
from metalearn import data
from metalearn.data import CharacterSet
from metalearn.maps import TaskMap

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from metalearn.learners.learner import Learner

Trained = dict[str, "Learner"]  # learners that visitors have trained, by their names: the server alone has them


def watched(asked: Asked, shown: TaskMap | None, trained: Trained) -> Watched:
    """Let each learner adapt to the very same task; ``shown`` is the map to find it on, where there is one."""
    from metalearn import watching

    characters, questions = _characters(), "mixed" if asked.mixed else "character"
    question = watching.Question(asked.question, asked.characters, asked.ways, asked.shots, asked.queries, asked.seed)
    task = question.task(characters)
    views = []
    for entrant in asked.entrants:
        learner = trained.get(entrant.learner) or shipped(entrant.learner, asked.split, questions)
        embedding = watching.told(learner, question, characters, entrant.told)
        views.append(watching.watch(entrant.title, learner, task, asked.steps, embedding))
    on_map = None
    if shown is not None:
        classes = watching.positions(characters, asked.characters)
        on_map = watching.on_map(shown, _embedder(asked.split), task, classes, asked.steps)
    pictures, answers = watching.query_pictures(task), task.query_y[0].numpy()
    return Watched(views, on_map, pictures, answers, question.class_names(characters))


def answers(
    learner: str,
    split: str,
    trained: Trained,
    classes: Sequence[Sequence[np.ndarray]],
    queries: Sequence[np.ndarray],
) -> tuple[np.ndarray, int]:
    """Return the probabilities of the classes for each of a visitor's queries, ``[S+1, queries, ways]``, and S."""
    import torch

    from metalearn import own

    found = trained.get(learner) or shipped(learner, split, "character")
    with torch.no_grad():
        logits = found.adapt(own.task(classes, queries)).query_logits[:, 0]
    return logits.softmax(-1).numpy(), found.steps


@lru_cache(maxsize=1)
def _characters() -> CharacterSet:
    return data.load(download=False)


@lru_cache(maxsize=16)
def shipped(name: str, split: str, questions: str) -> "Learner":
    """Return a learner that ships; it is never changed, as who asks next gets it too."""
    from metalearn import recipes

    return recipes.load_learner(name, split, questions)


@lru_cache(maxsize=2)
def _embedder(split: str) -> "Pipeline":
    from metalearn import families

    return families.load_embedder(split)
