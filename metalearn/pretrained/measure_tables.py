"""Measuring the result tables. Each is a list of measurements; an interrupted one goes on where it was."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from tqdm import tqdm

from metalearn import __version__
from metalearn._files import finite
from metalearn.characters.splits import split
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.controls import CONTROLS, make_controls
from metalearn.errors import MetalearnError
from metalearn.evaluation import probes
from metalearn.evaluation.accuracy import Evaluation, alphabets_within, evaluate, query_accuracies
from metalearn.evaluation.embedding_sources import EMBEDDING_SOURCES
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import Row, read_table, write_table
from metalearn.pretrained.embedders import BASE_LEARNER, FAMILIES, load_embedder
from metalearn.pretrained.learners import best_learner, load_learner
from metalearn.pretrained.make_map import DIFFICULTY_LEARNER
from metalearn.pretrained.measure_transplants import transplants
from metalearn.pretrained.measure_worlds import worlds
from metalearn.pretrained.measurement import Found, Measurement, Setting
from metalearn.pretrained.recipes import FULL_SPLITS, MIXED, RECIPES, shipped_for
from metalearn.pretrained.reports import characters_with_company
from metalearn.tasks.character_tasks import CharacterTasks, all_character_tasks
from metalearn.tasks.episodes import Episodes, alphabets_of
from metalearn.tasks.mixed_questions import MixedQuestions
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch, Tasks

STEPS = (0, 1, 2, 5, 10)
FEWEST_TASKS = 6  # so that a third of them, the least that a result is over, has an interval


def check_table(table: str, tasks: int) -> None:
    """Raise MetalearnError for an unknown table, or too few tasks."""
    if table not in TABLES:
        raise MetalearnError("unknown table {table!r}; there are {known}", table=table, known=", ".join(TABLES))
    if tasks < FEWEST_TASKS:
        raise MetalearnError(
            "{tasks} tasks are too few for a table; {fewest} are needed", tasks=tasks, fewest=FEWEST_TASKS
        )


def measure_table(table: str, setting: Setting, folder: Path) -> list[Row]:
    """Measure everything in ``table``, and write it to ``folder/table.json`` and ``.csv`` result by result.

    Results that are already in the file are kept if they have the same number of tasks, seed and version. What has to
    be trained for them stays in ``folder/runs``. Raises MetalearnError for an unknown table, or too few tasks.
    """
    check_table(table, setting.tasks)
    shared: Row = {
        "data": setting.characters.name,
        "data_fingerprint": setting.characters.fingerprint,
        "seed": setting.seed,
        "version": __version__,
        "asked_tasks": setting.tasks,
    }
    path = folder / f"{table}.json"
    wanted = TABLES[table](replace(setting, runs=folder / "runs"))
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
                rows.append(finite(measurement.about | details | value | shared | {"wall_s": seconds}))
            write_table(path, rows)
            bar.update()
    return rows


def _answers(row: Row, about: Row) -> bool:
    return all(row.get(key) == value for key, value in about.items())


# --- families: what does each embedding know? ------------------------------------------------------------------------

ENTRIES = (2, 4, 8, 16, 32, 64)
TRANSFER_TASKS = 120
QUESTION_TASKS = 600

REDUCERS = ("raw", "whitened")
# The scatter ships like a family but is a control: it knows nothing of what is drawn. A family should do better.
COMPARED_WITH = (*CONTROLS, "scatter")
WHITENED_SIZE = 256


def _families(setting: Setting) -> list[Measurement]:
    """List the probes of every family and control, raw and whitened alike, on both splits."""
    found = []
    for split_name in FULL_SPLITS:
        for name in (*FAMILIES, *CONTROLS):
            for reducer in REDUCERS:
                about: Row = {"split": split_name, "embedding": name, "reducer": reducer, "entries": None}
                found.append(Measurement(about, partial(_probe, setting, split_name, name, reducer)))
        for entries in ENTRIES:
            about = {"split": split_name, "embedding": "collaborative", "reducer": "raw", "entries": entries}
            found.append(Measurement(about, partial(_folded_in, setting, split_name, entries)))
    return found


def _probe(setting: Setting, split_name: str, name: str, reducer: str) -> Iterator[Found]:
    characters, seed = setting.characters, setting.seed
    labels = characters.alphabet_ids[characters_with_company(characters, split_name)]
    questions = np.arange(QUESTION_TASKS) % len(QUESTIONS)

    def rows(kind: str, of: str = name) -> np.ndarray:
        return _reduced(setting, split_name, of, reducer, kind)

    for measure, estimate in probes.alphabet_retrieval(rows("characters"), labels, seed).items():
        yield {"measure": measure}, estimate
    told = probes.questions_told(rows("questions"), questions)
    yield {"measure": "question_5nn"}, Estimate.of(told)
    yield {"measure": "stability"}, probes.stability(rows("first half"), rows("second half"))
    _, alphabets, gains, losses = _transfer(setting, split_name)
    transfer = probes.transfer_correlations(rows("few"), gains)
    yield {"measure": "transfer"}, Estimate.of(transfer, groups=alphabets)
    if probes.lengths_differ(rows("few")):
        yield {"measure": "difficulty"}, probes.difficulty_correlation(rows("few"), losses, seed)

    # Paired: on the same tasks, and a control is reduced like the embedding that is compared with it.
    nearest = probes.nearest_agree(rows("characters"), labels)
    for control in COMPARED_WITH:
        other = probes.nearest_agree(rows("characters", control), labels)
        difference = nearest.astype(float) - other
        yield {"measure": "gain_retrieval_1nn", "over": control}, Estimate.of(difference, groups=labels)
        other = probes.questions_told(rows("questions", control), questions)
        yield {"measure": "gain_question_5nn", "over": control}, Estimate.of(told.astype(float) - other)
        other = probes.transfer_correlations(rows("few", control), gains)
        yield {"measure": "gain_transfer", "over": control}, Estimate.of(transfer - other, groups=alphabets)


def _reduced(setting: Setting, split_name: str, name: str, reducer: str, kind: str) -> np.ndarray:
    """Return the embeddings of a kind of test tasks, raw or whitened by training tasks of the same sort."""
    raw = _raw(setting, split_name, name, kind)
    return raw if reducer == "raw" else _whitening(setting, split_name, name, kind == "questions").transform(raw)


@cache
def _whitening(setting: Setting, split_name: str, name: str, mixed: bool) -> PCA:
    """Fit the whitening that every family and control gets: principal components of training tasks, of equal scale."""
    training = _raw(setting, split_name, name, "training questions" if mixed else "training characters")
    return PCA(min(WHITENED_SIZE, *training.shape), whiten=True, random_state=0).fit(training)


@cache
def _raw(setting: Setting, split_name: str, name: str, kind: str) -> np.ndarray:
    """Return the embeddings of a kind of tasks as the family or control gives them, ``[tasks, D]``; kept."""
    characters, sides = setting.characters, split(setting.characters, split_name)
    drawings = FAMILIES[name].drawings if name in FAMILIES else None
    test = characters_with_company(characters, split_name)
    mixed = partial(MixedQuestions, characters, queries=0, batch_size=QUESTION_TASKS, seed=setting.seed)
    tasks: dict[str, Callable[[], Tasks]] = {
        "characters": lambda: all_character_tasks(characters, split_name, test, drawings),
        "training characters": lambda: all_character_tasks(characters, split_name, sides.train, drawings),
        "questions": lambda: mixed(sides.test).batch(0),
        "training questions": lambda: mixed(sides.train).batch(0),
        "first half": lambda: _drawings_of(setting, split_name, test, 0),
        "second half": lambda: _drawings_of(setting, split_name, test, 1),
        "few": lambda: _transfer(setting, split_name)[0],
    }
    if name in CONTROLS:
        # Noise is other noise for the other half: with the same, each task would be nearest to itself.
        seed = setting.seed + (name == "random" and kind == "second half")
        return make_controls(load_learner(BASE_LEARNER, split_name), seed)[name](tasks[kind]())
    return np.asarray(load_embedder(name, split_name)[0].transform(tasks[kind]()))


def _drawings_of(setting: Setting, split_name: str, test: np.ndarray, which: int) -> CharacterTasks:
    """Return tasks of ten drawings of each test character; those for ``which`` 0 and 1 share no drawing."""
    others = split(setting.characters, split_name).train
    return CharacterTasks(setting.characters, test, others, shots=10, skip=10 * which, seed=setting.seed)


@cache
def _transfer(setting: Setting, split_name: str) -> tuple[TaskBatch, np.ndarray, np.ndarray, np.ndarray]:
    """Return some character tasks, their alphabets, how much a start from one helps another, and how hard each is."""
    sides = split(setting.characters, split_name)
    positions = np.sort(np.random.default_rng(setting.seed).choice(sides.test, TRANSFER_TASKS, replace=False))
    few = CharacterTasks(setting.characters, positions, sides.train, shots=5, queries=10, seed=setting.seed)
    tasks = next(few.batches(TRANSFER_TASKS))
    learner = load_learner(DIFFICULTY_LEARNER, split_name)
    with torch.no_grad():
        losses = learner.adapt(tasks, every_query=False).query_loss[-1].cpu().numpy()
    return tasks, setting.characters.alphabet_ids[positions], probes.transfer_gains(learner, tasks), losses


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
    own, groups = _accuracies(setting, name, protocol, "own"), _alphabets(setting, protocol)
    yield {"measure": "accuracy", "told": "own"}, Estimate.of(own, groups)
    if protocol == "mixed":
        for question, tasks, alphabets in _by_question(setting):
            yield {"measure": "accuracy", "told": "own", "question": question}, Estimate.of(own[tasks], alphabets)
    twin = RECIPES[name].twin
    if twin is None:
        return
    for source in EMBEDDING_SOURCES[1:]:
        other = _accuracies(setting, name, protocol, source)
        yield {"measure": "accuracy", "told": source}, Estimate.of(other, groups)
        yield {"measure": "gain", "over": source}, Estimate.of(own - other, groups)
    without = _accuracies(setting, twin, protocol, "own")
    yield {"measure": "gain", "over": "twin", "twin": twin}, Estimate.of(own - without, groups)
    if protocol == "mixed":
        for question, tasks, alphabets in _by_question(setting):
            gain = Estimate.of((own - without)[tasks], alphabets)
            yield {"measure": "gain", "over": "twin", "twin": twin, "question": question}, gain


@cache
def _accuracies(setting: Setting, name: str, protocol: str, source: str) -> np.ndarray:
    """Return the accuracy of each task after the learner's own number of steps, ``[tasks]``.

    Results are kept, because several learners are compared with the same twin.
    """
    learner = load_learner(name, _split_of(protocol), "mixed" if protocol == "mixed" else "characters")
    batches = _episodes(setting, protocol).sample(setting.tasks)
    return query_accuracies(learner, batches, None, setting.tasks, source, every_query=False)[-1]


def _by_step(setting: Setting, name: str, protocol: str) -> Iterator[Found]:
    learner, tasks = load_learner(name, _split_of(protocol)), setting.tasks // 3
    found = evaluate(learner, _episodes(setting, protocol), tasks, steps=max(STEPS))
    for step in STEPS:
        yield {"measure": "accuracy", "steps": step, "own_steps": learner.steps}, found.by_step[step]


def _one_accuracy(
    setting: Setting, name: str, protocol: str, split_name: str, *, ways: int, shots: int, tasks: int
) -> Iterator[Found]:
    learner, sampler = load_learner(name, split_name), _episodes(setting, protocol, ways, shots, split_name)
    accuracies = query_accuracies(learner, sample_tasks(sampler, tasks), None, tasks, every_query=False)
    found = Evaluation(accuracies, protocol, learner.backbone.transductive, alphabets_within(sampler, tasks))
    yield {"measure": "accuracy"}, found.estimate
    for alphabet, estimate in found.by_alphabet.items():
        yield {"measure": "accuracy", "alphabet": alphabet}, estimate


@cache
def _by_question(setting: Setting) -> list[tuple[str, slice, np.ndarray | None]]:
    """Return each question, the mixed tasks that ask it, and their alphabets where each task is within one."""
    mixed = _episodes(setting, "mixed").sample(setting.tasks)
    alphabets = np.concatenate([alphabets_of(setting.characters, batch) for batch in mixed])
    every = {question: slice(i, None, len(QUESTIONS)) for i, question in enumerate(QUESTIONS)}
    return [(question, tasks, alphabets[tasks] if question == "drawer" else None) for question, tasks in every.items()]


@cache
def _alphabets(setting: Setting, protocol: str) -> np.ndarray | None:
    """Return the alphabet of each task of a protocol that stays within one: intervals are over alphabets."""
    return alphabets_within(_episodes(setting, protocol), setting.tasks)


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
    "worlds": worlds,
    "transplants": transplants,
}
