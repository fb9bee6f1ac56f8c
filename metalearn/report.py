"""Results with everything one needs to read them: which learner, trained on what, measured on what, how surely."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from metalearn import evaluate, families, probes, recipes
from metalearn.data import CharacterSet, split
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.errors import MetalearnError
from metalearn.evaluate import Estimate
from metalearn.tasks import Episodes, Tasks

Result = dict[str, Any]
CONTROLS = ("mean_pixels", "mean_features", "untrained_network", "random")


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


def embedding_table(
    name: str, characters: CharacterSet, split_name: str, seed: int = 0, among: np.ndarray | None = None
) -> Result:
    """Measure what an embedding of the test characters' tasks knows about alphabets, beside its controls.

    ``among``: the positions of the characters to take (all of the test side, by default). The controls see the same
    support sets: mean pixels; mean features of the base model; the gradient embedding in an untrained network; random
    vectors.
    """
    test = in_company(characters, split_name) if among is None else among
    ids = characters.alphabet_ids[test]
    drawings = families.family(name).drawings
    tasks = families.character_tasks(characters, split_name, test, drawings)
    ways = {name: families.load_embedder(split_name, name).transform, **controls(split_name, seed)}
    rows = {}
    for way, embed in tqdm(ways.items(), desc="embedding", unit="way", leave=False):
        rows[way] = _flat(probes.alphabet_retrieval(embed(tasks), ids, seed))
    return {
        "embedding": name,
        **rows.pop(name),
        "controls": rows,
        "tasks": len(test),
        "labels": "alphabet",
        "data": characters.name,
        "split": split_name,
        "seed": seed,
    }


def in_company(characters: CharacterSet, split_name: str) -> np.ndarray:
    """Return the test characters that are not alone in their alphabet: the others have no right answer to find."""
    ids = characters.alphabet_ids
    test = split(characters, split_name).test
    test = test[np.bincount(ids[test])[ids[test]] > 1]
    if len(test) < 12:
        raise MetalearnError(f"{characters.name} has {len(test)} test characters with company; 12 are needed")
    return test


def controls(split_name: str, seed: int = 0) -> dict[str, Callable[[Tasks], np.ndarray]]:
    """Return what every embedding is compared with, by name: functions from tasks to rows."""
    base = recipes.load_learner(families.BASE, split_name)
    untrained = GradientEmbedding(families.BACKBONE, families.BACKBONE.initial(seed))
    rng = np.random.default_rng(seed)  # other vectors each time: a task's are not its own
    return {
        "mean_pixels": lambda tasks: probes.mean_pixels(tasks.batches(64)),
        "mean_features": lambda tasks: probes.mean_features(base, tasks.batches(64)),
        "untrained_network": untrained.transform,
        "random": lambda tasks: rng.normal(size=(len(tasks), 128)),
    }


def _flat(estimates: dict[str, Estimate]) -> dict[str, float]:
    means = {name: estimate.mean for name, estimate in estimates.items()}
    return means | {f"{name}_ci95": estimate.ci95 for name, estimate in estimates.items()}
