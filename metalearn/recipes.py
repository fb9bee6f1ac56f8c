"""The named learners: how each is built, trained, shipped and loaded again."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline

from metalearn import reduce, store, train
from metalearn.adapt import SGD
from metalearn.backbone import HEAD, Backbone, Params
from metalearn.data import CharacterSet, split
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.glyphs import glyphs
from metalearn.learners.learner import Learner
from metalearn.learners.preinit import EmbeddingInit, LearnedInit
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import CharacterTasks, Episodes, TaskBatch

BACKBONE = Backbone()
BACKBONE_ENTRY = json.loads(json.dumps(asdict(BACKBONE)))  # as it is read back from a description
EMBEDDING_SIZE = 32
MAP_SIZE = 128
SPLITS = ("article", "lake")
FEWEST_ON_A_MAP = 20


@dataclass(frozen=True)
class Recipe:
    """A learner by name: its hooks, the episodes it is trained on, and for how long.

    Every learner but the prototypical network and the one from scratch starts from the split's prototypical network
    and trains on for about the same time, so that they differ in how they adapt and in little else. The learning rate
    is low: at ten times as much they forget what the prototypical network knew. Inner steps of 0.3 do better with 20
    ways and overshoot with 5. Both were found on the article split's validation characters.
    """

    title: str
    build: Callable[[Pipeline | None, int], Learner]
    meta_steps: int
    ways: int = 10
    queries: int = 4
    batch_size: int = 8
    learning_rate: float = 1e-4
    objective: train.Objective = train.query_loss
    warm_start: bool = True
    conditioned: bool = False


def _with_init(
    adapted: tuple[str, ...], steps: int, step_size: float, second_order: bool = False
) -> Callable[[Pipeline | None, int], Learner]:
    def build(embedder: Pipeline | None, seed: int) -> Learner:
        return Learner(
            BACKBONE, LearnedInit(adapted), SGD(step_size), steps=steps, second_order=second_order, seed=seed
        )

    return build


def _prototypes(embedder: Pipeline | None, seed: int) -> Learner:
    return Learner(BACKBONE, PrototypeInit(), SGD(0.0), steps=0, seed=seed)


def _preinit(embedder: Pipeline | None, seed: int) -> Learner:
    init = EmbeddingInit(BACKBONE, EMBEDDING_SIZE, seed=seed)
    return Learner(BACKBONE, init, SGD(0.1), embedder=embedder, steps=5, seed=seed)


HEAD_AND_SCALES = (*BACKBONE.scales_and_shifts, *HEAD)
EVERYTHING = (*BACKBONE.body, *HEAD)

RECIPES: dict[str, Recipe] = {
    "prototypes": Recipe(
        "Prototypical network",
        _prototypes,
        meta_steps=2000,
        ways=60,
        queries=5,
        batch_size=1,
        learning_rate=3e-3,
        warm_start=False,
    ),
    "scratch": Recipe("From scratch", _with_init(EVERYTHING, 10, 0.1), meta_steps=0, warm_start=False),
    "anil": Recipe("Learned init of the head (ANIL)", _with_init(HEAD, 5, 0.1, second_order=True), meta_steps=200),
    "fomaml": Recipe(
        "Learned init (first-order MAML)", _with_init(EVERYTHING, 3, 0.1), meta_steps=120, ways=5, batch_size=16
    ),
    "maml": Recipe(
        "Learned init (MAML)",
        _with_init(EVERYTHING, 2, 0.1, second_order=True),
        meta_steps=120,
        ways=5,
        batch_size=16,
    ),
    "reptile": Recipe(
        "Reptile",
        _with_init(EVERYTHING, 5, 0.1),
        meta_steps=150,
        ways=5,
        queries=0,
        batch_size=16,
        objective=train.reptile_distance,
    ),
    "film": Recipe("Learned init of head, scales, shifts", _with_init(HEAD_AND_SCALES, 5, 0.1), meta_steps=150),
    "preinit": Recipe("Init set by the task embedding", _preinit, meta_steps=150, conditioned=True),
}


# --- what each split ships -------------------------------------------------------------------------------------------


def shipped() -> dict[str, list[str]]:
    """Name what lies in ``metalearn/pretrained``: the artifacts of each folder."""
    found = sorted(store.PRETRAINED.glob("*/*.json"))
    return {
        folder: [p.stem for p in found if p.parent.name == folder] for folder in sorted({p.parent.name for p in found})
    }


def character_tasks(characters: CharacterSet, split_name: str, positions: np.ndarray | None = None) -> CharacterTasks:
    """Return the character task of every character (or of those at ``positions``), against training characters."""
    train_side = split(characters, split_name).train
    everyone = np.arange(len(characters)) if positions is None else positions
    shots = int(characters.counts[everyone].min())
    return CharacterTasks(characters, everyone, others=train_side, shots=shots)


def make_all(characters: CharacterSet, folder: Path, seed: int = 0) -> dict[str, Any]:
    """Make everything that ships, for both splits, into ``folder``; what is already there is kept.

    Only Omniglot will do: raises MetalearnError for other data. Returns the wall time of each part in seconds.
    """
    if characters.name != "omniglot":
        raise MetalearnError(f"what ships is trained on Omniglot; this is {characters.name}")
    took: dict[str, Any] = {}
    for split_name in SPLITS:
        place = folder / split_name
        for name in RECIPES:
            if not (place / f"{name}.json").exists():
                took[f"{split_name}/{name}"] = make_learner(name, characters, split_name, place, seed)["wall_s"]
        if not (place / "map.json").exists():
            start = time.perf_counter()
            fit_character_embedder(characters, split_name, place, seed)
            make_map(characters, split_name, place, seed)
            took[f"{split_name}/map"] = round(time.perf_counter() - start, 1)
    if not (folder / "article" / "map-glyphs.json").exists():
        make_map(glyphs(), "article", folder / "article", seed)
    return {"folder": str(folder), "seconds": took}


def make_learner(
    name: str, characters: CharacterSet, split_name: str, folder: Path, seed: int = 0, meta_steps: int | None = None
) -> dict[str, Any]:
    """Train the learner called ``name`` and write it to ``folder/name``; a run interrupted there is taken up again.

    A conditioned learner brings the episode embedder along, fitted here to training episodes on top of the shipped
    prototypical network of the split. Returns the artifact's description.
    """
    recipe = _recipe(name)
    sides = split(characters, split_name)
    pool = sides.train
    embedder = fit_episode_embedder(characters, split_name, folder, seed) if recipe.conditioned else None
    learner = recipe.build(embedder, seed)
    if recipe.warm_start:
        learner.start.update(_base_parameters(folder))
    steps = meta_steps or recipe.meta_steps
    schedule = train.Schedule(steps, recipe.learning_rate, validate_every=max(25, steps // 8))
    tasks = Episodes(
        characters, pool, recipe.ways, 1, recipe.queries, rotations=True, batch_size=recipe.batch_size, seed=seed
    )
    validation = list(Episodes(characters, sides.validation, 20, 1, 5, batch_size=10, seed=seed + 1).sample(100))
    title = f"{name}, {split_name}"
    if recipe.meta_steps:
        progress = train.train(
            learner, tasks, validation, schedule, recipe.objective, folder / ".runs" / name, title=title
        )
    else:
        progress = train.Progress(validation=[(0, train.mean_accuracy(learner, validation))])
    description = {
        "kind": "learner",
        "learner": name,
        "title": recipe.title,
        "data": characters.name,
        "split": split_name,
        "seed": seed,
        "backbone": BACKBONE_ENTRY,
        "inner_steps": learner.steps,
        "training": {"ways": recipe.ways, "shots": 1, "queries": recipe.queries, "tasks": recipe.batch_size},
        "schedule": asdict(schedule),
        "validation": max(accuracy for _, accuracy in progress.validation),
        "validation_curve": progress.validation,
        "threads": torch.get_num_threads(),
        "wall_s": round(progress.wall_s, 1),
        "cpu_s": round(progress.cpu_s, 1),
    }
    store.save(folder / name, {key: value.numpy() for key, value in learner.state_dict().items()}, description)
    return description


def load_learner(name: str, split_name: str) -> Learner:
    """Load a shipped learner of a split, or one that ``metalearn train`` wrote: then ``name`` is the folder's path.

    Raises MetalearnError for a name that is neither, and for a file that is missing or altered.
    """
    path = Path(name)
    if path.name not in RECIPES:
        _recipe(name)
    path = path if path.parent != Path() else store.PRETRAINED / split_name / name
    arrays, description = store.load(path)
    if description.get("kind") != "learner" or description["backbone"] != BACKBONE_ENTRY:
        raise MetalearnError(f"{path} is not a learner of this version; make it again with 'metalearn train'")
    recipe = _recipe(description["learner"])
    embedder = load_embedder(description["split"], "episodes", path.parent) if recipe.conditioned else None
    learner = recipe.build(embedder, description["seed"])
    learner.load_state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
    return learner.eval()


def best(split_name: str) -> str:
    """Name the shipped learner of the split with the best validation accuracy."""
    names = [name for name in RECIPES if (store.PRETRAINED / split_name / f"{name}.json").exists()]
    if not names:
        raise MetalearnError(
            f"no learner ships for the {split_name} split; make them with 'metalearn train --recipe all'"
        )
    return max(names, key=lambda name: store.load(store.PRETRAINED / split_name / name)[1]["validation"])


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise MetalearnError(f"unknown learner {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


# --- embedders -------------------------------------------------------------------------------------------------------


def gradient_pipeline(parameters: Params, size: int) -> Pipeline:
    """Return "embed and reduce": gradient embeddings on the base model ``parameters``, then whitened PCA."""
    return make_pipeline(GradientEmbedding(BACKBONE, parameters), PCA(size, whiten=True, random_state=0))


def fit_character_embedder(characters: CharacterSet, split_name: str, folder: Path, seed: int = 0) -> Pipeline:
    """Fit the embedder of character tasks to the training characters of a split and write it to ``folder/embedder``."""
    tasks = character_tasks(characters, split_name, split(characters, split_name).train)
    return _fit_embedder(tasks, MAP_SIZE, characters, split_name, folder / "embedder", seed)


def fit_episode_embedder(characters: CharacterSet, split_name: str, folder: Path, seed: int = 0) -> Pipeline:
    """Fit the embedder of episodes, which conditioned learners use, to training episodes; ``folder/episodes``."""
    sampler = Episodes(
        characters, split(characters, split_name).train, 10, 1, 0, rotations=True, batch_size=600, seed=seed + 2
    )
    return _fit_embedder(sampler.batch(0), EMBEDDING_SIZE, characters, split_name, folder / "episodes", seed)


def _fit_embedder(
    tasks: CharacterTasks | TaskBatch, size: int, characters: CharacterSet, split_name: str, path: Path, seed: int
) -> Pipeline:
    pipeline = gradient_pipeline(_base_parameters(path.parent), size).fit(tasks)
    reducer = pipeline[-1]
    arrays = {
        "mean": reducer.mean_,
        "components": reducer.components_,
        "variance": reducer.explained_variance_,
        "variance_share": reducer.explained_variance_ratio_,
    }
    arrays = {key: value.astype(np.float32) for key, value in arrays.items()}
    description = {"kind": "embedder", "data": characters.name, "split": split_name, "seed": seed}
    store.save(path, arrays, description)
    return load_embedder(split_name, path.name, path.parent)


def load_embedder(split_name: str, name: str = "embedder", folder: Path | None = None) -> Pipeline:
    """Load the fitted pipeline of character tasks (``embedder``) or of episodes (``episodes``)."""
    folder = folder or store.PRETRAINED / split_name
    arrays, description = store.load(folder / name)
    if description.get("kind") != "embedder":
        raise MetalearnError(f"{folder / name} is not an embedder; make it again with 'metalearn train --recipe all'")
    pipeline = gradient_pipeline(_base_parameters(folder), len(arrays["components"]))
    reducer = pipeline[-1]
    reducer.mean_, reducer.components_ = arrays["mean"], arrays["components"]
    reducer.explained_variance_, reducer.explained_variance_ratio_ = arrays["variance"], arrays["variance_share"]
    reducer.n_components_, reducer.n_features_in_ = arrays["components"].shape
    return pipeline


def _base_parameters(folder: Path) -> Params:
    """Return the base model that embeddings take their gradients in: the split's prototypical network."""
    arrays, _ = store.load(folder / "prototypes")
    return {name.removeprefix("start."): torch.from_numpy(array) for name, array in arrays.items()}


# --- the map of all tasks --------------------------------------------------------------------------------------------


def make_map(characters: CharacterSet, split_name: str, folder: Path, seed: int = 0) -> None:
    """Make the map of all character tasks with the embedder in ``folder``, and write it there."""
    made = compute_map(characters, split_name, load_embedder(split_name, folder=folder), seed)
    reduce.save_map(made, folder / reduce.map_name(characters.name))


def compute_map(characters: CharacterSet, split_name: str, embedder: Pipeline, seed: int = 0) -> reduce.TaskMap:
    """Embed all character tasks, lay them out and cluster them; a minute for Omniglot.

    Raises MetalearnError for fewer than ``FEWEST_ON_A_MAP`` characters.
    """
    if len(characters) < FEWEST_ON_A_MAP:
        raise MetalearnError(f"{characters.name} has {len(characters)} characters; a map needs {FEWEST_ON_A_MAP}")
    embedding = embedder.transform(character_tasks(characters, split_name)).astype(np.float32)
    unit = reduce.centred_unit(embedding)
    return reduce.TaskMap(
        data=characters.name,
        split=split_name,
        characters=characters.characters,
        embedding=embedding,
        umap=reduce.umap_coordinates(unit, seed=seed),
        kmeans=reduce.kmeans_clusters(unit, 12, seed),
        hdbscan=reduce.density_clusters(unit),
        explained=tuple(map(float, embedder[-1].explained_variance_ratio_[:10])),
    )
