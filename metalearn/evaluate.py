"""Measures: accuracy with its interval, Lake's one-shot runs, and what an embedding knows about its tasks."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from metalearn.data import read_drawing
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.reduce import centred_unit, kmeans_clusters, nearest
from metalearn.tasks import TaskBatch

LAKE_RUNS = 20


@dataclass(frozen=True)
class Estimate:
    """A mean over independent samples and the half-width of its 95 % interval (normal approximation)."""

    mean: float
    ci95: float
    count: int

    @classmethod
    def of(cls, samples: Tensor | np.ndarray) -> "Estimate":
        """Estimate the mean of ``samples`` ``[n]``."""
        values = np.asarray(samples, dtype=np.float64)
        deviation = values.std(ddof=1) if len(values) > 1 else np.nan
        return cls(float(values.mean()), float(1.96 * deviation / np.sqrt(len(values))), len(values))

    def __str__(self) -> str:
        return f"{100 * self.mean:.1f} ± {100 * self.ci95:.1f} %"


def query_accuracies(
    learner: Learner, batches: Iterable[TaskBatch], steps: int | None = None, tasks: int | None = None
) -> np.ndarray:
    """Return each task's query accuracy before every step and at the end, ``[steps + 1, tasks]``.

    ``tasks`` is only for the progress bar.
    """
    found = []
    with torch.no_grad(), tqdm(total=tasks, desc="evaluating", unit="task", leave=False) as bar:
        for batch in batches:
            found.append(learner.adapt(batch, steps=steps).query_accuracy)
            bar.update(len(batch))
    return torch.cat(found, dim=1).cpu().numpy()


# --- Lake's one-shot runs --------------------------------------------------------------------------------------------


def lake_runs(folder: Path) -> list[TaskBatch]:
    """Read one-shot classification runs in the layout they are published in, one task each.

    ``folder`` holds ``run01``, ``run02`` …, each with ``class_labels.txt`` (a test and a training picture on every
    line), ``training/classNN.png`` and ``test/itemNN.png``. Raises MetalearnError where that is not so.
    """
    runs = sorted(path for path in folder.glob("run[0-9]*") if path.is_dir())
    if not runs:
        raise MetalearnError(f"{folder} holds no runs: expected run01/class_labels.txt, run01/training, run01/test, …")
    return [_lake_run(run) for run in runs]


def _lake_run(run: Path) -> TaskBatch:
    try:
        lines = (run / "class_labels.txt").read_text("utf-8").split("\n")
        pairs = [line.split() for line in lines if line.strip()]
        answer = {Path(test).name: Path(training).name for test, training in pairs}
    except (OSError, ValueError) as error:
        raise MetalearnError(f"{run}/class_labels.txt cannot be read as pairs of pictures ({error})") from error
    classes = sorted(path.name for path in (run / "training").glob("*.png"))
    unknown = set(answer.values()) - set(classes)
    if len(classes) < 2 or not answer or unknown:
        raise MetalearnError(
            f"{run} is incomplete: {len(classes)} training pictures, {len(answer)} labels, missing {unknown or 'none'}"
        )
    support = [read_drawing(run / "training" / name) for name in classes]
    query = [read_drawing(run / "test" / name) for name in answer]
    return TaskBatch(
        support_x=_pictures(support),
        support_y=torch.arange(len(classes))[None],
        query_x=_pictures(query),
        query_y=torch.tensor([classes.index(name) for name in answer.values()])[None],
        ways=len(classes),
        support_ids=torch.full((1, len(support)), -1),
        query_ids=torch.full((1, len(query)), -1),
    )


def _pictures(drawings: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(drawings))[None, :, None].float() / 255


# --- what an embedding knows -----------------------------------------------------------------------------------------


def embedding_quality(embedding: np.ndarray, labels: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Say how well neighbourhoods and clusters of ``embedding`` ``[tasks, d]`` agree with ``labels`` ``[tasks]``.

    ``retrieval_1nn`` and its interval: the share of tasks whose nearest neighbour (cosine, centred) has the same
    label; ``precision_at_10``: the same share among the ten nearest; ``nmi``: normalised mutual information of
    k-means clusters, as many as there are labels.
    """
    from sklearn.metrics import normalized_mutual_info_score

    unit = centred_unit(embedding)
    order = nearest(unit, 10)
    agrees = labels[order] == labels[:, None]
    first = Estimate.of(agrees[:, 0].astype(float))
    clusters = kmeans_clusters(unit, len(np.unique(labels)), seed)
    return {
        "retrieval_1nn": first.mean,
        "retrieval_1nn_ci95": first.ci95,
        "precision_at_10": float(agrees.mean()),
        "nmi": float(normalized_mutual_info_score(labels, clusters)),
    }


def mean_pixels(batches: Iterable[TaskBatch]) -> np.ndarray:
    """Control: the mean picture of each task's last class (a character task's own drawings), ``[tasks, 784]``."""
    return np.concatenate([_mean_of_last_class(batch, batch.support_x.flatten(2)) for batch in batches])


def mean_features(learner: Learner, batches: Iterable[TaskBatch]) -> np.ndarray:
    """Control: the mean feature vector of each task's last class under the learner's backbone, ``[tasks, D]``."""
    with torch.no_grad():
        return np.concatenate(
            [_mean_of_last_class(b, learner.backbone.features(learner.shared, b.support_x)) for b in batches]
        )


def _mean_of_last_class(batch: TaskBatch, vectors: Tensor) -> np.ndarray:
    own = (batch.support_y == batch.ways - 1).to(vectors)
    return (torch.einsum("tn,tnd->td", own, vectors) / own.sum(1, keepdim=True)).numpy()
