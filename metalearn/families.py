"""The named task embeddings: how each is built, fitted to a split's training tasks, shipped, and loaded again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline

from metalearn import store
from metalearn.backbone import Backbone, Params
from metalearn.data import CharacterSet, split
from metalearn.embeddings.adaptation import AdaptationEmbedding
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.generative import GenerativeEmbedding
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Embedder
from metalearn.tasks import CharacterTasks, Tasks

BACKBONE = Backbone()
BASE = "prototypes"  # the learner whose network is the base model of every embedding
EMBEDDING_SIZE = 32
ENOUGH_OTHERS = 16  # that a task of ten others and five queries of other characters can be made


class ShippableEmbedder(Embedder, Protocol):
    """What every family is: an embedder that can be fitted, and whose learned state can be written down."""

    def fit(self, tasks: Tasks) -> Any:
        """Learn from the support sets of training tasks."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return what was learned."""
        ...

    def restore(self, arrays: dict[str, np.ndarray]) -> Any:
        """Take back what :meth:`state` returned."""
        ...


@dataclass(frozen=True)
class Family:
    """A task embedding by name: its embedder on a base model, and how character tasks are given to it.

    ``drawings`` of the character stand in its task (all, for None). The embedding is reduced to at most ``size``
    whitened principal components; None for those that are short and of even scale by themselves.
    """

    title: str
    embedder: Callable[[Params], ShippableEmbedder]
    size: int | None = 128
    drawings: int | None = None


FAMILIES: dict[str, Family] = {
    "gradient": Family("Gradients along training", lambda base: GradientEmbedding(BACKBONE, base), 256),
    "gradient-long": Family(
        "Gradients along a longer training", lambda base: GradientEmbedding(BACKBONE, base, steps=10, step_size=0.3)
    ),
    "gradient-trajectory": Family(
        "Gradients, step by step", lambda base: GradientEmbedding(BACKBONE, base, kind="trajectory")
    ),
    "gradient-fisher": Family("Fisher information", lambda base: GradientEmbedding(BACKBONE, base, kind="fisher")),
    "adaptation": Family(
        "Adapted parameters", lambda base: AdaptationEmbedding(BACKBONE, base, "parameters"), drawings=10
    ),
    "adaptation-context": Family(
        "Adapted context", lambda base: AdaptationEmbedding(BACKBONE, base, "context"), drawings=10
    ),
    "collaborative": Family("Scores of solvers, factorised", lambda base: CollaborativeEmbedding(BACKBONE, base), None),
    "generative": Family("Code of a variational set model", lambda base: GenerativeEmbedding("variational"), None),
    "generative-adversarial": Family(
        "Code of an adversarial set model",
        lambda base: GenerativeEmbedding("adversarial", latent_size=4, steps=4000),
        None,
    ),
}


def family(name: str) -> Family:
    """Return the family called ``name``. Raises MetalearnError where there is none."""
    if name not in FAMILIES:
        raise MetalearnError(f"unknown embedding {name!r}; there are {', '.join(FAMILIES)}")
    return FAMILIES[name]


def others(characters: CharacterSet, split_name: str) -> np.ndarray:
    """Return the characters that character tasks stand against: training ones; all, where these are too few."""
    train_side = split(characters, split_name).train
    return train_side if len(train_side) >= ENOUGH_OTHERS else np.arange(len(characters))


def character_tasks(
    characters: CharacterSet, split_name: str, positions: np.ndarray | None = None, drawings: int | None = None
) -> CharacterTasks:
    """Return the character task of every character (or of those at ``positions``), against :func:`others`.

    ``drawings`` of each stand in its support set; by default as many as the character with the fewest has.
    """
    everyone = np.arange(len(characters)) if positions is None else positions
    fewest = int(characters.counts[everyone].min())
    return CharacterTasks(characters, everyone, others(characters, split_name), min(fewest, drawings or fewest))


# --- fitting, shipping, loading --------------------------------------------------------------------------------------


def make_embedder(name: str, characters: CharacterSet, split_name: str, root: Path, seed: int = 0) -> dict[str, Any]:
    """Fit the family ``name`` to the training characters of a split and write it to ``root/split/name``.

    Returns the artifact's description.
    """
    positions = split(characters, split_name).train
    tasks = character_tasks(characters, split_name, positions, family(name).drawings)
    return fit_embedder(name, tasks, characters, split_name, root / split_name / name, family(name).size, seed)


def fit_embedder(
    name: str, tasks: Tasks, characters: CharacterSet, split_name: str, path: Path, size: int | None, seed: int = 0
) -> dict[str, Any]:
    """Fit "embed and reduce" of the family ``name`` to ``tasks`` and write it to ``path``; returns its description."""
    base, base_sha256 = base_parameters(split_name, path.parent.parent)
    start = time.perf_counter()
    embedder = family(name).embedder(base).fit(tasks)
    arrays = {f"embedder/{key}": value for key, value in embedder.state().items()}
    if size is not None:
        embedded = embedder.transform(tasks)
        reducer = PCA(min(size, *embedded.shape), whiten=True, random_state=seed).fit(embedded)
        arrays |= {f"reducer/{key}": getattr(reducer, key).astype(np.float32) for key in _LEARNED_BY_PCA}
    description = {
        "kind": "embedder",
        "family": name,
        "title": family(name).title,
        "data": characters.name,
        "split": split_name,
        "seed": seed,
        "tasks": len(tasks),
        "base_sha256": base_sha256,
        "wall_s": round(time.perf_counter() - start, 1),
        "threads": torch.get_num_threads(),
    }
    store.save(path, store.halved(arrays), description)
    return description


_LEARNED_BY_PCA = ("mean_", "components_", "explained_variance_", "explained_variance_ratio_")


def load_embedder(folder: str, name: str = "gradient", root: Path | None = None) -> Pipeline:
    """Load the fitted pipeline "embed and reduce" at ``root/folder/name``; what ships, by default.

    ``folder`` is a split, with ``-mixed`` behind it for what was fitted to mixed questions; ``name`` a family, or
    ``episodes`` for the one that conditioned learners use. Raises MetalearnError where it is missing or altered.
    """
    root = root or store.PRETRAINED
    path = root / folder / name
    arrays, description = store.load(path)
    if description.get("kind") != "embedder":
        raise MetalearnError("{path} is not an embedder; make it again with 'metalearn train --recipe all'", path=path)
    base, base_sha256 = base_parameters(description["split"], root)
    if base_sha256 != description["base_sha256"]:
        raise MetalearnError("{path} was fitted to another base model; make it again with 'metalearn train'", path=path)
    embedder = family(description["family"]).embedder(base).restore(store.below("embedder/", arrays))
    learned = store.below("reducer/", arrays)
    return make_pipeline(embedder, _restored_pca(learned)) if learned else make_pipeline(embedder)


def _restored_pca(learned: dict[str, np.ndarray]) -> PCA:
    reducer = PCA(whiten=True)
    for key, value in learned.items():
        setattr(reducer, key, value)
    reducer.n_components_, reducer.n_features_in_ = reducer.components_.shape
    return reducer


def base_parameters(split_name: str, root: Path | None = None) -> tuple[Params, str]:
    """Return the network that embeddings are made with, and its checksum: the split's prototypical network.

    It is the one in ``root``, or where there is none, as in a folder with a single learner, the one that ships.
    """
    if root is None or not (root / split_name / f"{BASE}.json").exists():
        root = store.PRETRAINED
    arrays, description = store.load(root / split_name / BASE)
    parameters = store.below("start.", arrays)
    return {name: torch.from_numpy(array) for name, array in parameters.items()}, description["sha256"]
