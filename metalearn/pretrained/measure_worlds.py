"""What knowing the task is worth in a world: learners that are told its embedding, beside all they compare with.

Learners are trained here, on the lake split, and measured on unseen alphabets. What was trained is kept, so that an
interrupted measurement goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from metalearn import artifacts
from metalearn.characters.splits import split
from metalearn.evaluation import probes
from metalearn.evaluation.embedding_sources import SAME_QUESTION
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import Row
from metalearn.learners.learner import Embedder, Learner
from metalearn.pretrained.embedders import BASE_LEARNER, EMBEDDING_SIZE, base_parameters, find_family
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.measurement import Found, Measurement, Setting
from metalearn.pretrained.names import artifact_folder
from metalearn.pretrained.recipes import RECIPES
from metalearn.pretrained.train_recipe import check_made_for, make_learner
from metalearn.pretrained.worlds import TEST_SEED, find_world
from metalearn.tasks.sampler import Sampler
from metalearn.tasks.task_batch import TaskBatch

SPLIT = "lake"
SEEDS = 3  # so many times every learner is trained, where a claim is made
EMBEDDINGS = ("prototype-gradient", "gradient", "gradient-long", "scatter")


@dataclass(frozen=True)
class Case:
    """A world, and the learners that are told an embedding in it.

    In a thorough case learners are trained from several seeds, and beside more that they are compared with.
    """

    world: str
    learners: tuple[str, ...]
    thorough: bool = False

    @property
    def seeds(self) -> int:
        """How many times each learner is trained."""
        return SEEDS if self.thorough else 1

    @property
    def without(self) -> tuple[str, ...]:
        """The best learners that no embedding helps."""
        return ("mahalanobis", "ridge") if self.thorough else ("mahalanobis",)

    @property
    def embeddings(self) -> tuple[str, ...]:
        """The embeddings of which it is measured how well they tell the question."""
        if len(self.questions) == 1:
            return ()
        return EMBEDDINGS if self.thorough else (find_world(self.world).family,)

    @property
    def questions(self) -> tuple[str, ...]:
        """What the tasks ask, in turn."""
        return find_world(self.world).questions


CASES = (
    Case("hidden-5", ("attention", "preinit", "step-sizes-each"), thorough=True),
    Case("which-part", ("places",), thorough=True),
    *(Case(f"hidden-{count}", ("attention",)) for count in (1, 8, 3, 2, 4, 6, 7)),
)


def worlds(setting: Setting, cases: Sequence[Case] | None = None) -> list[Measurement]:
    """List the measurements: in each world its learners without an embedding, those that are told one, embeddings.

    ``cases`` are all of them by default.
    """
    found = []
    for case in CASES if cases is None else cases:
        about: Row = {"split": SPLIT, "world": case.world, "training_seeds": case.seeds}
        for name in (*case.without, *case.learners):
            found.append(Measurement(about | {"learner": name}, partial(_compared, setting, case, name)))
        for name in case.embeddings:
            found.append(Measurement(about | {"embedding": name}, partial(_question_told, setting, case, name)))
    return found


def _compared(setting: Setting, case: Case, name: str) -> Iterator[Found]:
    """Measure a learner and, where it is told an embedding, all that says what the embedding is worth to it."""
    own = _accuracies(setting, case, name)
    yield {"measure": "accuracy", "told": "own"}, _estimate(own)
    for number, question in enumerate(case.questions):
        about: Row = {"measure": "accuracy", "told": "own", "question": question}
        yield about, _estimate(own[:, number :: len(case.questions)])
    twin = RECIPES[name].twin
    if twin is None:
        return
    others = {"twin": _accuracies(setting, case, twin)} | {n: _accuracies(setting, case, n) for n in case.without}
    others[SAME_QUESTION] = _accuracies(setting, case, name, told="same")
    if len(case.questions) > 1:
        others["another question's"] = _accuracies(setting, case, name, told="other")
    if case.thorough:
        others["trained on shuffled"] = _accuracies(setting, case, name, trained="shuffled")
    for over, accuracies in others.items():
        yield {"measure": "accuracy", "told": over}, _estimate(accuracies)
        yield {"measure": "gain", "over": over}, _estimate(own - accuracies)
    truth = _accuracies(setting, case, name, trained="truth")
    yield {"measure": "accuracy", "told": "truth"}, _estimate(truth)
    yield {"measure": "gain of the truth", "over": "twin"}, _estimate(truth - others["twin"])


def _estimate(values: np.ndarray) -> Estimate:
    """Estimate the mean of values ``[seeds, tasks]``: the interval is over seeds, or for one seed over its tasks."""
    seeds, tasks = values.shape
    return Estimate.of(values.ravel(), None if seeds == 1 else np.repeat(np.arange(seeds), tasks))


@cache
def _accuracies(setting: Setting, case: Case, name: str, trained: str = "own", told: str = "own") -> np.ndarray:
    """Return the accuracy on each test task of learners trained from each seed, ``[seeds, tasks]``.

    ``trained`` is what the learner was told in training; ``told`` is "own", or the embedding of another task that asks
    the "same" question, or an "other" one.
    """
    found, questions = [], len(case.questions)
    for seed in range(case.seeds):
        learner = trained_learner(setting, case.world, name, seed, trained)
        with torch.no_grad():
            for index, batch in enumerate(batches_to_test(setting, case.world, seed)):
                embedding = learner.embed(batch)
                if embedding is not None and told != "own":
                    # Questions are asked in turn: so many tasks further on, the same one is asked again.
                    shift = questions if told == "same" else 1 + index % (questions - 1)
                    embedding = embedding.roll(shift, dims=0)
                found.append(learner.adapt(batch, embedding, every_query=False).query_accuracy[-1])
    return torch.cat(found).unflatten(0, (case.seeds, -1)).cpu().numpy()


def trained_learner(setting: Setting, world: str, name: str, seed: int = 0, trained: str = "own") -> Learner:
    """Return a learner that was trained from a seed; train it where that has not been done yet."""
    root = setting.runs / f"seed-{seed}"
    path = root / artifact_folder(SPLIT, world) / (name if trained == "own" else f"{name}-{trained}")
    if artifacts.exists(path):
        check_made_for(path, setting.characters, seed)
    else:
        make_learner(name, setting.characters, SPLIT, root, seed=seed, world=world, embedding=trained)
    return load_learner(path)


def batches_to_test(setting: Setting, world: str, seed: int = 0) -> Iterator[TaskBatch]:
    """Yield whole batches of test tasks, until there are as many tasks as were asked for."""
    tasks = find_world(world).test(setting.characters, split(setting.characters, SPLIT), TEST_SEED + seed)
    return _whole_batches(tasks, setting.tasks)


def _whole_batches(sampler: Sampler, tasks: int) -> Iterator[TaskBatch]:
    made, index = 0, 0
    while made < tasks:
        batch = sampler.batch(index)
        yield batch
        made, index = made + len(batch), index + 1


def _question_told(setting: Setting, case: Case, family: str) -> Iterator[Found]:
    """Measure in how many test tasks an embedding tells the question: to neighbours, and linearly.

    Neighbours are other test tasks. The linear classifier has learned from as many training tasks.
    """
    told: dict[str, list[np.ndarray]] = {"question_5nn": [], "question_linear": []}
    world, sides = find_world(case.world), split(setting.characters, SPLIT)
    for seed in range(case.seeds):
        trained_learner(setting, case.world, BASE_LEARNER, seed)  # trains the base model if it is missing
        base, _ = base_parameters(artifact_folder(SPLIT, case.world), setting.runs / f"seed-{seed}")
        embedder = make_pipeline(find_family(family).embedder(base))
        if find_family(family).size is not None:
            embedder.steps.append(("reducer", PCA(EMBEDDING_SIZE, whiten=True, random_state=0)))
        embedder.fit(world.embedder_tasks(setting.characters, sides, seed + 2).batch(0))
        rows, asked, answers = linear_answers(embedder, setting, case.world, seed)
        told["question_5nn"].append(probes.questions_told(rows, asked))
        told["question_linear"].append(answers == asked)
    for measure, right in told.items():
        yield {"measure": measure}, _estimate(np.stack(right).astype(float))


def linear_answers(
    embedder: Embedder, setting: Setting, world: str, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the embeddings of test tasks ``[tasks, d]``, the questions they ask, and what a linear classifier says.

    The classifier has learned from as many training tasks.
    """
    found, sides = find_world(world), split(setting.characters, SPLIT)
    practice = found.recipe(BASE_LEARNER).practice(setting.characters, sides, TEST_SEED + seed)
    rows, asked = _embedded(embedder, batches_to_test(setting, world, seed))
    known, answers = _embedded(embedder, _whole_batches(practice, setting.tasks))
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(known, answers)
    return rows, asked, linear.predict(rows)


def _embedded(embedder: Embedder, batches: Iterator[TaskBatch]) -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings of tasks, ``[tasks, d]``, and the questions they ask."""
    rows, asked = [], []
    for batch in batches:
        assert batch.question is not None
        rows.append(embedder.transform(batch))
        asked.append(batch.question.numpy())
    return np.concatenate(rows), np.concatenate(asked)
