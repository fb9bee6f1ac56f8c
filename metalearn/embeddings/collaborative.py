"""Collaborative task embeddings: score a task with the solvers of other tasks, and factorise the scores."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone, Params, device_of
from metalearn.learners.hooks import Support
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.inner_loop import adapt
from metalearn.learners.task_loss import mean_over_drawings
from metalearn.learners.update_hooks import SGD
from metalearn.schema import Layout, floats, whole
from metalearn.tasks.task_batch import TaskBatch, Tasks

HEAD_STEPS, HEAD_STEP_SIZE = 10, 0.5
SWEEPS = 20
COARSE = 4  # pixels to a side of a coarse one

STATE = {
    "anchors": np.int64,
    "heads": np.float32,
    "mean": np.float64,
    "scale": np.float64,
    "solver_factors": np.float64,
    "order": np.int64,
}


class CollaborativeEmbedding(TransformerMixin, BaseEstimator):
    """e_j: the row of task j in U, where R ≈ U Vᵀ is the matrix of scores, tasks x solvers.

    A score says how well a solver tells the classes of a task apart. There are two kinds of solvers:

    * *heads*, trained on other tasks, the anchors: linear heads on the features of the first ``blocks`` of the base
      model. Heads on the second block tell alphabets apart better than heads on the last. Scored by :func:`separation`.
    * *learners*, which learn the task itself, from pixels or features. They are scored by :func:`leave_one_out`. Where
      a class has a single drawing there is no such score: that entry is missing, as in any matrix of ratings.

    U and V are found by alternating ridge regressions that skip missing entries. Many pairs U and V have the same
    product; the kit takes the one in which the factors of the training tasks are uncorrelated and of mean square one,
    the most important first. A new task is *folded in*: it is scored by some solvers, and a ridge regression of these
    scores on the solvers' rows of V gives its factors.

    Neither kind of score depends on the order of the classes or drawings, and query sets are never read.

    Parameters
    ----------
    backbone : Backbone
        The base model's network.
    parameters : dict of str to Tensor
        The base model's parameters.
    rank : int
        How many factors a task has: the length of its embedding.
    anchors : int
        How many tasks heads are trained on; they are drawn from those given to ``fit``.
    entries : int, optional
        How many solvers score a new task, the most informative first; all by default.
    regularisation : float
        The λ of every ridge regression.
    blocks : int
        How many blocks of the base model the heads see the features of.
    batch_size : int
        Tasks that are scored at a time.
    seed : int
        Of the choice of anchors, and of where the factorisation starts.

    Attributes
    ----------
    anchors_ : ndarray of int
        The positions of the anchors among the tasks given to ``fit``.
    heads_ : ndarray
        The main direction of each anchor's head, ``[anchors, features]``.
    mean_ : ndarray
        The mean of each solver's scores, ``[solvers]``.
    scale_ : ndarray
        The standard deviation of each solver's scores, ``[solvers]``.
    solver_factors_ : ndarray
        V, ``[solvers, rank]``.
    order_ : ndarray of int
        The solvers, the most informative first.

    References
    ----------
    Article §3.1, third way; Koren, Bell and Volinsky 2009, "Matrix factorization techniques for recommender systems".

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").train, shots=2, batch_size=16).batch(0)
    >>> base = ml.load_learner("prototypes", "lake")
    >>> embedding = ml.CollaborativeEmbedding(base.backbone, base.shared, rank=4, anchors=8)
    >>> embedding.fit(batch).transform(batch).shape
    (16, 4)
    """

    def __init__(
        self,
        backbone: Backbone,
        parameters: Params,
        rank: int = 64,
        anchors: int = 128,
        entries: int | None = None,
        regularisation: float = 0.1,
        blocks: int = 2,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        self.backbone = backbone
        self.parameters = parameters
        self.rank = rank
        self.anchors = anchors
        self.entries = entries
        self.regularisation = regularisation
        self.blocks = blocks
        self.batch_size = batch_size
        self.seed = seed

    def fit(self, tasks: Tasks, y: None = None) -> Self:
        """Train the heads on anchor tasks, score all tasks with all solvers, and factorise the scores.

        Raises MetalearnError where there are fewer tasks or solvers than factors.
        """
        rng = np.random.default_rng(self.seed)
        self.anchors_ = np.sort(rng.choice(len(tasks), min(self.anchors, len(tasks)), replace=False))
        if self.rank > min(len(tasks), self._solvers):
            raise MetalearnError(
                "{count} tasks and {solvers} solvers are too few for {rank} factors",
                count=len(tasks),
                solvers=self._solvers,
                rank=self.rank,
            )
        anchors = set(self.anchors_.tolist())
        heads = [self._train_head(task) for i, task in enumerate(tasks.batches(1)) if i in anchors]
        self.heads_ = torch.stack(heads).cpu().numpy()
        scores = self.scores(tasks)
        self.mean_, self.scale_ = _mean_and_scale(scores)
        standardised = (scores - self.mean_) / self.scale_
        self.solver_factors_ = factorise(standardised, self.rank, self.regularisation, self.seed)
        self.order_ = most_informative_first(self.solver_factors_, self.regularisation)
        return self

    def transform(self, tasks: Tasks) -> np.ndarray:
        """Embed each task from its support set: float32 ``[tasks, rank]``."""
        check_is_fitted(self)
        return self.fold_in(self.scores(tasks, self.order_[: self.entries]), self.entries)

    def scores(self, tasks: Tasks, solvers: np.ndarray | None = None) -> np.ndarray:
        """Score each task with some solvers (all by default): float64 ``[tasks, solvers]``.

        There is one column per solver, first the heads and then the learners; ``solvers`` are column numbers. The
        columns of all other solvers are NaN and take no time. Scores that do not exist are NaN too.
        """
        columns = np.arange(self._solvers) if solvers is None else solvers
        return np.concatenate([self._score(batch, columns) for batch in tasks.batches(self.batch_size)])

    def fold_in(self, scores: np.ndarray, entries: int | None = None) -> np.ndarray:
        """Return the factors of tasks from the scores of their ``entries`` most informative solvers (all by default).

        ``scores`` is ``[tasks, solvers]``, as :meth:`scores` returns it. Returns float32 ``[tasks, rank]``. A task
        without any score gets zeros, which is the average task.
        """
        used = self.order_[:entries]
        standardised = (scores[:, used] - self.mean_[used]) / self.scale_[used]
        return _ridge(standardised, self.solver_factors_[used], self.regularisation).astype(np.float32)

    def layout(self) -> Layout:
        """Return what the arrays of :meth:`state` have to be."""
        return {
            "anchors": whole("anchors"),
            "heads": floats("anchors", self._network.features_size),
            "mean": floats("solvers"),
            "scale": floats("solvers"),
            "solver_factors": floats("solvers", self.rank),
            "order": whole("solvers"),
        }

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that ``fit`` learned, by name."""
        return {name: getattr(self, f"{name}_") for name in STATE}

    def restore(self, arrays: dict[str, np.ndarray]) -> Self:
        """Take back what :meth:`state` returned, in any floating-point type. Returns self.

        Raises MetalearnError where the solvers that it orders are not those that it has.
        """
        solvers = len(arrays["anchors"]) + len(LEARNERS)
        if sorted(arrays["order"]) != list(range(solvers)):
            raise MetalearnError(
                "these numbers do not order {solvers} solvers; fit the embedding again", solvers=solvers
            )
        for name, dtype in STATE.items():
            setattr(self, f"{name}_", arrays[name].astype(dtype))
        return self

    @property
    def _solvers(self) -> int:
        return len(self.anchors_) + len(LEARNERS)

    @property
    def _network(self) -> Backbone:
        return replace(self.backbone, widths=self.backbone.widths[: self.blocks])

    def _train_head(self, task: TaskBatch) -> Tensor:
        """Train a head on one task, and return the direction ``[features]`` along which it tells classes apart most.

        It is scaled so that the answers to the task's own drawings have variance one.
        """
        device = device_of(self.parameters)
        start = {**self.parameters, **{name: self._network.initial()[name].to(device) for name in HEAD}}
        with torch.no_grad():
            trajectory = adapt(
                self._network,
                start,
                task.to(device).without_queries(),
                init=LearnedInit(HEAD),
                update=SGD(HEAD_STEP_SIZE),
                steps=HEAD_STEPS,
                every_query=False,
                loss=mean_over_drawings,  # as what ships was made; it decides where the embedding lies
            )
            head = trajectory.parameters[-1]["head_weight"][0]
            direction = torch.linalg.svd(head - head.mean(0), full_matrices=False).Vh[0]
            answers = self._network.features(start, task.support_x.to(device))[0] @ direction
        return direction / answers.std(correction=0).clamp_min(1e-6)

    def _score(self, batch: TaskBatch, solvers: np.ndarray) -> np.ndarray:
        """Score the tasks of a batch with some solvers, ``[T, solvers]``; the columns of the others are NaN."""
        batch = batch.to(device_of(self.parameters))
        support = Support(self._network, self.parameters, batch.support_x, batch.support_y, batch.ways, embedding=None)
        found = np.full((len(batch), self._solvers), np.nan)
        heads = solvers[solvers < len(self.heads_)]
        with torch.no_grad():
            if len(heads):
                answers = support.features @ torch.from_numpy(self.heads_[heads]).to(support.features).mT
                found[:, heads] = separation(answers, batch.support_y, batch.ways).cpu().numpy()
            for solver in solvers[solvers >= len(self.heads_)]:
                view, distances = LEARNERS[solver - len(self.heads_)]
                found[:, solver] = leave_one_out(view(support), batch.support_y, batch.ways, distances).cpu().numpy()
        return found


# --- scores ----------------------------------------------------------------------------------------------------------


def separation(answers: Tensor, y: Tensor, ways: int) -> Tensor:
    """Score solvers, ``[T, solvers]``, by how far apart their answers ``[T, n, solvers]`` put a task's classes.

    This is the square root of Fisher's (1936) criterion: the variance between classes over the variance within them. To
    the latter 1 is added, which is how much a solver's answers vary on its own task. So the score is also defined where
    classes have one drawing, and no variance within.
    """
    member = F.one_hot(y, ways).to(answers)
    share = (member / member.sum(1, keepdim=True)).mT
    means = torch.bmm(share, answers)
    within = torch.bmm(share, (answers - torch.bmm(member, means)).square()).mean(1)
    return (means.var(1, correction=0) / (within + 1)).sqrt()


Distances = Callable[[Tensor, Tensor], Tensor]


def to_class_means(vectors: Tensor, member: Tensor) -> Tensor:
    """Return the distances ``[T, n, ways]`` of vectors ``[T, n, D]`` to the mean of each class.

    A vector is left out of the mean of its own class. ``member`` says which class it is in, one-hot ``[T, n, ways]``.
    """
    size = member.sum(1, keepdim=True)
    distances = torch.cdist(vectors, torch.bmm((member / size).mT, vectors))
    # Leave vector v out of the mean of its class of n, and that mean lies n / (n - 1) times as far from v.
    return distances * torch.where(member.bool(), size / (size - 1).clamp_min(1), 1)


def to_nearest_drawings(vectors: Tensor, member: Tensor) -> Tensor:
    """Return the distances ``[T, n, ways]`` of vectors ``[T, n, D]`` to the nearest other vector of each class."""
    distances = torch.cdist(vectors, vectors)
    distances.diagonal(dim1=1, dim2=2).fill_(torch.inf)
    return torch.where(member[:, None].bool(), distances[..., None], torch.inf).amin(2)


def leave_one_out(vectors: Tensor, y: Tensor, ways: int, distances: Distances) -> Tensor:
    """Score a learner that classifies vectors ``[T, n, D]`` by distance, each left out in turn: ``[T]``.

    A drawing counts (b - a) / max(a, b), where a is its distance to its own class and b that to the nearest other
    class: positive where the learner is right (the silhouette, Rousseeuw 1987). The score is the mean over the drawings
    of each class, then over the classes. It is NaN where a class has a single drawing: without it, there is nothing to
    learn the class from.
    """
    member = F.one_hot(y, ways).to(vectors)
    size = member.sum(1)
    found = distances(vectors, member)
    own = found.gather(2, y[..., None])[..., 0]
    other = found.masked_fill(member.bool(), torch.inf).amin(2)
    silhouette = (other - own) / torch.maximum(own, other).clamp_min(1e-12)
    score = (torch.bmm(member.mT, silhouette[..., None])[..., 0] / size).mean(1)
    return torch.where(size.amin(1) > 1, score, torch.nan)


def _pixels(support: Support) -> Tensor:
    return support.x.flatten(2)


def _coarse_pixels(support: Support) -> Tensor:
    return F.avg_pool2d(support.x.flatten(0, 1), COARSE).flatten(1).unflatten(0, support.y.shape)


def _features(support: Support) -> Tensor:
    return support.features


LEARNERS = tuple(product((_pixels, _coarse_pixels, _features), (to_class_means, to_nearest_drawings)))


# --- factors ---------------------------------------------------------------------------------------------------------


def factorise(scores: np.ndarray, rank: int, regularisation: float, seed: int = 0) -> np.ndarray:
    """Factorise standardised ``scores`` ``[tasks, solvers]`` into U Vᵀ, and return V ``[solvers, rank]``.

    By alternating least squares (Koren et al. 2009) on the entries that are not NaN. V is scaled and rotated so that
    the columns of U are uncorrelated and of mean square one, and those come first that explain most of the scores.
    """
    solvers = np.random.default_rng(seed).normal(size=(scores.shape[1], rank))
    for _ in range(SWEEPS):
        tasks = _ridge(scores, solvers, regularisation)
        solvers = _ridge(scores.T, tasks, regularisation)
    _, strength, directions = np.linalg.svd(tasks @ solvers.T, full_matrices=False)
    return directions[:rank].T * strength[:rank] / len(scores) ** 0.5


def most_informative_first(solver_factors: np.ndarray, regularisation: float) -> np.ndarray:
    """Order the solvers, int64 ``[solvers]``, so that the first few say as much as possible about a task's factors.

    This is greedy D-optimal design: each solver in turn is the one that adds most to log det(λI + Σ v vᵀ).
    """
    covariance = np.eye(solver_factors.shape[1]) / regularisation
    left = np.ones(len(solver_factors), dtype=bool)
    order = []
    for _ in solver_factors:
        gain = np.einsum("sr,rq,sq->s", solver_factors, covariance, solver_factors)
        best = int(np.where(left, gain, -1).argmax())
        step = covariance @ solver_factors[best]
        covariance = covariance - np.outer(step, step) / (1 + gain[best])  # Sherman and Morrison 1950
        left[best] = False
        order.append(best)
    return np.array(order)


def _ridge(scores: np.ndarray, factors: np.ndarray, regularisation: float) -> np.ndarray:
    """Regress each row of ``scores`` ``[rows, columns]`` on ``factors`` ``[columns, rank]``, skipping NaN."""
    rank = factors.shape[1]
    seen = ~np.isnan(scores)
    products = (factors[:, :, None] * factors[:, None]).reshape(len(factors), -1)
    normal = (seen @ products).reshape(-1, rank, rank) + regularisation * np.eye(rank)
    return np.linalg.solve(normal, (np.where(seen, scores, 0) @ factors)[..., None])[..., 0]


def _mean_and_scale(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and standard deviation of each column, skipping NaN; 0 and 1 for a column of nothing else."""
    seen = ~np.isnan(scores)
    count = np.maximum(seen.sum(0), 1)
    mean = np.where(seen, scores, 0).sum(0) / count
    scale = (np.where(seen, scores - mean, 0) ** 2).sum(0) ** 0.5 / count**0.5
    return mean, np.where(scale > 1e-9, scale, 1)
