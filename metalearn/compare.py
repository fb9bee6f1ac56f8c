"""Measuring the result tables: each is a list of measurements that can be interrupted and taken up again."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from metalearn import __version__, evaluate, families, probes, recipes, report, tables
from metalearn.data import CharacterSet, split
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.errors import MetalearnError
from metalearn.evaluate import Estimate
from metalearn.tables import Row
from metalearn.tasks import QUESTIONS, CharacterTasks, Episodes, MixedQuestions, TaskBatch, Tasks

Found = tuple[Row, Estimate]  # what exactly was measured, and what came out
STEPS = (0, 1, 2, 5, 10)


@dataclass(frozen=True)
class Measurement:
    """One thing to measure: ``about`` says what it is, ``measure`` yields what was asked and found, several perhaps."""

    about: Row
    measure: Callable[[], Iterator[Found]]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all measurements of a run share."""

    characters: CharacterSet
    tasks: int = 600
    seed: int = 0


def run(table: str, setting: Setting, folder: Path) -> list[Row]:
    """Measure everything in ``table``; write it to ``folder/table.json`` and ``.csv`` as it comes in.

    What is already in the file, measured with as many tasks, the same seed and this version, is kept. Raises
    MetalearnError for an unknown table.
    """
    if table not in TABLES:
        raise MetalearnError(f"unknown table {table!r}; there are {', '.join(TABLES)}")
    shared: Row = {
        "data": setting.characters.name,
        "seed": setting.seed,
        "version": __version__,
        "asked_tasks": setting.tasks,
    }
    path = folder / f"{table}.json"
    wanted = TABLES[table](setting)
    rows = [row for row in tables.read(path) if any(_answers(row, m.about | shared) for m in wanted)]
    missing = [m for m in wanted if not any(_answers(row, m.about | shared) for row in rows)]
    with tqdm(total=len(wanted), initial=len(wanted) - len(missing), desc=table, unit="measurement") as bar:
        for measurement in missing:
            bar.set_postfix_str(", ".join(str(value) for value in measurement.about.values()))
            start = time.perf_counter()
            found = list(measurement.measure())
            seconds = round(time.perf_counter() - start, 1)
            for asked, estimate in found:
                value = {"mean": estimate.mean, "ci95": estimate.ci95, "tasks": estimate.count}
                rows.append(measurement.about | asked | value | shared | {"wall_s": seconds})
            tables.write(path, rows)
            bar.update()
    return rows


def _answers(row: Row, about: Row) -> bool:
    return all(row.get(key) == value for key, value in about.items())


# --- families: what does each embedding know? ------------------------------------------------------------------------

ENTRIES = (2, 4, 8, 16, 32, 64)
TRANSFER_TASKS = 60


def _families(setting: Setting) -> list[Measurement]:
    """Every family and control, on the tasks of test characters and on mixed questions of both splits."""
    found = []
    for split_name in recipes.SPLITS:
        for name in (*families.FAMILIES, *report.CONTROLS):
            about: Row = {"split": split_name, "embedding": name, "entries": None}
            found.append(Measurement(about, partial(_probe, setting, split_name, name)))
        for entries in ENTRIES:
            about = {"split": split_name, "embedding": "collaborative", "entries": entries}
            found.append(Measurement(about, partial(_folded_in, setting, split_name, entries)))
    return found


def _probe(setting: Setting, split_name: str, name: str) -> Iterator[Found]:
    embed = _embedding(split_name, name, setting.seed)
    characters, seed = setting.characters, setting.seed
    test = report.in_company(characters, split_name)
    drawings = families.FAMILIES[name].drawings if name in families.FAMILIES else None
    embedded = embed(families.character_tasks(characters, split_name, test, drawings))
    for measure, estimate in probes.alphabet_retrieval(embedded, characters.alphabet_ids[test], seed).items():
        yield {"measure": measure}, estimate

    mixed = MixedQuestions(characters, split(characters, split_name).test, queries=0, batch_size=600, seed=seed)
    asked = np.arange(600) % len(QUESTIONS)
    yield {"measure": "question_5nn"}, probes.question_accuracy(embed(mixed.batch(0)), asked)

    half, other = (_drawings_of(setting, split_name, test, which) for which in (0, 1))
    yield {"measure": "stability"}, probes.stability(embed(half), embed(other))

    few, gains, losses = _transfer(setting, split_name)
    embedded = embed(few)
    yield {"measure": "transfer"}, probes.transfer_correlation(embedded, gains, seed)
    yield {"measure": "difficulty"}, probes.difficulty_correlation(embedded, losses, seed)


def _embedding(split_name: str, name: str, seed: int) -> Callable[[Tasks], np.ndarray]:
    if name in families.FAMILIES:
        return families.load_embedder(split_name, name).transform
    return report.controls(split_name, seed)[name]


def _drawings_of(setting: Setting, split_name: str, test: np.ndarray, which: int) -> CharacterTasks:
    """Return tasks of ten drawings of each test character; two calls share no drawing."""
    others = split(setting.characters, split_name).train
    return CharacterTasks(setting.characters, test, others, shots=10, skip=10 * which, seed=setting.seed)


@cache
def _transfer(setting: Setting, split_name: str) -> tuple[TaskBatch, np.ndarray, np.ndarray]:
    """Return some character tasks, how much a start from one helps another, and how hard each is for "film"."""
    sides = split(setting.characters, split_name)
    chosen = np.random.default_rng(setting.seed).choice(sides.test, TRANSFER_TASKS, replace=False)
    few = CharacterTasks(setting.characters, np.sort(chosen), sides.train, shots=5, queries=10, seed=setting.seed)
    tasks = next(few.batches(TRANSFER_TASKS))
    learner = recipes.load_learner("film", split_name)
    with torch.no_grad():
        losses = learner.adapt(tasks, every_query=False).query_loss[-1].numpy()
    return tasks, probes.transfer_gains(learner, tasks), losses


def _folded_in(setting: Setting, split_name: str, entries: int) -> Iterator[Found]:
    """How good is the collaborative embedding of a task that few solvers have scored?"""
    embedder = families.load_embedder(split_name, "collaborative")[0]
    assert isinstance(embedder, CollaborativeEmbedding)
    test = report.in_company(setting.characters, split_name)
    scores = embedder.scores(families.character_tasks(setting.characters, split_name, test))
    ids = setting.characters.alphabet_ids[test]
    for measure, estimate in probes.alphabet_retrieval(embedder.fold_in(scores, entries), ids, setting.seed).items():
        yield {"measure": measure}, estimate


# --- learners and mixed: does it help to adapt? ----------------------------------------------------------------------

WAYS_AND_SHOTS = ((5, 1), (5, 5), (20, 1), (20, 5))


def _learners(setting: Setting) -> list[Measurement]:
    """Every learner on plain Omniglot and within an alphabet: first told otherwise, then by step, ways and shots."""
    found = []
    protocols = (("unstructured", "article"), ("within-alphabet", "lake"))
    everyone = [(protocol, side, name) for protocol, side in protocols for name in recipes.shipped_for(side)]
    for what, measure in (("ablation", _ablation), ("steps", _by_step)):
        for protocol, split_name, name in everyone:
            about = {"protocol": protocol, "split": split_name, "learner": name, "what": what}
            found.append(Measurement(about, partial(measure, setting, name, protocol)))
    for ways, shots in WAYS_AND_SHOTS[1:]:
        for protocol, split_name, name in everyone:
            about = {"protocol": protocol, "split": split_name, "learner": name}
            asked = {"what": "episodes", "ways": ways, "shots": shots}
            one = partial(_one_accuracy, setting, name, protocol, ways, shots, setting.tasks // 3)
            found.append(Measurement(about | asked, one))
    return found


def _mixed(setting: Setting) -> list[Measurement]:
    """Every learner that was trained on mixed questions, on those of unseen alphabets."""
    about = {"protocol": "mixed", "split": "lake", "what": "ablation", "ways": 5, "shots": 5}
    return [Measurement(about | {"learner": n}, partial(_ablation, setting, n, "mixed")) for n in recipes.MIXED]


def _headline(setting: Setting) -> list[Measurement]:
    """The best learner that ships, on every protocol."""
    found = []
    for protocol, split_name in (("unstructured", "article"), ("unstructured", "lake"), ("within-alphabet", "lake")):
        name = recipes.best(split_name)
        for ways, shots in WAYS_AND_SHOTS:
            about = {"protocol": protocol, "split": split_name, "learner": name, "ways": ways, "shots": shots}
            measure = partial(_one_accuracy, setting, name, protocol, ways, shots, setting.tasks, split_name)
            found.append(Measurement(about, measure))
    return found


def _ablation(setting: Setting, name: str, protocol: str) -> Iterator[Found]:
    """A learner told its own embedding, and told others; and the differences, paired on the same tasks."""
    own = _accuracies(setting, name, protocol, "own")
    yield {"measure": "accuracy", "told": "own"}, Estimate.of(own)
    if protocol == "mixed":
        for i, question in enumerate(QUESTIONS):
            yield {"measure": "accuracy", "told": "own", "question": question}, Estimate.of(own[i :: len(QUESTIONS)])
    twin = recipes.RECIPES[name].twin
    if twin is None:
        return
    for told in evaluate.EMBEDDINGS[1:]:
        other = _accuracies(setting, name, protocol, told)
        yield {"measure": "accuracy", "told": told}, Estimate.of(other)
        yield {"measure": "gain", "over": told}, Estimate.of(own - other)
    without = _accuracies(setting, twin, protocol, "own")
    yield {"measure": "gain", "over": "twin", "twin": twin}, Estimate.of(own - without)
    if protocol == "mixed":
        for i, question in enumerate(QUESTIONS):
            gain = Estimate.of((own - without)[i :: len(QUESTIONS)])
            yield {"measure": "gain", "over": "twin", "twin": twin, "question": question}, gain


@cache
def _accuracies(setting: Setting, name: str, protocol: str, told: str) -> np.ndarray:
    """Accuracy of each task at the learner's own number of steps, ``[tasks]``; kept, as twins are asked for again."""
    learner = recipes.load_learner(name, _split_of(protocol), "mixed" if protocol == "mixed" else "character")
    batches = _episodes(setting, protocol).sample(setting.tasks)
    return evaluate.query_accuracies(learner, batches, None, setting.tasks, told, every_query=False)[-1]


def _by_step(setting: Setting, name: str, protocol: str) -> Iterator[Found]:
    learner, tasks = recipes.load_learner(name, _split_of(protocol)), setting.tasks // 3
    found = evaluate.query_accuracies(learner, _episodes(setting, protocol).sample(tasks), max(STEPS), tasks)
    for step in STEPS:
        yield {"measure": "accuracy", "steps": step, "own_steps": learner.steps}, Estimate.of(found[step])


def _one_accuracy(
    setting: Setting, name: str, protocol: str, ways: int, shots: int, tasks: int, split_name: str | None = None
) -> Iterator[Found]:
    split_name = split_name or _split_of(protocol)
    learner = recipes.load_learner(name, split_name)
    batches = _episodes(setting, protocol, ways, shots, split_name).sample(tasks)
    yield (
        {"measure": "accuracy"},
        Estimate.of(evaluate.query_accuracies(learner, batches, None, tasks, every_query=False)[-1]),
    )


def _split_of(protocol: str) -> str:
    return "article" if protocol == "unstructured" else "lake"


def _episodes(
    setting: Setting, protocol: str, ways: int = 5, shots: int = 1, split_name: str | None = None
) -> Episodes | MixedQuestions:
    """The test tasks of a protocol; the first so many are the same for every learner."""
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
