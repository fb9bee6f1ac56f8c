"""The work that is done in worker processes: learners adapt to a task.

Nothing here knows of Streamlit or of a visitor: a result depends on the request alone. The server imports this file to
name these functions, and does without torch: what needs torch is imported inside functions.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dashboard.adaptation_request import AdaptationRequest
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.load import load_characters
from metalearn.maps.task_map import TaskMap
from metalearn.plots.player import Recording

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from torch import Tensor

    from metalearn.learners.learner import Learner
    from metalearn.tasks.task_batch import TaskBatch

# Learners that visitors have trained, by name. The server has them, and sends them along.
TrainedLearners = dict[str, "Learner"]


def record_adaptation(request: AdaptationRequest, task_map: TaskMap | None, trained: TrainedLearners) -> Recording:
    """Let each learner adapt to the same task, and record it; the task is placed on ``task_map`` if there is one."""
    from metalearn.plots.player.recorder import on_map, record

    characters, world = _characters(), "mixed" if request.mixed else "characters"
    task = request.task(characters)
    learners, embeddings = {}, {}
    for name, source, title in request.entrants:
        learners[title] = trained.get(name) or shipped_learner(name, request.split, world)
        if source != "own":
            embedding = _told(learners[title], source, task, request, characters)
            if embedding is not None:
                embeddings[title] = embedding
    place = None if task_map is None else on_map(task, task_map, _gradient_embedder(request.split), request.steps)
    return record(learners, task, request.steps, embeddings, characters, place)


def _told(
    learner: "Learner", source: str, task: "TaskBatch", request: AdaptationRequest, characters: CharacterSet
) -> "Tensor | None":
    """Return what a learner is told about the task in place of its own embedding."""
    from metalearn.evaluation.accuracy import embedding_for

    if source in ("question", "shuffled"):
        return learner.embed(request.another_task(characters, source))
    return embedding_for(learner, task, source, seed=request.seed)


def recognise(
    learner_name: str,
    split: str,
    trained: TrainedLearners,
    classes: Sequence[Sequence[np.ndarray]],
    queries: Sequence[np.ndarray],
) -> tuple[np.ndarray, int]:
    """Adapt to a visitor's own drawings, and say which class each query belongs to.

    Returns the probabilities before every step and at the end, ``[steps + 1, queries, ways]``, and the number of steps.
    """
    import torch

    from metalearn.tasks.single_task import task_from_images

    learner = trained.get(learner_name) or shipped_learner(learner_name, split, "characters")
    with torch.no_grad():
        logits = learner.adapt(task_from_images(classes, queries)).query_logits[:, 0]
    return logits.softmax(-1).numpy(), learner.steps


@lru_cache(maxsize=1)
def _characters() -> CharacterSet:
    return load_characters(download=False)


@lru_cache(maxsize=16)
def shipped_learner(name: str, split: str, world: str) -> "Learner":
    """Return a learner that ships. It is shared by all requests, so nothing may change it."""
    from metalearn.pretrained.learners import load_learner

    return load_learner(name, split, world)


@lru_cache(maxsize=2)
def _gradient_embedder(split: str) -> "Pipeline":
    from metalearn.pretrained.embedders import load_embedder

    return load_embedder("gradient", split)
