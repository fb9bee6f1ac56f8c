"""The named task embeddings: how each is built, fitted to a split's training tasks, and loaded again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.adaptation import AdaptationEmbedding
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.controls import QuestionOracle, ShuffledEmbedder
from metalearn.embeddings.generative import GenerativeEmbedding
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.embeddings.prototype_gradient import PrototypeGradientEmbedding
from metalearn.embeddings.scatter import ScatterEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone, Params
from metalearn.learners.learner import Embedder, shared_parameters
from metalearn.pretrained.names import locate
from metalearn.schema import Layout, below, check_arrays, floats, layout_of, unusable
from metalearn.tasks.character_tasks import all_character_tasks
from metalearn.tasks.task_batch import Tasks

BASE_BACKBONE = Backbone()

BASE_LEARNER = "prototypes"  # the learner whose network is the base model of every embedding

EMBEDDING_SIZE = 32
EPISODE_EMBEDDER = "episodes"  # the embedder that conditioned learners use, fitted to episodes


class ShippableEmbedder(Embedder, Protocol):
    """What every family is: an embedder that can be fitted, and whose learned numbers can be saved."""

    def fit(self, tasks: Tasks) -> Any:
        """Learn from the support sets of training tasks."""
        ...

    def layout(self) -> Layout:
        """Return what the arrays of :meth:`state` have to be."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return what was learned."""
        ...

    def restore(self, arrays: dict[str, np.ndarray]) -> Any:
        """Take back what :meth:`state` returned."""
        ...


@dataclass(frozen=True)
class Family:
    """A named task embedding: how its embedder is made, and how many drawings and numbers it uses.

    Parameters
    ----------
    title : str
        What it is called in tables and on the dashboard.
    embedder : callable
        Makes the embedder, given the parameters of the base model.
    size : int, optional
        The embedding is reduced to at most so many whitened principal components. None for embeddings that are short,
        and whose numbers are of about the same scale: these are left as they are.
    drawings : int, optional
        How many drawings of a character its task has; all by default.
    """

    title: str
    embedder: Callable[[Params], ShippableEmbedder]
    size: int | None = 128
    drawings: int | None = None


FAMILIES: dict[str, Family] = {
    "gradient": Family("Gradients along training", lambda base: GradientEmbedding(BASE_BACKBONE, base), 256),
    "gradient-long": Family(
        "Gradients along a longer training",
        lambda base: GradientEmbedding(BASE_BACKBONE, base, steps=10, step_size=0.3),
    ),
    "gradient-trajectory": Family(
        "Gradients, step by step", lambda base: GradientEmbedding(BASE_BACKBONE, base, kind="trajectory")
    ),
    "gradient-fisher": Family("Fisher information", lambda base: GradientEmbedding(BASE_BACKBONE, base, kind="fisher")),
    "prototype-gradient": Family(
        "Gradients of a prototypical network", lambda base: PrototypeGradientEmbedding(BASE_BACKBONE, base), 256
    ),
    "adaptation": Family(
        "Adapted parameters", lambda base: AdaptationEmbedding(BASE_BACKBONE, base, "parameters"), drawings=10
    ),
    "adaptation-context": Family(
        "Adapted context", lambda base: AdaptationEmbedding(BASE_BACKBONE, base, "context"), drawings=10
    ),
    "collaborative": Family(
        "Scores of solvers, factorised", lambda base: CollaborativeEmbedding(BASE_BACKBONE, base), None
    ),
    "generative": Family("Code of a variational set model", lambda base: GenerativeEmbedding("variational"), None),
    "generative-adversarial": Family(
        "Code of an adversarial set model",
        lambda base: GenerativeEmbedding("adversarial", latent_size=4, steps=4000),
        None,
    ),
    "scatter": Family("Scatter within and between classes", lambda base: ScatterEmbedding(BASE_BACKBONE, base), None),
}


def find_family(name: str) -> Family:
    """Return the family called ``name``. Raises MetalearnError where there is none."""
    if name not in FAMILIES:
        raise MetalearnError("unknown embedding {name!r}; there are {known}", name=name, known=", ".join(FAMILIES))
    return FAMILIES[name]


def make_embedder(name: str, characters: CharacterSet, split_name: str, root: Path, seed: int = 0) -> dict[str, Any]:
    """Fit the family ``name`` to the training characters of a split and write it to ``root/split/name``.

    Returns the artifact's description.
    """
    positions = split(characters, split_name).train
    tasks = all_character_tasks(characters, split_name, positions, find_family(name).drawings)
    path, size = root / split_name / name, find_family(name).size
    return fit_embedder(name, tasks, characters, split_name, path, base=split_name, size=size, seed=seed)


def fit_embedder(
    name: str,
    tasks: Tasks,
    characters: CharacterSet,
    split_name: str,
    path: Path,
    *,
    base: str,
    size: int | None,
    seed: int = 0,
) -> dict[str, Any]:
    """Fit an embedder and its reducer to ``tasks``, and write them to ``path``.

    ``base`` is the folder of its base model. Returns the artifact's description.
    """
    parameters, base_sha256 = base_parameters(base, path.parent.parent)
    start = time.perf_counter()
    embedder = find_family(name).embedder(parameters).fit(tasks)
    arrays = {f"embedder/{key}": value for key, value in embedder.state().items()}
    if size is not None:
        embedded = embedder.transform(tasks)
        reducer = PCA(min(size, *embedded.shape), whiten=True, random_state=seed).fit(embedded)
        arrays |= {f"reducer/{key}": getattr(reducer, key).astype(np.float32) for key in REDUCER}
    description = {
        "kind": "embedder",
        "family": name,
        "title": find_family(name).title,
        "data": characters.name,
        "data_fingerprint": characters.fingerprint,
        "split": split_name,
        "seed": seed,
        "tasks": len(tasks),
        "base": base,
        "base_sha256": base_sha256,
        "wall_s": round(time.perf_counter() - start, 1),
        "threads": torch.get_num_threads(),
    }
    artifacts.save(path, artifacts.halved(arrays), description)
    return description


# What the file of an embedder holds: these entries, the arrays of its family, and those of its reducer, if it has one.
ENTRIES = {"family": str, "split": str, "seed": int, "base_sha256": str}
REDUCER = {
    "mean_": floats("features"),
    "components_": floats("components", "features"),
    "explained_variance_": floats("components"),
    "explained_variance_ratio_": floats("components"),
}


def load_embedder(name: str = "gradient", split: str = "lake", world: str = "characters") -> Pipeline:
    """Load a fitted task embedder: a scikit-learn pipeline "embed and reduce".

    Parameters
    ----------
    name : str
        An embedder that ships (a key of ``FAMILIES``, or "episodes" for the one that conditioned learners use), or the
        path of one that ``metalearn train`` wrote, without ``.json``.
    split : str
        The split it was fitted on, for one that ships: "article" or "lake".
    world : str
        The tasks it was fitted to, for one that ships: "characters", "mixed", "which-part" or "hidden-5".

    Returns
    -------
    Pipeline
        ``transform(tasks)`` returns float32 ``[tasks, d]``.

    Raises
    ------
    MetalearnError
        Where there is no such embedder, the file was altered, or it was fitted to another base model.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").test, batch_size=8).batch(0)
    >>> ml.load_embedder("episodes", "lake").transform(batch).shape
    (8, 32)
    """
    path = locate("embedding", name, (*FAMILIES, EPISODE_EMBEDDER), split, world)
    arrays, description = artifacts.load(path, "embedder", ENTRIES)
    base, base_sha256 = base_parameters(_base_folder(path, description), path.parent.parent)
    if base_sha256 != description["base_sha256"]:
        raise MetalearnError("{path} was fitted to another base model; make it again with 'metalearn train'", path=path)
    embedder = find_family(description["family"]).embedder(base)
    reduced = any(name.startswith("reducer/") for name in arrays)
    wanted = below("embedder/", embedder.layout()) | (below("reducer/", REDUCER) if reduced else {})
    sizes = check_arrays(path, arrays, wanted)
    embedder.restore(artifacts.below("embedder/", arrays))
    if not reduced:
        return make_pipeline(embedder)
    reducer = PCA(sizes["components"], whiten=True, random_state=description["seed"])
    for name in REDUCER:
        setattr(reducer, name, arrays[f"reducer/{name}"])
    reducer.n_components_, reducer.n_features_in_ = sizes["components"], sizes["features"]
    return make_pipeline(embedder, reducer)


def _base_folder(path: Path, description: dict[str, Any]) -> str:
    """Return the folder of an embedder's base model, beside that of the embedder; files of 0.1 name the split alone."""
    folder = description.get("base", description["split"])
    if not isinstance(folder, str) or Path(folder).name != folder:
        raise unusable(path, f"its base model {folder!r} is not the name of a folder")
    return folder


def used_embedder(folder: Path, embedding: str = "own") -> Embedder:
    """Return what tells the learners in ``folder`` about a task.

    ``embedding`` is "own": the embedder beside them; "shuffled": that of another task of the batch; or "truth": the
    number of the question that the task asks.
    """
    if embedding == "truth":
        return QuestionOracle(EMBEDDING_SIZE)
    own = load_embedder(str(folder / EPISODE_EMBEDDER))
    return ShuffledEmbedder(own) if embedding == "shuffled" else own


def base_parameters(folder: str, root: Path | None = None) -> tuple[Params, str]:
    """Return the parameters of the base model of a split, or of a world with its own, and their checksum.

    The base model is the prototypical network in ``root/folder``, or else the one that ships. Raises MetalearnError
    where there is neither.
    """
    if root is None or not artifacts.exists(root / folder / BASE_LEARNER):
        root = artifacts.PRETRAINED
    path = root / folder / BASE_LEARNER
    arrays, description = artifacts.load(path, "learner")
    check_arrays(path, arrays, below("start.", layout_of(BASE_BACKBONE.initial())))
    return shared_parameters(arrays), description["sha256"]
