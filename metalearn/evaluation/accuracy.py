"""How accurate a learner is, with its own task embedding or with another."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from metalearn.errors import MetalearnError
from metalearn.evaluation.embedding_sources import EMBEDDING_SOURCES
from metalearn.evaluation.estimate import Estimate
from metalearn.learners.learner import Learner
from metalearn.tasks.episodes import Episodes, alphabets_of
from metalearn.tasks.sampler import Sampler, characters_of, sample_tasks
from metalearn.tasks.task_batch import TaskBatch


@dataclass(frozen=True)
class Evaluation:
    """What :func:`evaluate` found, and what it was measured on.

    Parameters
    ----------
    accuracies : ndarray
        The accuracy of each task before every step and at the end, ``[steps + 1, tasks]``.
    measured_on : str
        The tasks, in words.
    transductive : bool
        Whether the answers to queries depended on one another.
    alphabets : ndarray of str, optional
        The alphabet of each task, ``[tasks]``; None where tasks mix alphabets. All tasks of an easy alphabet are easy,
        so the intervals take the alphabets as independent, not the tasks.
    seen_in_training : int, optional
        How many of the characters that the tasks are drawn from the learner was trained or validated on; None where
        that is unknown.
    """

    accuracies: np.ndarray
    measured_on: str
    transductive: bool
    alphabets: np.ndarray | None = None
    seen_in_training: int | None = None

    @property
    def estimate(self) -> Estimate:
        """The mean accuracy after the last step, with its 95 % interval over tasks, or over alphabets."""
        return Estimate.of(self.accuracies[-1], self.alphabets)

    @property
    def by_step(self) -> list[Estimate]:
        """The mean accuracy before the first step, after it, and so on."""
        return [Estimate.of(row, self.alphabets) for row in self.accuracies]

    @property
    def by_alphabet(self) -> dict[str, Estimate]:
        """The accuracy within each alphabet, the worst first; its interval is over the tasks of that alphabet."""
        if self.alphabets is None:
            return {}
        last = self.accuracies[-1]
        found = {str(name): Estimate.of(last[self.alphabets == name]) for name in np.unique(self.alphabets)}
        return dict(sorted(found.items(), key=lambda entry: entry[1].mean))

    def __str__(self) -> str:
        steps = len(self.accuracies) - 1
        how = "transductive" if self.transductive else "not transductive"
        seen = f", {self.seen_in_training:,} of these characters seen in training" if self.seen_in_training else ""
        if self.seen_in_training is None:
            seen = ", unknown how many of these characters were seen in training"
        return f"{self.estimate} ({self.measured_on}; {steps} step{'s' * (steps != 1)}, {how}{seen})"

    __repr__ = __str__


def evaluate(
    learner: Learner, sampler: Sampler, tasks: int = 600, *, steps: int | None = None, embedding: str = "own"
) -> Evaluation:
    """Measure the query accuracy of a learner on the first tasks of a sampler.

    Parameters
    ----------
    learner : Learner
        It adapts to each task and answers its queries.
    sampler : Sampler
        Test tasks: nothing was trained or tuned on their characters.
    tasks : int
        How many of them.
    steps : int, optional
        Inner steps, in place of the learner's own number.
    embedding : str
        Which embedding the learner uses: its "own"; "shuffled": that of another task of the batch; "zero": all zeros;
        "random": noise.

    Returns
    -------
    Evaluation
        Prints as the mean with its 95 % interval, and what it was measured on.

    Raises
    ------
    MetalearnError
        For an unknown kind of embedding, or a batch of one task whose embedding should be shuffled.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> test = ml.Episodes(characters, ml.split(characters, "lake").test, queries=5)
    >>> found = ml.evaluate(ml.load_learner("prototypes", "lake"), test, tasks=64)
    >>> found.estimate.mean > 0.9
    True
    """
    accuracies = query_accuracies(learner, sample_tasks(sampler, tasks), steps, tasks, embedding)
    measured_on = f"{tasks:,} tasks of {sampler!r}"
    names, trained_on = characters_of(sampler), learner.trained_on
    seen = None if names is None or trained_on is None else len(names & trained_on)
    return Evaluation(accuracies, measured_on, learner.backbone.transductive, alphabets_within(sampler, tasks), seen)


def alphabets_within(sampler: Sampler, tasks: int) -> np.ndarray | None:
    """Return the alphabet of each of the first tasks of a sampler that stays within an alphabet; None for others."""
    if not isinstance(sampler, Episodes):
        return None
    if sampler.question != "drawer" and not (sampler.question == "character" and sampler.within_alphabet):
        return None
    return np.concatenate([alphabets_of(sampler.characters, batch) for batch in sampler.sample(tasks)])


def query_accuracies(
    learner: Learner,
    batches: Iterable[TaskBatch],
    steps: int | None = None,
    tasks: int | None = None,
    embedding: str = "own",
    every_query: bool = True,
) -> np.ndarray:
    """Return the query accuracy of every task: the numbers behind :func:`evaluate`, for paired differences.

    Parameters
    ----------
    learner : Learner
        It adapts to each task and answers its queries.
    batches : iterable of TaskBatch
        The tasks.
    steps : int, optional
        Inner steps, in place of the learner's own number.
    tasks : int, optional
        How many there are, for the progress bar.
    embedding : str
        Which embedding the learner uses, as in :func:`evaluate`.
    every_query : bool
        Whether to answer the queries before every step too; False answers them at the end alone.

    Returns
    -------
    ndarray
        Float32 ``[steps + 1, tasks]``; ``[1, tasks]`` with ``every_query=False``.

    Raises
    ------
    MetalearnError
        For an unknown kind of embedding, or a batch of one task whose embedding should be shuffled.

    Examples
    --------
    The gain of a learner over the same learner with shuffled embeddings, task by task:

    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> test = ml.Episodes(characters, ml.split(characters, "lake").test, queries=5)
    >>> learner = ml.load_learner("attention", "lake")
    >>> own = ml.query_accuracies(learner, test.sample(32))
    >>> shuffled = ml.query_accuracies(learner, test.sample(32), embedding="shuffled")
    >>> (own - shuffled).shape
    (1, 32)
    """
    found = []
    with torch.no_grad(), tqdm(total=tasks, desc="evaluating", unit="task", leave=False) as bar:
        for index, batch in enumerate(batches):
            used = _embedding_from(learner.embed(batch), embedding, index)
            found.append(learner.adapt(batch, used, steps, every_query).query_accuracy)
            bar.update(len(batch))
    return torch.cat(found, dim=1).cpu().numpy()


def embedding_for(
    learner: Learner, task: TaskBatch, source: str = "own", another: TaskBatch | None = None, seed: int = 0
) -> Tensor | None:
    """Return the embedding that a learner uses for one task, ``[1, d]``; None for a learner that uses none.

    Parameters
    ----------
    learner : Learner
        The learner, with its embedder.
    task : TaskBatch
        A batch of one task.
    source : str
        The task's "own" embedding; "shuffled": that of ``another`` task; "zero": all zeros; "random": noise.
    another : TaskBatch, optional
        The other task, for "shuffled".
    seed : int
        Of the noise.

    Raises
    ------
    MetalearnError
        For an unknown source, or "shuffled" without another task.
    """
    if source != "shuffled":
        return _embedding_from(learner.embed(task), source, seed)
    if another is None:
        raise MetalearnError("to tell a learner another task's embedding, another task is needed")
    return learner.embed(another)


def _embedding_from(own: Tensor | None, source: str, seed: int) -> Tensor | None:
    if source not in EMBEDDING_SOURCES:
        raise MetalearnError(
            "unknown kind of embedding {source!r}; there are {known}", source=source, known=", ".join(EMBEDDING_SOURCES)
        )
    if own is None or source == "own":
        return own
    generator = torch.Generator().manual_seed(seed)
    if source == "shuffled":
        # Not a random permutation, in which some tasks would keep their own: a circle in random order, each task taking
        # its neighbour's.
        if len(own) < 2:
            raise MetalearnError("embeddings are shuffled within a batch, and the last one has a single task")
        order = torch.randperm(len(own), generator=generator)
        return torch.empty_like(own).index_copy_(0, order, own[order.roll(1)])
    return torch.zeros_like(own) if source == "zero" else torch.randn(own.shape, generator=generator)
