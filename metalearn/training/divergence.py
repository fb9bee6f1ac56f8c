"""What is said where a training diverges: at which meta-step, and on which task."""

import torch

from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training.objectives import Objective


def find_diverged_task(learner: Learner, batch: TaskBatch, objective: Objective) -> str:
    """Name the first task of a batch whose loss or gradient, by itself, is not finite; or the batch, if there is none.

    This takes as long as the meta-step did, one task at a time.
    """
    for task in range(len(batch)):
        learner.zero_grad()
        try:
            loss = objective(learner, batch[task : task + 1])
            loss.backward()
        except MetalearnError:  # an objective may need several tasks
            break
        found = [loss, *(p.grad for p in learner.parameters() if p.grad is not None)]
        if not all(torch.isfinite(tensor).all() for tensor in found):
            return f"task {task + 1} of {len(batch)}"
    return f"all {len(batch)} tasks together"


def diverged(title: str, learner: Learner, step: int, task: str) -> MetalearnError:
    """Return the error for a training whose numbers are no longer finite."""
    return MetalearnError(
        "{title}: {learner} diverged at meta-step {step}, on {task}: loss or gradient is not finite. The last "
        "checkpoint is kept; train with a lower learning rate or other tasks, in another folder",
        title=title,
        learner=repr(learner),
        step=step,
        task=task,
    )
