"""The work that is done in worker processes: learners adapt to tasks.

Nothing here knows of Streamlit or of a visitor: a result depends on the arguments alone. The server imports this file
to name these functions, and does without torch: what needs torch is imported inside functions, and results are arrays.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dashboard import drawn_sheet, worlds
from dashboard.adaptation_request import AdaptationRequest, unseen
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.load import load_characters
from metalearn.maps.task_map import TaskMap

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
    from torch import Tensor

    from metalearn.learners.learner import Learner
    from metalearn.plots.player import Recording
    from metalearn.tasks.sampler import Sampler
    from metalearn.tasks.task_batch import TaskBatch

# Learners that visitors have trained, by name. The server has them, and sends them along.
TrainedLearners = dict[str, "Learner"]


def record_adaptation(request: AdaptationRequest, task_map: TaskMap | None, trained: TrainedLearners) -> "Recording":
    """Let each learner adapt to the same task, and record it; the task is placed on ``task_map`` if there is one."""
    from metalearn.plots.player.recorder import on_map, record

    characters = _characters()
    task = _world_task(request.question, request.seed) if request.in_world else request.task(characters)
    learners, embeddings = {}, {}
    for name, source, title in request.entrants:
        learners[title] = trained.get(name) or shipped_learner(name, request.split, request.world)
        if source != "own":
            embedding = _told(learners[title], source, task, request)
            if embedding is not None:
                embeddings[title] = embedding
    place = None if task_map is None else on_map(task, task_map, _gradient_embedder(request.split), request.steps)
    if request.drawn:
        own = record(learners, task, request.steps, embeddings, None, place)
        return replace(own, class_names=drawn_sheet.own_characters(request.drawn).drawn_twice.names)
    return record(learners, task, request.steps, embeddings, characters, place)


def _told(learner: "Learner", source: str, task: "TaskBatch", request: AdaptationRequest) -> "Tensor | None":
    """Return what a learner is told about the task in place of its own embedding."""
    from metalearn.evaluation.accuracy import embedding_for

    if source not in ("question", "shuffled"):
        return embedding_for(learner, task, source, seed=request.seed)
    if request.in_world:
        return learner.embed(_world_task(request.question, worlds.another(request.question, request.seed, source)))
    return learner.embed(request.another_task(_characters(), source))


def _world_task(world: str, number: int) -> "TaskBatch":
    """Return one of a world's tasks."""
    return world_batch(world, number // worlds.BATCH)[number % worlds.BATCH]


@lru_cache(maxsize=16)
def world_batch(world: str, index: int) -> "TaskBatch":
    """Return some of the tasks on which a world's learners were measured: forty, or as near as its questions divide."""
    return _world_tasks(world).batch(index)


@lru_cache(maxsize=8)
def _world_tasks(world: str) -> "Sampler":
    from metalearn.characters.splits import split
    from metalearn.pretrained.worlds import TEST_SEED, find_world

    return find_world(world).test(_characters(), split(_characters(), worlds.SPLIT), TEST_SEED)


def support_drawings(world: str, count: int) -> np.ndarray:
    """Return the support drawings of a world's first tasks, uint8 ``[count, shots*ways, 28, 28]``, shot by shot."""
    support = world_batch(world, 0)[:count].support_x[:, :, 0].unflatten(1, (worlds.WAYS, worlds.SHOTS))
    found: np.ndarray = (255 * support.transpose(1, 2).flatten(1, 2)).round().byte().numpy()
    return found


def accuracies(world: str, learner_name: str, sources: Sequence[str]) -> dict[str, float]:
    """Return how many queries of a world's first forty tasks a learner names right, for each thing that it is told."""
    import torch

    learner, batch = shipped_learner(learner_name, worlds.SPLIT, world), world_batch(world, 0)
    own = learner.embed(batch)
    found = {}
    for source in sources:
        told = own
        if own is not None and source in ("shuffled", "question"):
            told = own.roll(-worlds.another(world, 0, source), dims=0)
        elif own is not None and source == "zero":
            told = torch.zeros_like(own)
        with torch.no_grad():
            found[source] = float(learner.adapt(batch, told, every_query=False).query_accuracy[-1].mean())
    return found


class Limit(NamedTuple):
    """A :class:`metalearn.recognition.unknown.KnownLimit`: those come from a file that imports torch."""

    distance: float
    known_refused: float
    unknown_accepted: float


class Recognised(NamedTuple):
    """What a learner says of each query: probabilities ``[queries, ways]``, and distances to the nearest class.

    ``steps`` is how many the learner took.
    """

    probabilities: np.ndarray
    distances: np.ndarray
    steps: int


def recognise(
    learner_name: str,
    split: str,
    trained: TrainedLearners,
    classes: Sequence[Sequence[np.ndarray]],
    queries: Sequence[np.ndarray],
) -> Recognised:
    """Let a learner adapt to drawings of some classes, and say to which of them each query belongs."""
    from metalearn.recognition.naming import predict

    learner = trained.get(learner_name) or shipped_learner(learner_name, split, "characters")
    found = predict(learner, {str(i): drawings for i, drawings in enumerate(classes)}, queries)
    return Recognised(found.probabilities, found.distances, learner.steps)


def known_limit(learner_name: str, split: str, trained: TrainedLearners, ways: int, shots: int) -> Limit:
    """Measure how far a drawing may lie from the classes and still be one of them, on characters new to the learner."""
    from metalearn.recognition.unknown import KnownLimit

    learner = trained.get(learner_name) or shipped_learner(learner_name, split, "characters")
    found = KnownLimit.measured(learner, _characters(), unseen(_characters(), split), ways, shots)
    return Limit(found.distance, found.known_refused, found.unknown_accepted)


class Told(NamedTuple):
    """How well a learner did that was told something about its tasks: the accuracy of each, ``[tasks]``.

    Of the first task, ``queries`` are the drawings, uint8 ``[n, 28, 28]``, and ``right`` says which were named right.
    """

    accuracy: np.ndarray
    queries: np.ndarray
    right: np.ndarray


def tell(learner_name: str, sources: Sequence[str], seed: int, tasks: int = 20) -> dict[str, Told]:
    """Let a learner adapt to the same tasks once for each of ``sources``, which say what it is told about them.

    The tasks ask which character it is; the learner was trained on all three questions. It is told its "own"
    embedding, that of a task that asks another "question" (who drew it?), or "zero".
    """
    import torch

    from metalearn.tasks.episodes import Episodes

    learner = shipped_learner(learner_name, "lake", "mixed")
    pool = unseen(_characters(), "lake")
    batch, another = (
        Episodes(_characters(), pool, 5, 5, 5, question, batch_size=tasks, seed=seed).batch(0)
        for question in ("character", "drawer")
    )
    own = learner.embed(batch)
    embeddings = {
        "own": own,
        "question": learner.embed(another),
        "zero": None if own is None else torch.zeros_like(own),
    }
    queries = (255 * batch.query_x[0, :, 0]).round().byte().numpy()
    told = {}
    for source in sources:
        with torch.no_grad():
            seen = learner.adapt(batch, embeddings[source], every_query=False)
        right = seen.query_logits[-1, 0].argmax(-1) == batch.query_y[0]
        told[source] = Told(seen.query_accuracy[-1].numpy(), queries, right.numpy())
    return told


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
