"""Measuring the result tables. Each is a list of measurements; an interrupted one goes on where it was."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from metalearn import __version__
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.controls import CONTROLS, make_controls
from metalearn.errors import MetalearnError
from metalearn.evaluation import probes
from metalearn.evaluation.accuracy import query_accuracies
from metalearn.evaluation.embedding_sources import EMBEDDING_SOURCES
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import Row, read_table, write_table
from metalearn.pretrained.embedders import BASE_LEARNER, FAMILIES, load_embedder
from metalearn.pretrained.learners import best_learner, load_learner
from metalearn.pretrained.recipes import MIXED, RECIPES, SPLITS, shipped_for
from metalearn.pretrained.reports import characters_with_company
from metalearn.tasks.character_tasks import CharacterTasks, all_character_tasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.mixed_questions import MixedQuestions
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.task_batch import TaskBatch, Tasks

Found = tuple[Row, Estimate]  # what exactly was measured, and the result
STEPS = (0, 1, 2, 5, 10)


@dataclass(frozen=True)
class Measurement:
    """One thing to measure: ``about`` says what it is, and ``measure`` yields one or more results."""

    about: Row
    measure: Callable[[], Iterator[Found]]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all measurements of a run share."""

    characters: CharacterSet
    tasks: int = 600
    seed: int = 0


def measure_table(table: str, setting: Setting, folder: Path) -> list[Row]:
    """Measure everything in ``table``, and write it to ``folder/table.json`` and ``.csv`` result by result.

    Results that are already in the file are kept if they have the same number of tasks, seed and version. Raises
    MetalearnError for an unknown table.
    """
    if table not in TABLES:
        raise MetalearnError("unknown table {table!r}; there are {known}", table=table, known=", ".join(TABLES))
    shared: Row = {
        "data": setting.characters.name,
        "seed": setting.seed,
        "version": __version__,
        "asked_tasks": setting.tasks,
    }
    path = folder / f"{table}.json"
    wanted = TABLES[table](setting)
    rows = [row for row in read_table(path) if any(_answers(row, m.about | shared) for m in wanted)]
    missing = [m for m in wanted if not any(_answers(row, m.about | shared) for row in rows)]
    with tqdm(total=len(wanted), initial=len(wanted) - len(missing), desc=table, unit="measurement") as bar:
        for measurement in missing:
            bar.set_postfix_str(", ".join(str(value) for value in measurement.about.values()))
            start = time.perf_counter()
            found = list(measurement.measure())
            seconds = round(time.perf_counter() - start, 1)
            for details, estimate in found:
                value = {"mean": estimate.mean, "ci95": estimate.ci95, "tasks": estimate.count}
                rows.append(measurement.about | details | value | shared | {"wall_s": seconds})
            write_table(path, rows)
            bar.update()
    return rows


def _answers(row: Row, about: Row) -> bool:
    return all(row.get(key) == value for key, value in about.items())


# --- families: what does each embedding know? ------------------------------------------------------------------------

ENTRIES = (2, 4, 8, 16, 32, 64)
TRANSFER_TASKS = 60


def _families(setting: Setting) -> list[Measurement]:
    """List the probes of every family and control, on test characters and mixed questions of both splits."""
    found = []
    for split_name in SPLITS:
        for name in (*FAMILIES, *CONTROLS):
            about: Row = {"split": split_name, "embedding": name, "entries": None}
            found.append(Measurement(about, partial(_probe, setting, split_name, name)))
        for entries in ENTRIES:
            about = {"split": split_name, "embedding": "collaborative", "entries": entries}
            found.append(Measurement(about, partial(_folded_in, setting, split_name, entries)))
    return found


def _probe(setting: Setting, split_name: str, name: str) -> Iterator[Found]:
    embed = _embedding(split_name, name, setting.seed)
    characters, seed = setting.characters, setting.seed
    test = characters_with_company(characters, split_name)
    drawings = FAMILIES[name].drawings if name in FAMILIES else None
    embedded = embed(all_character_tasks(characters, split_name, test, drawings))
    for measure, estimate in probes.alphabet_retrieval(embedded, characters.alphabet_ids[test], seed).items():
        yield {"measure": measure}, estimate

    mixed = MixedQuestions(characters, split(characters, split_name).test, queries=0, batch_size=600, seed=seed)
    questions = np.arange(600) % len(QUESTIONS)
    yield {"measure": "question_5nn"}, probes.question_accuracy(embed(mixed.batch(0)), questions)

    half, other = (_drawings_of(setting, split_name, test, which) for which in (0, 1))
    yield {"measure": "stability"}, probes.stability(embed(half), embed(other))

    few, gains, losses = _transfer(setting, split_name)
    embedded = embed(few)
    yield {"measure": "transfer"}, probes.transfer_correlation(embedded, gains, seed)
    yield {"measure": "difficulty"}, probes.difficulty_correlation(embedded, losses, seed)


def _embedding(split_name: str, name: str, seed: int) -> Callable[[Tasks], np.ndarray]:
    if name in FAMILIES:
        return load_embedder(name, split_name).transform
    return make_controls(load_learner(BASE_LEARNER, split_name), seed)[name]


def _drawings_of(setting: Setting, split_name: str, test: np.ndarray, which: int) -> CharacterTasks:
    """Return tasks of ten drawings of each test character; those for ``which`` 0 and 1 share no drawing."""
    others = split(setting.characters, split_name).train
    return CharacterTasks(setting.characters, test, others, shots=10, skip=10 * which, seed=setting.seed)


@cache
def _transfer(setting: Setting, split_name: str) -> tuple[TaskBatch, np.ndarray, np.ndarray]:
    """Return some character tasks, how much a start from one helps another, and how hard each is for "film"."""
    sides = split(setting.characters, split_name)
    positions = np.random.default_rng(setting.seed).choice(sides.test, TRANSFER_TASKS, replace=False)
    few = CharacterTasks(setting.characters, np.sort(positions), sides.train, shots=5, queries=10, seed=setting.seed)
    tasks = next(few.batches(TRANSFER_TASKS))
    learner = load_learner("film", split_name)
    with torch.no_grad():
        losses = learner.adapt(tasks, every_query=False).query_loss[-1].numpy()
    return tasks, probes.transfer_gains(learner, tasks), losses


def _folded_in(setting: Setting, split_name: str, entries: int) -> Iterator[Found]:
    """Measure the collaborative embedding of tasks that only a few solvers have scored."""
    embedder = load_embedder("collaborative", split_name)[0]
    assert isinstance(embedder, CollaborativeEmbedding)
    test = characters_with_company(setting.characters, split_name)
    scores = embedder.scores(all_character_tasks(setting.characters, split_name, test))
    ids = setting.characters.alphabet_ids[test]
    for measure, estimate in probes.alphabet_retrieval(embedder.fold_in(scores, entries), ids, setting.seed).items():
        yield {"measure": measure}, estimate


# --- learners and mixed: does it help to adapt? ----------------------------------------------------------------------

WAYS_AND_SHOTS = ((5, 1), (5, 5), (20, 1), (20, 5))


def _learners(setting: Setting) -> list[Measurement]:
    """List the measurements of every learner, with any characters and within an alphabet.

    First come those with other embeddings than their own, then accuracy by step, then by ways and shots.
    """
    found = []
    protocols = (("unstructured", "article"), ("within-alphabet", "lake"))
    everyone = [(protocol, side, name) for protocol, side in protocols for name in shipped_for(side)]
    for what, measure in (("ablation", _ablation), ("steps", _by_step)):
        for protocol, split_name, name in everyone:
            about = {"protocol": protocol, "split": split_name, "learner": name, "what": what}
            found.append(Measurement(about, partial(measure, setting, name, protocol)))
    for ways, shots in WAYS_AND_SHOTS[1:]:
        for protocol, split_name, name in everyone:
            about = {"protocol": protocol, "split": split_name, "learner": name}
            details = {"what": "episodes", "ways": ways, "shots": shots}
            measure_one = partial(
                _one_accuracy, setting, name, protocol, split_name, ways=ways, shots=shots, tasks=setting.tasks // 3
            )
            found.append(Measurement(about | details, measure_one))
    return found


def _mixed(setting: Setting) -> list[Measurement]:
    """List the measurements of every learner that was trained on mixed questions, on unseen alphabets."""
    about = {"protocol": "mixed", "split": "lake", "what": "ablation", "ways": 5, "shots": 5}
    return [Measurement(about | {"learner": n}, partial(_ablation, setting, n, "mixed")) for n in MIXED]


def _headline(setting: Setting) -> list[Measurement]:
    """List the measurements of the best learner that ships, on every protocol."""
    found = []
    for protocol, split_name in (("unstructured", "article"), ("unstructured", "lake"), ("within-alphabet", "lake")):
        name = best_learner(split_name)
        for ways, shots in WAYS_AND_SHOTS:
            about = {"protocol": protocol, "split": split_name, "learner": name, "ways": ways, "shots": shots}
            measure = partial(
                _one_accuracy, setting, name, protocol, split_name, ways=ways, shots=shots, tasks=setting.tasks
            )
            found.append(Measurement(about, measure))
    return found


def _ablation(setting: Setting, name: str, protocol: str) -> Iterator[Found]:
    """Measure a learner with its own embedding and with others, and the differences, paired on the same tasks."""
    own = _accuracies(setting, name, protocol, "own")
    yield {"measure": "accuracy", "told": "own"}, Estimate.of(own)
    if protocol == "mixed":
        for i, question in enumerate(QUESTIONS):
            yield {"measure": "accuracy", "told": "own", "question": question}, Estimate.of(own[i :: len(QUESTIONS)])
    twin = RECIPES[name].twin
    if twin is None:
        return
    for source in EMBEDDING_SOURCES[1:]:
        other = _accuracies(setting, name, protocol, source)
        yield {"measure": "accuracy", "told": source}, Estimate.of(other)
        yield {"measure": "gain", "over": source}, Estimate.of(own - other)
    without = _accuracies(setting, twin, protocol, "own")
    yield {"measure": "gain", "over": "twin", "twin": twin}, Estimate.of(own - without)
    if protocol == "mixed":
        for i, question in enumerate(QUESTIONS):
            gain = Estimate.of((own - without)[i :: len(QUESTIONS)])
            yield {"measure": "gain", "over": "twin", "twin": twin, "question": question}, gain


@cache
def _accuracies(setting: Setting, name: str, protocol: str, source: str) -> np.ndarray:
    """Return the accuracy of each task after the learner's own number of steps, ``[tasks]``.

    Results are kept, because several learners are compared with the same twin.
    """
    learner = load_learner(name, _split_of(protocol), "mixed" if protocol == "mixed" else "character")
    batches = _episodes(setting, protocol).sample(setting.tasks)
    return query_accuracies(learner, batches, None, setting.tasks, source, every_query=False)[-1]


def _by_step(setting: Setting, name: str, protocol: str) -> Iterator[Found]:
    learner, tasks = load_learner(name, _split_of(protocol)), setting.tasks // 3
    found = query_accuracies(learner, _episodes(setting, protocol).sample(tasks), max(STEPS), tasks)
    for step in STEPS:
        yield {"measure": "accuracy", "steps": step, "own_steps": learner.steps}, Estimate.of(found[step])


def _one_accuracy(
    setting: Setting, name: str, protocol: str, split_name: str, *, ways: int, shots: int, tasks: int
) -> Iterator[Found]:
    learner = load_learner(name, split_name)
    batches = _episodes(setting, protocol, ways, shots, split_name).sample(tasks)
    yield (
        {"measure": "accuracy"},
        Estimate.of(query_accuracies(learner, batches, None, tasks, every_query=False)[-1]),
    )


def _split_of(protocol: str) -> str:
    return "article" if protocol == "unstructured" else "lake"


def _episodes(
    setting: Setting, protocol: str, ways: int = 5, shots: int = 1, split_name: str | None = None
) -> Episodes | MixedQuestions:
    """Return the test tasks of a protocol, the same ones for every learner."""
    test = split(setting.characters, split_name or _split_of(protocol)).test
    if protocol == "mixed":
        return MixedQuestions(setting.characters, test, batch_size=30, seed=setting.seed)
    within = protocol == "within-alphabet"
    batch_size = 20 if ways * shots <= 25 else 5
    return Episodes(
        setting.characters, test, ways, shots, 5, within_alphabet=within, batch_size=batch_size, seed=setting.seed
    )


TABLES: dict[str, Callable[[Setting], list[Measurement]]] = {
    "families": _families,
    "learners": _learners,
    "mixed": _mixed,
    "headline": _headline,
}
