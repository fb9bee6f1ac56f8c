"""Building a map: embed all tasks, lay them out, cluster them, and measure how hard each is."""

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.geometry import centred_unit, density_clusters, kmeans_clusters
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.maps.projections import umap_coordinates
from metalearn.maps.task_map import EPISODE_MAP, FEWEST_CHARACTERS, TaskMap
from metalearn.tasks.character_tasks import CharacterTasks, all_character_tasks, other_characters
from metalearn.tasks.mixed_questions import MixedQuestions
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.task_batch import TaskBatch

CLUSTERS = 12
EPISODES = 600


def build_map(
    characters: CharacterSet,
    split_name: str,
    family: str,
    embedder: Pipeline,
    learner: Learner,
    drawings: int | None = None,
    seed: int = 0,
) -> TaskMap:
    """Map all character tasks, or 600 test episodes of mixed questions. Omniglot's characters take two minutes.

    Parameters
    ----------
    characters : CharacterSet
        At least 20 characters.
    split_name : str
        The split that ``embedder`` was fitted on. Class 0 of every task comes from its training characters.
    family : str
        What the embedding is called; "episodes" maps episodes instead of characters.
    embedder : Pipeline
        A fitted embedder, with its reducer.
    learner : Learner
        Measures how hard each task is: the query loss after it has adapted to the task.
    drawings : int, optional
        Drawings of each character in its task; all by default.
    seed : int
        Of everything random.

    Returns
    -------
    TaskMap
        All tasks as points.

    Raises
    ------
    MetalearnError
        For fewer than 20 characters.
    """
    if len(characters) < FEWEST_CHARACTERS:
        raise MetalearnError(
            "{name} has {count} characters; a map needs {fewest}",
            name=characters.name,
            count=len(characters),
            fewest=FEWEST_CHARACTERS,
        )
    queried: TaskBatch | CharacterTasks  # the tasks with queries, to measure how hard each is
    if family == EPISODE_MAP:
        queried, names, drawing_ids = _mixed_questions(characters, split_name, seed)
        embedding = embedder.transform(queried.without_queries())
    else:
        embedding = embedder.transform(all_character_tasks(characters, split_name, drawings=drawings))
        names = characters.characters
        drawing_ids = np.arange(len(characters))[:, None] * characters.images.shape[1]
        queried = _few_drawings(characters, split_name, seed)
    unit = centred_unit(embedding)
    pca, explained = _leading_components(embedding, embedder)
    return TaskMap(
        data=characters.name,
        split=split_name,
        family=family,
        names=names,
        drawings=drawing_ids,
        embedding=embedding.astype(np.float32),
        pca=pca,
        umap=umap_coordinates(unit, 2, seed),
        umap_3d=umap_coordinates(unit, 3, seed),
        umap_again=umap_coordinates(unit, 2, seed + 1),
        kmeans=kmeans_clusters(unit, CLUSTERS, seed),
        hdbscan=density_clusters(unit),
        difficulty=_difficulty(learner, queried),
        explained=explained,
    )


def _mixed_questions(
    characters: CharacterSet, split_name: str, seed: int
) -> tuple[TaskBatch, tuple[str, ...], np.ndarray]:
    """Return test episodes, what each asks, and a drawing of each of its classes ``[episodes, ways]``."""
    sampler = MixedQuestions(characters, split(characters, split_name).test, batch_size=EPISODES, seed=seed)
    tasks = sampler.batch(0)
    names = tuple(f"{QUESTIONS[i % len(QUESTIONS)]}/episode{i:03d}" for i in range(EPISODES))
    return tasks, names, tasks.support_ids[:, :: sampler.shots].numpy()


def _few_drawings(characters: CharacterSet, split_name: str, seed: int) -> CharacterTasks:
    """Return the character tasks with at most five support drawings and five queries each."""
    fewest = int(characters.counts.min())
    shots = min(5, (fewest + 1) // 2)
    queries = min(5, fewest - shots)
    others, panel = other_characters(characters, split_name)
    return CharacterTasks(characters, np.arange(len(characters)), others, shots, queries, seed=seed, panel=panel)


def _difficulty(learner: Learner, tasks: CharacterTasks | TaskBatch) -> np.ndarray:
    with torch.no_grad():
        losses = [learner.adapt(batch, every_query=False).query_loss[-1] for batch in tasks.batches(50)]
    return torch.cat(losses).cpu().numpy()


def _leading_components(embedding: np.ndarray, embedder: Pipeline) -> tuple[np.ndarray, tuple[float, ...]]:
    """Return the first three principal components ``[tasks, 3]``, and the shares of variance of the first ten.

    If the embedder ends in a PCA, its first three numbers are these components, and the shares are of the variance
    before the PCA.
    """
    reducer = embedder[-1]
    if isinstance(reducer, PCA):
        return embedding[:, :3], tuple(map(float, reducer.explained_variance_ratio_[:10]))
    own = PCA(min(10, *embedding.shape), whiten=True, random_state=0).fit(embedding)
    return own.transform(embedding)[:, :3].astype(np.float32), tuple(map(float, own.explained_variance_ratio_))
