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

from metalearn.adapt import SGD, Support, adapt
from metalearn.backbone import HEAD, Backbone, Params
from metalearn.learners.preinit import LearnedInit
from metalearn.tasks import TaskBatch, Tasks

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
    """e_j: the row of task j in U, where R ≈ U Vᵀ is the matrix of scores, tasks x solvers (article §3.1, third way).

    A score says how well a solver tells the classes of a task apart. There are two kinds of solvers. *Heads* were
    trained on other tasks, the ``anchors``, drawn from those given to ``fit``: linear heads on the features of the
    first ``blocks`` of the base model, whose main direction is scored by :func:`separation`. *Learners* (``LEARNERS``)
    learn the task itself and are scored by :func:`leave_one_out`, which does not exist where a class has a single
    drawing: that entry is missing, as in any matrix of ratings. Heads on the second block tell alphabets apart better
    than heads on the last (found on training alphabets held out of ``fit``).

    U and V are found by alternating ridge regressions that skip missing entries (Koren et al. 2009). Of all rotations
    and scales that leave U Vᵀ as it is, the kit takes the one in which the factors of the training tasks are
    uncorrelated and of mean square one, the most important first. A new task is *folded in*: scored with ``entries``
    solvers (None: all), of which a ridge regression on their rows of V makes its factors. Which solvers come first is
    settled in ``fit``, by :func:`most_informative_first`.

    Neither kind of score depends on the order of the classes or drawings, and query sets are never read. ``parameters``
    are the base model's; ``regularisation`` is the λ of every ridge regression. ``fit`` leaves ``anchors_`` (positions
    of the anchors among its tasks), ``heads_`` ``[anchors, features]``, ``mean_`` and ``scale_`` of each solver's
    scores, ``solver_factors_`` (V, ``[solvers, rank]``) and ``order_`` (solvers, the most informative first).
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

        Raises ValueError where there are fewer tasks or solvers than factors.
        """
        rng = np.random.default_rng(self.seed)
        self.anchors_ = np.sort(rng.choice(len(tasks), min(self.anchors, len(tasks)), replace=False))
        if self.rank > min(len(tasks), self._solvers):
            raise ValueError(f"{len(tasks)} tasks and {self._solvers} solvers are too few for {self.rank} factors")
        chosen = set(self.anchors_.tolist())
        heads = [self._train_head(task) for i, task in enumerate(tasks.batches(1)) if i in chosen]
        self.heads_ = torch.stack(heads).numpy()
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
        """Score each task with ``solvers`` (column numbers; all by default): float64 ``[tasks, solvers]``.

        There is a column for every solver, first the heads and then the learners; an entry that does not exist or was
        not asked for is NaN, and what was not asked for is not computed.
        """
        asked = np.arange(self._solvers) if solvers is None else solvers
        return np.concatenate([self._score(batch, asked) for batch in tasks.batches(self.batch_size)])

    def fold_in(self, scores: np.ndarray, entries: int | None = None) -> np.ndarray:
        """Return the factors of tasks of which the first ``entries`` solvers' scores are known (all, by default).

        ``scores``: ``[tasks, solvers]``, as :meth:`scores` returns them. Returns float32 ``[tasks, rank]``; zeros, the
        average task, for a task without any score.
        """
        seen = self.order_[:entries]
        standardised = (scores[:, seen] - self.mean_[seen]) / self.scale_[seen]
        return _ridge(standardised, self.solver_factors_[seen], self.regularisation).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that ``fit`` learned, by name."""
        return {name: getattr(self, f"{name}_") for name in STATE}

    def restore(self, arrays: dict[str, np.ndarray]) -> Self:
        """Take back what :meth:`state` returned, whatever floating-point type it was kept in. Returns self."""
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
        """Train a head on one task and return its main direction ``[features]``: what tells the classes apart most.

        Its length is such that its answers to the task's own drawings have variance one.
        """
        start = {**self.parameters, **{name: self._network.initial()[name] for name in HEAD}}
        with torch.no_grad():
            trajectory = adapt(
                self._network,
                start,
                task.without_queries(),
                init=LearnedInit(HEAD),
                update=SGD(HEAD_STEP_SIZE),
                steps=HEAD_STEPS,
                every_query=False,
            )
            head = trajectory.parameters[-1]["head_weight"][0]
            direction = torch.linalg.svd(head - head.mean(0), full_matrices=False).Vh[0]
            answers = self._network.features(start, task.support_x)[0] @ direction
        return direction / answers.std(correction=0).clamp_min(1e-6)

    def _score(self, batch: TaskBatch, solvers: np.ndarray) -> np.ndarray:
        """Score the tasks of a batch with the numbered solvers, ``[T, solvers]``; the other columns are NaN."""
        support = Support(self._network, self.parameters, batch.support_x, batch.support_y, batch.ways, embedding=None)
        found = np.full((len(batch), self._solvers), np.nan)
        heads = solvers[solvers < len(self.heads_)]
        with torch.no_grad():
            if len(heads):
                answers = support.features @ torch.from_numpy(self.heads_[heads]).mT
                found[:, heads] = separation(answers, batch.support_y, batch.ways).numpy()
            for solver in solvers[solvers >= len(self.heads_)]:
                view, distances = LEARNERS[solver - len(self.heads_)]
                found[:, solver] = leave_one_out(view(support), batch.support_y, batch.ways, distances).numpy()
        return found


# --- scores ----------------------------------------------------------------------------------------------------------


def separation(answers: Tensor, y: Tensor, ways: int) -> Tensor:
    """Score solvers by how far apart their answers ``[T, n, solvers]`` put a task's classes, ``[T, solvers]``.

    The square root of Fisher's (1936) criterion, variance between classes over variance within them, with 1 added to
    the latter: that is how much answers vary on a solver's own task, and a class with one drawing has no variance.
    """
    member = F.one_hot(y, ways).to(answers)
    share = (member / member.sum(1, keepdim=True)).mT
    means = torch.bmm(share, answers)
    within = torch.bmm(share, (answers - torch.bmm(member, means)).square()).mean(1)
    return (means.var(1, correction=0) / (within + 1)).sqrt()


Distances = Callable[[Tensor, Tensor], Tensor]


def to_class_means(vectors: Tensor, member: Tensor) -> Tensor:
    """Return the distance of each of ``vectors`` ``[T, n, D]`` to the mean of each class, itself left out of its own.

    ``member``: one-hot ``[T, n, ways]``. Returns ``[T, n, ways]``.
    """
    size = member.sum(1, keepdim=True)
    distances = torch.cdist(vectors, torch.bmm((member / size).mT, vectors))
    # Without vector v, the mean of its class of n lies n / (n - 1) times as far from v.
    return distances * torch.where(member.bool(), size / (size - 1).clamp_min(1), 1)


def to_nearest_drawings(vectors: Tensor, member: Tensor) -> Tensor:
    """Return the distance of each of ``vectors`` ``[T, n, D]`` to the nearest other one of each class, as above."""
    distances = torch.cdist(vectors, vectors)
    distances.diagonal(dim1=1, dim2=2).fill_(torch.inf)
    return torch.where(member[:, None].bool(), distances[..., None], torch.inf).amin(2)


def leave_one_out(vectors: Tensor, y: Tensor, ways: int, distances: Distances) -> Tensor:
    """Score a learner that goes by ``distances`` on vectors ``[T, n, D]``, each left out in turn: ``[T]``.

    With a the distance to its own class and b that to the nearest other, a drawing counts (b - a) / max(a, b), which
    is positive where the learner is right (the silhouette, Rousseeuw 1987). Averaged over the drawings of each class,
    then over the classes; NaN where a class has a single drawing, which leaves nothing to learn the class from.
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
    """Factorise standardised ``scores`` ``[tasks, solvers]`` into U Vᵀ and return V, ``[solvers, rank]``.

    Alternating least squares (Koren et al. 2009) on the entries that are not NaN. V is scaled and rotated so that the
    columns of U are uncorrelated, of mean square one, and in the order of how much of the scores they explain.
    """
    solvers = np.random.default_rng(seed).normal(size=(scores.shape[1], rank))
    for _ in range(SWEEPS):
        tasks = _ridge(scores, solvers, regularisation)
        solvers = _ridge(scores.T, tasks, regularisation)
    _, strength, directions = np.linalg.svd(tasks @ solvers.T, full_matrices=False)
    return directions[:rank].T * strength[:rank] / len(scores) ** 0.5


def most_informative_first(solver_factors: np.ndarray, regularisation: float) -> np.ndarray:
    """Order the solvers so that each adds most to log det(λI + Σ v vᵀ) over those before it: int64 ``[solvers]``.

    That is greedy D-optimal design: a task's factors are then known as well as so many scores allow.
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
    """Regress each row of ``scores`` ``[rows, columns]`` on ``factors`` ``[columns, rank]``; NaN counts as not seen."""
    rank = factors.shape[1]
    seen = ~np.isnan(scores)
    products = (factors[:, :, None] * factors[:, None]).reshape(len(factors), -1)
    normal = (seen @ products).reshape(-1, rank, rank) + regularisation * np.eye(rank)
    return np.linalg.solve(normal, (np.where(seen, scores, 0) @ factors)[..., None])[..., 0]


def _mean_and_scale(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column's entries that are not NaN; 0 and 1 where there are none."""
    seen = ~np.isnan(scores)
    count = np.maximum(seen.sum(0), 1)
    mean = np.where(seen, scores, 0).sum(0) / count
    scale = (np.where(seen, scores - mean, 0) ** 2).sum(0) ** 0.5 / count**0.5
    return mean, np.where(scale > 1e-9, scale, 1)
