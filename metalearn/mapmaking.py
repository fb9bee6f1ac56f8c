"""Making the maps that ship, and those of other data: embed all tasks, lay them out, cluster them, try them."""

from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline

from metalearn import families, maps, recipes, reduce
from metalearn.data import CharacterSet, split
from metalearn.errors import MetalearnError
from metalearn.maps import TaskMap
from metalearn.tasks import QUESTIONS, CharacterTasks, MixedQuestions, TaskBatch

CLUSTERS = 12
EPISODES = 600
LEARNER = "film"  # what difficulty is difficulty for


def make(characters: CharacterSet, split_name: str, family: str, root: Path, seed: int = 0) -> None:
    """Make a map with what was trained in ``root``, and write it there."""
    made = compute(characters, split_name, family, root, seed)
    maps.save(made, maps.path_of(split_name, family, characters.name, root))


def compute(
    characters: CharacterSet, split_name: str, family: str = "gradient", root: Path | None = None, seed: int = 0
) -> TaskMap:
    """Map all character tasks (for "episodes", 600 test episodes of mixed questions); two minutes for Omniglot.

    Raises MetalearnError for fewer than ``maps.FEWEST`` characters.
    """
    if len(characters) < maps.FEWEST:
        raise MetalearnError(
            "{name} has {count} characters; a map needs {fewest}",
            name=characters.name,
            count=len(characters),
            fewest=maps.FEWEST,
        )
    folder = maps.path_of(split_name, family, root=root).parent
    embedder = families.load_embedder(folder.name, family, root)
    learner = recipes.load_learner(str(folder / LEARNER), split_name)
    tried: TaskBatch | CharacterTasks
    if family == maps.EPISODES:
        tried, names, drawings = _mixed_questions(characters, split_name, seed)
        embedding = embedder.transform(tried.without_queries())
    else:
        embedding = embedder.transform(
            families.character_tasks(characters, split_name, drawings=families.family(family).drawings)
        )
        names = characters.characters
        drawings = np.arange(len(characters))[:, None] * characters.images.shape[1]
        tried = _few_drawings(characters, split_name, seed)
    unit = reduce.centred_unit(embedding)
    pca, explained = _leading_components(embedding, embedder)
    return TaskMap(
        data=characters.name,
        split=split_name,
        family=family,
        names=names,
        drawings=drawings,
        embedding=embedding.astype(np.float32),
        pca=pca,
        umap=reduce.umap_coordinates(unit, 2, seed),
        umap_3d=reduce.umap_coordinates(unit, 3, seed),
        umap_again=reduce.umap_coordinates(unit, 2, seed + 1),
        kmeans=reduce.kmeans_clusters(unit, CLUSTERS, seed),
        hdbscan=reduce.density_clusters(unit),
        difficulty=_difficulty(learner, tried),
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
    """Return the character tasks with at most five drawings to learn from and as many to be asked about."""
    fewest = int(characters.counts.min())
    shots = min(5, (fewest + 1) // 2)
    queries = min(5, fewest - shots)
    others = families.others(characters, split_name)
    return CharacterTasks(characters, np.arange(len(characters)), others, shots, queries, seed=seed)


def _difficulty(learner: recipes.Learner, tasks: CharacterTasks | TaskBatch) -> np.ndarray:
    with torch.no_grad():
        losses = [learner.adapt(batch, every_query=False).query_loss[-1] for batch in tasks.batches(50)]
    return torch.cat(losses).numpy()


def _leading_components(embedding: np.ndarray, embedder: Pipeline) -> tuple[np.ndarray, tuple[float, ...]]:
    """Return the first three principal components ``[tasks, 3]``, and the shares of the variance on the first ten.

    An embedder that ends in a PCA gives them first, and the shares are those of the raw embedding's variance.
    """
    reducer = embedder[-1]
    if isinstance(reducer, PCA):
        return embedding[:, :3], tuple(map(float, reducer.explained_variance_ratio_[:10]))
    own = PCA(min(10, *embedding.shape), whiten=True, random_state=0).fit(embedding)
    return own.transform(embedding)[:, :3].astype(np.float32), tuple(map(float, own.explained_variance_ratio_))
