"""Let learners adapt to one task, and record all that the player shows of it, as plain arrays."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.learners.backbone import HEAD, MASK, Params
from metalearn.learners.learner import Learner
from metalearn.learners.trajectory import answers
from metalearn.maps.task_map import TaskMap
from metalearn.plots.player.player import Player
from metalearn.plots.player.recording import AdaptationView, Plane, Recording, TaskOnMap
from metalearn.plots.player.scene import make_scene
from metalearn.plots.style import short_name
from metalearn.tasks.task_batch import TaskBatch

GRID = 40  # cells of the decision regions, in each direction
ROOM = 0.15  # around the drawings, as a share of what they span


def adaptation(
    learners: Learner | Mapping[str, Learner],
    task: TaskBatch,
    *,
    steps: int | None = None,
    embeddings: Mapping[str, Tensor] | None = None,
    characters: CharacterSet | None = None,
    on_map: TaskOnMap | None = None,
    start: int = 0,
) -> Player:
    """Play how one learner, or up to three side by side, adapt to a task, step by step.

    Parameters
    ----------
    learners : Learner or mapping of str to Learner
        The learner; or up to three, by the titles above their panels.
    task : TaskBatch
        A batch of one task.
    steps : int, optional
        Inner steps; by default as many as the first learner usually takes.
    embeddings : mapping of str to Tensor, optional
        Embeddings to use in place of learners' own, ``[1, d]`` each, by the learners' titles.
    characters : CharacterSet, optional
        Where the drawings come from; with it, classes have names.
    on_map : TaskOnMap, optional
        Where the task lies among others, as :func:`on_map` finds it.
    start : int
        The step at which it opens.

    Returns
    -------
    Player
        It shows itself in a notebook. ``show`` opens it in a browser, ``save`` writes it as a page or a film strip.

    Raises
    ------
    MetalearnError
        For more than three learners.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> task = ml.make_task(characters, characters.characters[:3], shots=2)
    >>> player = ml.plots.adaptation(ml.load_learner("preinit"), task, characters=characters)
    >>> player.scene["steps"]
    5
    """
    named = {"learner": learners} if isinstance(learners, Learner) else learners
    recording = record(named, task, steps, embeddings or {}, characters, on_map)
    return Player(make_scene(recording), start)


def record(
    learners: Mapping[str, Learner],
    task: TaskBatch,
    steps: int | None,
    embeddings: Mapping[str, Tensor],
    characters: CharacterSet | None,
    on_map: TaskOnMap | None,
) -> Recording:
    """Return what :func:`adaptation` plays."""
    steps = next(iter(learners.values())).steps if steps is None else steps
    views = [watch(title, learner, task, steps, embeddings.get(title)) for title, learner in learners.items()]
    names = class_names(task, characters) if characters else [f"class {i + 1}" for i in range(task.ways)]
    support, images = ((255 * x[0, :, 0]).round().byte().cpu().numpy() for x in (task.support_x, task.query_x))
    support_y, answers = (y[0].cpu().numpy() for y in (task.support_y, task.query_y))
    return Recording(views, support, support_y, images, answers, names, on_map)


def class_names(task: TaskBatch, characters: CharacterSet) -> list[str]:
    """Return what the classes of a task are called: "Greek 01", "drawer07" or "Greek".

    That is what the drawings of each class have in common: a character, a drawer, an alphabet; "" for anything else.
    """
    answers = torch.cat([task.support_y[0], task.query_y[0]]).cpu().numpy()
    ids = torch.cat([task.support_ids[0], task.query_ids[0]]).cpu().numpy()
    classes = [np.divmod(ids[answers == c], characters.images.shape[1]) for c in range(task.ways)]
    if all(len(set(character)) == 1 for character, _ in classes):
        return [short_name(characters.characters[character[0]]) for character, _ in classes]
    if all(len(set(drawer)) == 1 for _, drawer in classes):
        return [characters.drawers[drawer[0]] for _, drawer in classes]
    alphabets = [{characters.alphabets[i] for i in character} for character, _ in classes]
    return [found.pop().replace("_", " ") if len(found) == 1 else "" for found in alphabets]


def watch(title: str, learner: Learner, task: TaskBatch, steps: int, embedding: Tensor | None = None) -> AdaptationView:
    """Adapt to one task and return all that is shown; by default, with the learner's own embedding of the task."""
    task = task.to(learner.device)
    embedding = learner.embed(task) if embedding is None else embedding
    embedding = None if embedding is None else embedding.to(learner.device)
    with torch.no_grad():
        start = time.perf_counter()
        seen = learner.adapt(task, embedding, steps)
        seconds = time.perf_counter() - start
        bodies = [learner.in_use(task, embedding, own) for own in seen.parameters]
        features = _features(learner, task, bodies, moving=not set(seen.parameters[0]) <= set(HEAD))
        # A learner that has run away has no plane.
        plane = _plane(learner, task, bodies, features) if features.isfinite().all() else None
    layers = seen.parameters[0] if seen.step_sizes else ()
    sizes = {name: torch.stack([at[name][0] for at in seen.step_sizes]).cpu().numpy() for name in layers}
    return AdaptationView(
        learner=title,
        support_loss=seen.support_loss[:, 0].cpu().numpy(),
        query_accuracy=seen.query_accuracy[:, 0].cpu().numpy(),
        probabilities=seen.query_logits[:, 0].softmax(-1).cpu().numpy(),
        guesses=answers(seen.query_logits[:, 0]).cpu().numpy(),
        plane=plane,
        step_sizes=sizes,
        attention=None if seen.attention is None else seen.attention[:, 0].flatten(1).cpu().numpy(),
        spotlight=bodies[-1][MASK][0].cpu().numpy() if MASK in bodies[-1] else None,
        seconds=seconds,
    )


def _features(learner: Learner, task: TaskBatch, bodies: Sequence[Params], moving: bool) -> Tensor:
    """Return the features of support and query set by each of ``bodies``, ``[S+1, n, F]``.

    If the body is not ``moving``, they are the same at every step, and are computed once.
    """
    found = [
        torch.cat([learner.backbone.features(body, x)[0] for x in (task.support_x, task.query_x)])
        for body in (bodies if moving else bodies[:1])
    ]
    return torch.stack(found).expand(len(bodies), -1, -1)


def _plane(learner: Learner, task: TaskBatch, bodies: Sequence[Params], features: Tensor) -> Plane:
    """Return the drawings and the decision regions in the plane of the features' two leading directions."""
    middle = features.mean((0, 1))
    _, _, directions = torch.linalg.svd((features - middle).flatten(0, 1), full_matrices=False)
    places = (features - middle) @ directions[:2].T
    low, high = places.amin((0, 1)), places.amax((0, 1))
    room = ROOM * (high - low)
    edges = zip(low - room, high + room, strict=True)
    x, y = (torch.linspace(float(a), float(b), GRID, device=features.device) for a, b in edges)
    points = middle + torch.cartesian_prod(y, x).flip(1) @ directions[:2]
    regions = torch.stack([answers(learner.backbone.classify(body, points[None])[0]) for body in bodies])
    return Plane(
        x=x.cpu().numpy(),
        y=y.cpu().numpy(),
        regions=regions.view(-1, GRID, GRID).to(torch.int8).cpu().numpy(),
        support=places[:, : task.support_y.shape[1]].cpu().numpy(),
        queries=places[:, task.support_y.shape[1] :].cpu().numpy(),
    )


def on_map(task: TaskBatch, shown: TaskMap, embedder: Pipeline, steps: int) -> TaskOnMap:
    """Follow a task on the PCA map, step by step, as the base model is trained on it.

    Parameters
    ----------
    task : TaskBatch
        A batch of one task.
    shown : TaskMap
        The map.
    embedder : Pipeline
        The embedder that made the map.
    steps : int
        How many steps the base model trains for.

    Returns
    -------
    TaskOnMap
        The task's path, which is nowhere before the first step. If its classes are characters, so are their places.
    """
    built_up = embedder[0].path(task, steps)[:, 0]
    path = np.concatenate([np.full((1, 2), np.nan), embedder[-1].transform(built_up)[:, :2]])
    drawings_each = int(shown.drawings[1, 0] - shown.drawings[0, 0])
    answers = torch.cat([task.support_y[0], task.query_y[0]])
    characters = torch.cat([task.support_ids[0], task.query_ids[0]]) // drawings_each
    by_class = [characters[answers == c].unique().tolist() for c in range(task.ways)]
    are_characters = all(len(found) == 1 and found[0] >= 0 for found in by_class)
    classes = [found[0] for found in by_class] if are_characters else []
    return TaskOnMap(shown.projections["pca-2d"], classes, path)
