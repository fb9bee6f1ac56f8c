"""Measures of learners: accuracy with its interval, with other embeddings than their own, and Lake's runs."""

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
from metalearn.tasks import TaskBatch

LAKE_RUNS = 20


@dataclass(frozen=True)
class Estimate:
    """A mean over independent samples and the half-width of its 95 % interval (normal approximation)."""

    mean: float
    ci95: float
    count: int

    @classmethod
    def of(cls, samples: Tensor | np.ndarray, groups: np.ndarray | None = None) -> "Estimate":
        """Estimate the mean of ``samples`` ``[n]``.

        Samples of one of the ``groups`` ``[n]`` may go together; it is then the groups that are taken as independent
        (the cluster-robust standard error of a mean, Liang and Zeger 1986).
        """
        values = np.asarray(samples, dtype=np.float64)
        _, member = np.unique(np.arange(len(values)) if groups is None else groups, return_inverse=True)
        sums = np.bincount(member, values - values.mean())
        many = len(sums)
        error = np.sqrt(many / (many - 1) * np.square(sums).sum()) / len(values) if many > 1 else np.nan
        return cls(float(values.mean()), float(1.96 * error), len(values))

    def __str__(self) -> str:
        return f"{100 * self.mean:.1f} ± {100 * self.ci95:.1f} %"


EMBEDDINGS = ("own", "shuffled", "zero", "random")  # what a conditioned learner may be told


def query_accuracies(
    learner: Learner,
    batches: Iterable[TaskBatch],
    steps: int | None = None,
    tasks: int | None = None,
    embedding: str = "own",
    every_query: bool = True,
) -> np.ndarray:
    """Return each task's query accuracy before every step and at the end, ``[steps + 1, tasks]``.

    ``embedding`` is what the learner is told about each task: its own embedding; that of another task of the batch;
    nothing (zeros); or noise. ``every_query=False`` leaves the accuracies at the end alone, ``[1, tasks]``. ``tasks``
    is only for the progress bar.
    """
    found = []
    with torch.no_grad(), tqdm(total=tasks, desc="evaluating", unit="task", leave=False) as bar:
        for index, batch in enumerate(batches):
            told = _told(learner.embed(batch), embedding, index)
            found.append(learner.adapt(batch, told, steps, every_query).query_accuracy)
            bar.update(len(batch))
    return torch.cat(found, dim=1).cpu().numpy()


def _told(own: Tensor | None, embedding: str, index: int) -> Tensor | None:
    if embedding not in EMBEDDINGS:
        raise MetalearnError(f"unknown kind of embedding {embedding!r}; there are {', '.join(EMBEDDINGS)}")
    if own is None or embedding == "own":
        return own
    generator = torch.Generator().manual_seed(index)
    if embedding == "shuffled":  # in a circle of random order, so that no task keeps its own
        if len(own) < 2:
            raise MetalearnError("embeddings are shuffled within a batch, and the last one has a single task")
        order = torch.randperm(len(own), generator=generator)
        return torch.empty_like(own).index_copy_(0, order, own[order.roll(1)])
    return torch.zeros_like(own) if embedding == "zero" else torch.randn(own.shape, generator=generator)


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
