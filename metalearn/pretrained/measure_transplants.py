"""What a task's vector carries: does a learner that is given another task's vector answer that task's question?

A learner is given the vector of another task in place of its own, and nothing else is changed. Three kinds of tasks:

* ordinary ones, where the vector of another task of the same question should serve as well as the task's own;
* drawings about which two questions can be asked, labelled by one of them. Told the vector of the *other* question, the
  learner loses; the vector of another task of its own question should win that back;
* drawings whose support set answers both questions alike, so that nothing but the vector can say which one is asked.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from metalearn.characters.splits import split
from metalearn.embeddings.encoded import EncodedEmbedding
from metalearn.evaluation import probes
from metalearn.evaluation.embedding_sources import SAME_QUESTION
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import Row
from metalearn.learners.learner import Learner
from metalearn.learners.trajectory import Trajectory
from metalearn.pretrained.measure_worlds import SPLIT, TEST_SEED, batches_to_test, linear_answers, trained_learner
from metalearn.pretrained.measurement import Found, Measurement, Setting
from metalearn.pretrained.worlds import find_world
from metalearn.tasks.task_batch import TaskBatch
from metalearn.tasks.two_questions import TwoQuestions

WORLD = "hidden-5"
LEARNERS = ("in-context", "set-encoder", "attention")  # the first two read the task themselves
OTHER_QUESTION = "another question's"


def transplants(setting: Setting) -> list[Measurement]:
    """List the measurements: for each learner its transplants, and what is known of the question by its vectors."""
    found = []
    for name in LEARNERS:
        about: Row = {"split": SPLIT, "world": WORLD, "learner": name}
        for tasks, measure in (
            ("ordinary", _ordinary),
            ("labelled by one question", _labelled),
            ("labelled by both", _ambiguous),
            ("vectors", _vectors),
        ):
            found.append(Measurement(about | {"tasks_are": tasks}, partial(measure, setting, name)))
    return found


def _ordinary(setting: Setting, name: str) -> Iterator[Found]:
    """Measure the accuracy on ordinary tasks, with the task's own vector and with others."""
    learner, questions = trained_learner(setting, WORLD, name), _questions()
    found: dict[str, list[Tensor]] = {}
    for index, batch in enumerate(_tasks(setting)):
        own = _vectors_of(learner, batch)
        # Questions are asked in turn: so many tasks further on, the same one is asked again.
        vectors = {
            "own": own,
            SAME_QUESTION: own.roll(len(questions), 0),
            OTHER_QUESTION: own.roll(1 + index % (len(questions) - 1), 0),
            "mean": _donors(setting, name).mean((0, 1)).expand_as(own),
            "random": torch.randn(own.shape, generator=torch.Generator().manual_seed(index)),
        }
        for told, vector in vectors.items():
            found.setdefault(told, []).append(_right(learner, batch, vector))
    accuracies = {told: torch.cat(parts).numpy() for told, parts in found.items()}
    for told, values in accuracies.items():
        yield {"measure": "accuracy", "told": told}, Estimate.of(values)
    for number, question in enumerate(questions):
        yield (
            {"measure": "accuracy", "told": "own", "question": question},
            Estimate.of(accuracies["own"][number :: len(questions)]),
        )
    lost = accuracies["own"] - accuracies[OTHER_QUESTION]
    for told in (SAME_QUESTION, "mean", "random"):
        won_back = accuracies[told] - accuracies[OTHER_QUESTION]
        yield {"measure": "share of the gap", "told": told}, ratio(won_back, lost)


def _labelled(setting: Setting, name: str) -> Iterator[Found]:
    """Measure the accuracy on tasks labelled by one of two questions, with vectors of either."""
    learner = trained_learner(setting, WORLD, name)
    found: dict[str, list[Tensor]] = {}
    for pair, donors in _pairs(setting, name, agree=False):
        own = [_vectors_of(learner, batch) for batch in pair]
        vectors = {
            "own": own,
            "the same drawings', by the other question": own[::-1],
            SAME_QUESTION: donors,
            OTHER_QUESTION: donors[::-1],
            "mean": [_donors(setting, name).mean((0, 1)).expand_as(own[0])] * 2,
        }
        for told, both in vectors.items():
            right = [_right(learner, batch, vector) for batch, vector in zip(pair, both, strict=True)]
            found.setdefault(told, []).append(torch.stack(right).mean(0))  # one number per task: they share drawings
    accuracies = {told: torch.cat(parts).numpy() for told, parts in found.items()}
    for told, values in accuracies.items():
        yield {"measure": "accuracy", "told": told}, Estimate.of(values)
    worst = accuracies["the same drawings', by the other question"]
    for told in (SAME_QUESTION, OTHER_QUESTION, "mean"):
        yield {"measure": "share of the gap", "told": told}, ratio(accuracies[told] - worst, accuracies["own"] - worst)


def _ambiguous(setting: Setting, name: str) -> Iterator[Found]:
    """Measure by which question queries are answered where the support set does not say which one is asked."""
    learner = trained_learner(setting, WORLD, name)
    found: dict[tuple[str, str], list[Tensor]] = {}
    for pair, donors in _pairs(setting, name, agree=True):
        own = _vectors_of(learner, pair[0])
        mean = _donors(setting, name).mean((0, 1)).expand_as(own)
        for told, vectors in {"another task's": donors, "own": [own] * 2, "mean": [mean] * 2}.items():
            seen = [_adapted(learner, pair[0], vector) for vector in vectors]
            for by, batches in {"the vector's question": pair, "the other question": pair[::-1]}.items():
                right = [
                    replace(one, query_y=batch.query_y).query_accuracy[-1]
                    for one, batch in zip(seen, batches, strict=True)
                ]
                found.setdefault((told, by), []).append(torch.stack(right).mean(0))
    answered = {key: torch.cat(parts).numpy() for key, parts in found.items()}
    for (told, by), values in answered.items():
        yield {"measure": "answers", "told": told, "by": by}, Estimate.of(values)
    by_vector, by_other = (answered["another task's", by] for by in ("the vector's question", "the other question"))
    about: Row = {"measure": "share by the vector's question", "told": "another task's"}
    yield about, ratio(by_vector, by_vector + by_other)
    pairs = list(combinations(_questions(), 2))
    for asked, part, other in zip(pairs, *(np.split(v, len(pairs)) for v in (by_vector, by_other)), strict=True):
        yield about | {"question": " or ".join(asked)}, ratio(part, part + other)


def _vectors(setting: Setting, name: str) -> Iterator[Found]:
    """Measure how often a task's vector tells the question, to neighbours and linearly."""
    learner = trained_learner(setting, WORLD, name)
    rows, asked, linear = linear_answers(EncodedEmbedding(learner), setting, WORLD)
    yield {"measure": "question_1nn"}, Estimate.of(probes.nearest_agree(rows, asked))
    yield {"measure": "question_5nn"}, Estimate.of(probes.questions_told(rows, asked))
    yield {"measure": "question_linear"}, Estimate.of(linear == asked)


def ratio(part: np.ndarray, whole: np.ndarray) -> Estimate:
    """Estimate the mean of ``part`` as a share of the mean of ``whole``, ``[n]`` each, paired (the delta method).

    Where ``whole`` is nothing there is no share: NaN.
    """
    if not whole.mean():
        return Estimate(np.nan, np.nan, len(whole))
    share = part.mean() / whole.mean()
    return Estimate.of(share + (part - share * whole) / whole.mean())


def _questions() -> tuple[str, ...]:
    return find_world(WORLD).questions


def _pairs(setting: Setting, name: str, agree: bool) -> Iterator[tuple[tuple[TaskBatch, ...], list[Tensor]]]:
    """Yield test tasks of every two questions, by the one and by the other, and vectors of ordinary tasks of each."""
    donors = _donors(setting, name)
    for asked, pair in zip(combinations(range(len(donors)), 2), _two_questions(setting, agree), strict=True):
        which = torch.arange(len(pair[0])) % donors.shape[1]
        yield pair, [donors[question][which] for question in asked]


@cache
def _donors(setting: Setting, name: str) -> Tensor:
    """Return the vectors of ordinary test tasks, by question: ``[questions, tasks, d]``."""
    learner = trained_learner(setting, WORLD, name)
    vectors = torch.cat([_vectors_of(learner, batch) for batch in _tasks(setting)])
    return vectors.unflatten(0, (-1, len(_questions()))).transpose(0, 1)


@cache
def _tasks(setting: Setting) -> list[TaskBatch]:
    """Return the ordinary test tasks; kept, as all learners meet the same."""
    return list(batches_to_test(setting, WORLD))


@cache
def _two_questions(setting: Setting, agree: bool) -> list[tuple[TaskBatch, TaskBatch]]:
    """Return test tasks of every two questions, as many of each; kept, as all learners meet the same."""
    questions, test = _questions(), split(setting.characters, SPLIT).test
    asked = list(combinations(questions, 2))
    each = 2 * -(-setting.tasks // (2 * len(asked)))
    of = partial(TwoQuestions, setting.characters, test, len(questions), agree=agree, batch_size=each)
    return [of(pair, seed=TEST_SEED + number).pair(0) for number, pair in enumerate(asked)]


def _vectors_of(learner: Learner, batch: TaskBatch) -> Tensor:
    with torch.no_grad():
        found = learner.embed(batch)
    assert found is not None
    return found.cpu()


def _right(learner: Learner, batch: TaskBatch, vectors: Tensor) -> Tensor:
    """Return the accuracy on each task of ``batch``, given these vectors, ``[T]``."""
    return _adapted(learner, batch, vectors).query_accuracy[-1]


def _adapted(learner: Learner, batch: TaskBatch, vectors: Tensor) -> Trajectory:
    with torch.no_grad():
        return learner.adapt(batch, vectors, every_query=False)
