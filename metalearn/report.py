"""Results with everything one needs to read them: which learner, trained on what, measured on what, how surely."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from metalearn import evaluate, recipes
from metalearn.data import CharacterSet, split
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.evaluate import Estimate
from metalearn.tasks import CharacterTasks, Episodes

Result = dict[str, Any]


def learner_accuracy(
    name: str | None,
    characters: CharacterSet,
    split_name: str,
    *,
    ways: int = 5,
    shots: int = 1,
    queries: int = 5,
    tasks: int = 600,
    steps: int | None = None,
    within_alphabet: bool = False,
    seed: int = 0,
) -> Result:
    """Measure a learner (the best that ships, for None) on test-side episodes: accuracy with its 95 % interval."""
    name = name or recipes.best(split_name)
    learner = recipes.load_learner(name, split_name)
    sampler = Episodes(
        characters,
        split(characters, split_name).test,
        ways,
        shots,
        queries,
        within_alphabet=within_alphabet,
        batch_size=10,
        seed=seed,
    )
    by_step = evaluate.query_accuracies(learner, sampler.sample(tasks), steps, tasks)
    final = Estimate.of(by_step[-1])
    return {
        "accuracy": final.mean,
        "ci95": final.ci95,
        "tasks": final.count,
        "ways": ways,
        "shots": shots,
        "queries": queries,
        "steps": len(by_step) - 1,
        "accuracy_by_step": [float(row.mean()) for row in by_step],
        "protocol": "within-alphabet" if within_alphabet else "unstructured",
        **_setting(name, learner, characters.name, split_name, seed),
    }


def lake_runs_error(name: str | None, split_name: str, folder: Path, seed: int = 0) -> Result:
    """Measure a learner on Lake's one-shot runs: the mean error over runs with its 95 % interval."""
    runs = evaluate.lake_runs(folder)
    name = name or recipes.best(split_name)
    learner = recipes.load_learner(name, split_name)
    with torch.no_grad():
        errors = [1 - learner.adapt(run, every_query=False).query_accuracy[-1].item() for run in tqdm(runs, unit="run")]
    mean = Estimate.of(np.array(errors))
    return {
        "error": mean.mean,
        "ci95": mean.ci95,
        "runs": mean.count,
        "ways": runs[0].ways,
        "shots": 1,
        "protocol": "lake-runs",
        **_setting(name, learner, f"runs in {folder.name}", split_name, seed),
    }


def _setting(name: str, learner: recipes.Learner, data: str, split_name: str, seed: int) -> Result:
    transductive = learner.backbone.transductive
    return {"split": split_name, "learner": name, "data": data, "transductive": transductive, "seed": seed}


def embedding_table(characters: CharacterSet, split_name: str, seed: int = 0) -> Result:
    """Measure what the gradient embedding of the test characters' tasks knows about alphabets, beside its controls.

    The controls see the same support sets: mean pixels; mean features of the base model; the same gradients in an
    untrained network; random vectors.
    """
    sides = split(characters, split_name)
    ids = characters.alphabet_ids
    # A character that is alone in its alphabet on this side has no right answer to find.
    test = sides.test[np.bincount(ids[sides.test])[ids[sides.test]] > 1]
    if len(test) < 12:
        raise MetalearnError(f"{characters.name} has {len(test)} test characters with company; 12 are needed")
    tasks = recipes.character_tasks(characters, split_name, test)
    found = _embeddings(tasks, len(test), split_name, seed)
    rows = {name: evaluate.embedding_quality(embedded, ids[test], seed) for name, embedded in found.items()}
    return {
        "embedding": "gradient",
        **rows.pop("gradient"),
        "controls": rows,
        "tasks": len(test),
        "labels": "alphabet",
        "data": characters.name,
        "split": split_name,
        "seed": seed,
    }


def _embeddings(tasks: CharacterTasks, count: int, split_name: str, seed: int) -> dict[str, np.ndarray]:
    embedder = recipes.load_embedder(split_name)
    base = recipes.load_learner("prototypes", split_name)
    untrained = GradientEmbedding(recipes.BACKBONE, recipes.BACKBONE.initial(seed))
    ways: dict[str, Callable[[], np.ndarray]] = {
        "gradient": lambda: embedder.transform(tasks),
        "mean_pixels": lambda: evaluate.mean_pixels(tasks.batches(64)),
        "mean_features": lambda: evaluate.mean_features(base, tasks.batches(64)),
        "untrained_network": lambda: untrained.transform(tasks),
        "random": lambda: np.random.default_rng(seed).normal(size=(count, recipes.MAP_SIZE)),
    }
    return {name: embed() for name, embed in tqdm(ways.items(), desc="embedding", unit="way", leave=False)}
