"""Single results with all that is needed to read them: the learner, its training, the test tasks, the interval."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from tqdm import tqdm

from metalearn._device import find_device
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.controls import make_controls
from metalearn.errors import MetalearnError
from metalearn.evaluation import probes
from metalearn.evaluation.accuracy import evaluate
from metalearn.evaluation.estimate import Estimate
from metalearn.learners.learner import Embedder, Learner
from metalearn.pretrained.embedders import BASE_LEARNER, find_family, load_embedder
from metalearn.pretrained.learners import best_learner, load_learner
from metalearn.pretrained.seen import seen_of_lakes_runs
from metalearn.pretrained.worlds import TEST_SEED, find_world
from metalearn.tasks.character_tasks import all_character_tasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.lake_runs import load_lake_runs
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import Tasks

Result = dict[str, Any]


def learner_accuracy(
    learner: Learner,
    name: str,
    characters: CharacterSet,
    split_name: str,
    tested: np.ndarray,
    *,
    ways: int = 5,
    shots: int = 1,
    queries: int = 5,
    tasks: int = 600,
    steps: int | None = None,
    within_alphabet: bool = False,
    seed: int = 0,
) -> Result:
    """Measure a learner on episodes of the ``tested`` characters: accuracy with its 95 % interval."""
    sampler = Episodes(
        characters,
        tested,
        ways,
        shots,
        queries,
        within_alphabet=within_alphabet,
        batch_size=10,
        seed=seed,
    )
    found = evaluate(learner.to(find_device()), sampler, tasks, steps=steps)
    by_alphabet = {alphabet: _accuracy(estimate) for alphabet, estimate in found.by_alphabet.items()}
    return {
        **_accuracy(found.estimate),
        "ways": ways,
        "shots": shots,
        "queries": queries,
        "steps": len(found.accuracies) - 1,
        "accuracy_by_step": [estimate.mean for estimate in found.by_step],
        **({"worst_alphabet": next(iter(by_alphabet)), "by_alphabet": by_alphabet} if by_alphabet else {}),
        "protocol": "within-alphabet" if within_alphabet else "unstructured",
        **_setting(name, learner, characters.name, split_name, seed),
    }


def world_accuracy(
    learner: Learner,
    name: str,
    characters: CharacterSet,
    split_name: str,
    world: str,
    *,
    tasks: int = 600,
    steps: int | None = None,
    seed: int = 0,
) -> Result:
    """Measure a learner on the test tasks of a world: accuracy with its 95 % interval, also question by question."""
    sampler = find_world(world).test(characters, split(characters, split_name), TEST_SEED + seed)
    found = evaluate(learner.to(find_device()), sampler, tasks, steps=steps)
    questions, last = find_world(world).questions, found.accuracies[-1]
    by_question = {  # questions are asked in turn
        question: _accuracy(Estimate.of(last[number :: len(questions)]))
        for number, question in enumerate(questions[:tasks])
    }
    one = next(sample_tasks(sampler, 1))
    return {
        **_accuracy(found.estimate),
        "ways": one.ways,
        "shots": one.support_y.shape[1] // one.ways,
        "steps": len(found.accuracies) - 1,
        "accuracy_by_step": [estimate.mean for estimate in found.by_step],
        "world": world,
        **({"by_question": by_question} if by_question else {}),
        **_setting(name, learner, characters.name, split_name, seed),
    }


def lake_runs_error(
    name: str | None, split_name: str, folder: Path, seed: int = 0, own: Learner | None = None
) -> Result:
    """Measure a learner on Lake's one-shot runs: the mean error over runs with its 95 % interval."""
    runs = load_lake_runs(folder)
    name = name or best_learner(split_name)
    learner = own or load_learner(name, split_name)
    seen = seen_of_lakes_runs(learner)
    if seen not in (0, "unknown"):
        raise MetalearnError(
            "{learner} was trained on {seen} of the 659 evaluation characters, from which Lake's runs are; use one of "
            "the lake split: --split lake",
            learner=name,
            seen=seen,
        )
    learner = learner.to(find_device())
    with torch.no_grad():
        errors = [1 - learner.adapt(run, every_query=False).query_accuracy[-1].item() for run in tqdm(runs, unit="run")]
    mean = Estimate.of(np.array(errors))
    return {
        "error": mean.mean,
        "ci95": _half_width(mean),
        "runs": mean.count,
        "ways": runs[0].ways,
        "shots": 1,
        "protocol": "lake-runs",
        "seen_in_training": seen,
        **_setting(name, learner, f"runs in {folder.name}", split_name, seed),
    }


def _setting(name: str, learner: Learner, data: str, split_name: str, seed: int) -> Result:
    transductive = learner.backbone.transductive
    return {"split": split_name, "learner": name, "data": data, "transductive": transductive, "seed": seed}


def embedding_table(
    name: str,
    characters: CharacterSet,
    split_name: str,
    seed: int = 0,
    own: Embedder | None = None,
) -> Result:
    """Measure what an embedding knows about the alphabets of test characters, beside its controls.

    The controls see the same support sets: mean pixels; mean features of the base model; the gradient embedding in an
    untrained network; random vectors. Where the embedder is a pipeline, each control goes through reducers like its
    own, fitted to the control's training tasks. ``own`` is a fitted embedder of the user's, in place of the one that
    ships as ``name``.
    """
    test = characters_with_company(characters, split_name)
    ids = characters.alphabet_ids[test]
    drawings = None if own else find_family(name).drawings
    tasks = all_character_tasks(characters, split_name, test, drawings)
    training = all_character_tasks(characters, split_name, split(characters, split_name).train, drawings)
    embedder = own or load_embedder(name, split_name)
    found = _flat(probes.alphabet_retrieval(embedder.transform(tasks), ids, seed))
    controls = {}
    for control, embed in tqdm(
        make_controls(load_learner(BASE_LEARNER, split_name), seed).items(), unit="control", leave=False
    ):
        rows = _reduced_like(embedder, embed, training, tasks)
        controls[control] = _flat(probes.alphabet_retrieval(rows, ids, seed))
    return {
        "embedding": name,
        **found,
        "controls": controls,
        "tasks": len(test),
        "labels": "alphabet",
        "data": characters.name,
        "split": split_name,
        "seed": seed,
    }


def _reduced_like(
    embedder: Embedder, control: Callable[[Tasks], np.ndarray], training: Tasks, tasks: Tasks
) -> np.ndarray:
    """Return what a control makes of tasks, through reducers like the embedder's, fitted to training tasks."""
    if not isinstance(embedder, Pipeline) or len(embedder) < 2:
        return control(tasks)
    reducer, rows = clone(embedder[1:]), control(training)
    # A control may have fewer numbers than the embedding is reduced to.
    sizes = {key: size for key, size in reducer.get_params().items() if key.endswith("__n_components")}
    reducer.set_params(**{key: min(size, *rows.shape) for key, size in sizes.items() if isinstance(size, int)})
    return np.asarray(reducer.fit(rows).transform(control(tasks)))


def characters_with_company(characters: CharacterSet, split_name: str) -> np.ndarray:
    """Return the test characters but those alone in their alphabet, which have no neighbour to find."""
    ids = characters.alphabet_ids
    test = split(characters, split_name).test
    test = test[np.bincount(ids[test])[ids[test]] > 1]
    if len(test) < 12:
        raise MetalearnError(
            "{name} has {count} test characters with company; 12 are needed", name=characters.name, count=len(test)
        )
    return test


def _accuracy(estimate: Estimate) -> Result:
    return {"accuracy": estimate.mean, "ci95": _half_width(estimate), "tasks": estimate.count}


def _half_width(estimate: Estimate) -> float | None:
    """Return half the width of an interval; None where a single task or alphabet has none, as JSON has no NaN."""
    return None if np.isnan(estimate.ci95) else estimate.ci95


def _flat(estimates: dict[str, Estimate]) -> dict[str, float | None]:
    means: dict[str, float | None] = {name: estimate.mean for name, estimate in estimates.items()}
    return means | {f"{name}_ci95": _half_width(estimate) for name, estimate in estimates.items()}
