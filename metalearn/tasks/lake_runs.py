"""Lake's one-shot classification runs, read as they are published."""

from pathlib import Path

import torch

from metalearn.characters.omniglot import read_drawing
from metalearn.errors import MetalearnError
from metalearn.tasks.single_task import images_to_tensor
from metalearn.tasks.task_batch import TaskBatch


def load_lake_runs(folder: Path) -> list[TaskBatch]:
    """Read one-shot classification runs as they are published; each run is a batch of one task.

    ``folder`` holds ``run01``, ``run02`` …, each with ``class_labels.txt`` (on every line, a test image and the
    training image of the same character), ``training/classNN.png`` and ``test/itemNN.png``. Raises MetalearnError where
    that is not so.
    """
    runs = sorted(path for path in folder.glob("run[0-9]*") if path.is_dir())
    if not runs:
        raise MetalearnError(
            "{folder} holds no runs: expected run01/class_labels.txt, run01/training, run01/test, …", folder=folder
        )
    return [_lake_run(run) for run in runs]


def _lake_run(run: Path) -> TaskBatch:
    try:
        lines = (run / "class_labels.txt").read_text("utf-8").split("\n")
        pairs = [line.split() for line in lines if line.strip()]
        answer = {Path(test).name: Path(training).name for test, training in pairs}
    except (OSError, ValueError) as error:
        raise MetalearnError(
            "{run}/class_labels.txt cannot be read as pairs of pictures ({error})", run=run, error=str(error)
        ) from error
    classes = sorted(path.name for path in (run / "training").glob("*.png"))
    unknown = set(answer.values()) - set(classes)
    if len(classes) < 2 or not answer or unknown:
        raise MetalearnError(
            "{run} is incomplete: {training} training images, {labels} labels, missing {missing}",
            run=run,
            training=len(classes),
            labels=len(answer),
            missing=", ".join(sorted(unknown)) or "none",
        )
    support = [read_drawing(run / "training" / name) for name in classes]
    query = [read_drawing(run / "test" / name) for name in answer]
    return TaskBatch(
        support_x=images_to_tensor(support),
        support_y=torch.arange(len(classes))[None],
        query_x=images_to_tensor(query),
        query_y=torch.tensor([classes.index(name) for name in answer.values()])[None],
        ways=len(classes),
        support_ids=torch.full((1, len(support)), -1),
        query_ids=torch.full((1, len(query)), -1),
    )
