"""Let a learner adapt to one task, and keep what there is to see of it: plain arrays, as the player takes them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from torch import Tensor

from metalearn import evaluate, maps
from metalearn.adapt import Support
from metalearn.backbone import HEAD, Params
from metalearn.data import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.player import AdaptationView, Plane, TaskOnMap
from metalearn.plots import short_name
from metalearn.tasks import Episodes, TaskBatch, task_of

GRID = 40  # cells of the decision regions, in each direction
ROOM = 0.15  # around the drawings, as a share of what they span


@dataclass(frozen=True)
class Question:
    """One task to be watched, and all that it follows from.

    ``asked`` is one of :data:`metalearn.tasks.QUESTIONS`. Where it is "character", the classes are ``characters``, by
    name; where not, ``ways`` classes are drawn by ``seed``.
    """

    asked: str
    characters: tuple[str, ...]
    ways: int
    shots: int
    queries: int
    seed: int

    def task(self, data: CharacterSet) -> TaskBatch:
        """Return the task, a batch of one. Raises MetalearnError where the data do not have it."""
        if self.asked != "character":
            return self._drawn(data, self.ways, 0)
        return task_of(data, positions(data, self.characters), self.shots, self.queries, self.seed)

    def another(self, data: CharacterSet) -> TaskBatch:
        """Return a task of the same kind drawn by the seed: to tell a learner the embedding of a task not its own."""
        return self._drawn(data, len(self.characters) if self.asked == "character" else self.ways, 1)

    def _drawn(self, data: CharacterSet, ways: int, index: int) -> TaskBatch:
        everyone = np.arange(len(data))
        sampler = Episodes(data, everyone, ways, self.shots, self.queries, self.asked, batch_size=1, seed=self.seed)
        return sampler.batch(index)

    def class_names(self, data: CharacterSet) -> list[str]:
        """Return what the classes are called: "Greek 01", "Greek", or "drawer07"."""
        if self.asked == "character":
            return [short_name(name) for name in self.characters]
        task = self.task(data)
        first = task.support_ids[0, :: self.shots].numpy()
        if self.asked == "alphabet":
            return [data.alphabets[i].replace("_", " ") for i in first // data.images.shape[1]]
        return [data.drawers[i % data.images.shape[1]] for i in first]


def positions(data: CharacterSet, names: Sequence[str]) -> list[int]:
    """Return where the characters are in the data. Raises MetalearnError where one is not."""
    where = {name: i for i, name in enumerate(data.characters)}
    missing = [name for name in names if name not in where]
    if missing:
        raise MetalearnError(
            "{data} has no character {name!r}; choose among its {count:,}",
            data=data.name,
            name=missing[0],
            count=len(data),
        )
    return [where[name] for name in names]


def told(learner: Learner, question: Question, data: CharacterSet, kind: str) -> Tensor | None:
    """Return what a learner is told about the task, one of :data:`metalearn.evaluate.EMBEDDINGS`: ``[1, d]`` or None.

    "shuffled" is the embedding of another task of the same kind.
    """
    if kind not in evaluate.EMBEDDINGS:
        raise MetalearnError(f"unknown kind of embedding {kind!r}; there are {', '.join(evaluate.EMBEDDINGS)}")
    if learner.embedder is None:
        return None
    own = learner.embed(question.another(data) if kind == "shuffled" else question.task(data))
    if own is None or kind in ("own", "shuffled"):
        return own
    noise = torch.randn(own.shape, generator=torch.Generator().manual_seed(question.seed))
    return torch.zeros_like(own) if kind == "zero" else noise


def watch(title: str, learner: Learner, task: TaskBatch, steps: int, embedding: Tensor | None = None) -> AdaptationView:
    """Adapt to the one ``task`` and return all there is to see; ``embedding`` is that of the task unless given."""
    embedding = learner.embed(task) if embedding is None else embedding
    with torch.no_grad():
        start = time.perf_counter()
        seen = learner.adapt(task, embedding, steps)
        seconds = time.perf_counter() - start
        bodies = [_effective(learner, task, embedding, own) for own in seen.parameters]
        features = _features(learner, task, bodies, moving=not set(seen.parameters[0]) <= set(HEAD))
        plane = _plane(learner, task, bodies, features)
    sizes = {name: torch.stack([at[name][0] for at in seen.step_sizes]).numpy() for name in seen.parameters[0]}
    return AdaptationView(
        learner=title,
        support_loss=seen.support_loss[:, 0].numpy(),
        query_accuracy=seen.query_accuracy[:, 0].numpy(),
        probabilities=seen.query_logits[:, 0].softmax(-1).numpy(),
        plane=plane,
        step_sizes=sizes,
        attention=None if seen.attention is None else seen.attention[:, 0].flatten(1).numpy(),
        seconds=seconds,
    )


def _features(learner: Learner, task: TaskBatch, bodies: Sequence[Params], moving: bool) -> Tensor:
    """Return the features of support and query set by each of ``bodies``, ``[S+1, n, F]``; all alike unless moving."""
    found = [
        torch.cat([learner.backbone.features(body, x)[0] for x in (task.support_x, task.query_x)])
        for body in (bodies if moving else bodies[:1])
    ]
    return torch.stack(found).expand(len(bodies), -1, -1)


def _plane(learner: Learner, task: TaskBatch, bodies: Sequence[Params], features: Tensor) -> Plane:
    """Return the drawings and the decision regions in the plane of the two leading directions of all features."""
    middle = features.mean((0, 1))
    _, _, directions = torch.linalg.svd((features - middle).flatten(0, 1), full_matrices=False)
    places = (features - middle) @ directions[:2].T
    low, high = places.amin((0, 1)), places.amax((0, 1))
    room = ROOM * (high - low)
    x, y = (torch.linspace(float(a), float(b), GRID) for a, b in zip(low - room, high + room, strict=True))
    points = middle + torch.cartesian_prod(y, x).flip(1) @ directions[:2]
    regions = torch.stack([learner.backbone.classify(body, points[None])[0].argmax(-1) for body in bodies])
    return Plane(
        x=x.numpy(),
        y=y.numpy(),
        regions=regions.view(-1, GRID, GRID).to(torch.uint8).numpy(),
        support=places[:, : task.support_y.shape[1]].numpy(),
        support_y=task.support_y[0].numpy(),
        queries=places[:, task.support_y.shape[1] :].numpy(),
    )


def _effective(learner: Learner, task: TaskBatch, embedding: Tensor | None, own: Params) -> Params:
    """Return the parameters as they take part in predictions, those of the task being ``own``."""
    shared = {name: p.detach() for name, p in learner.shared.items()}
    support = Support(learner.backbone, shared, task.support_x, task.support_y, task.ways, embedding, learner.modulate)
    return support.modulated({**shared, **own})[0]


def query_pictures(task: TaskBatch) -> np.ndarray:
    """Return the query drawings of the one task, uint8 ``[queries, 28, 28]``."""
    return (255 * task.query_x[0, :, 0]).round().byte().numpy()


def on_map(shown: maps.TaskMap, embedder: Pipeline, task: TaskBatch, classes: Sequence[int], steps: int) -> TaskOnMap:
    """Return where the task is on the PCA map after each step of the base model's training; nowhere before the first.

    ``embedder`` is the pipeline that made the map; ``classes`` are the characters to mark.
    """
    built_up = embedder[0].path(task, steps)[:, 0]
    path = np.concatenate([np.full((1, 2), np.nan), embedder[-1].transform(built_up)[:, :2]])
    return TaskOnMap(shown.projections["PCA 2D"], classes, path)
