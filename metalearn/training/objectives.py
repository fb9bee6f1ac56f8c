"""What the outer loop minimises: a loss of a learner on a batch of tasks, averaged over the tasks.

An objective of your own need know nothing of training with several processes: the outer loop gives each its share of
the tasks.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Params
from metalearn.learners.hooks import Init, Support
from metalearn.learners.inner_loop import adapt
from metalearn.learners.learner import Learner
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training import distributed

Objective = Callable[[Learner, TaskBatch], Tensor]


def collective(objective: Objective) -> Objective:
    """Mark an objective in which the tasks of a batch meet, so that it is no mean over tasks.

    Such an objective is given the whole batch in every process, and returns the process's part of the loss.
    """
    objective.is_collective = True  # type: ignore[attr-defined]
    return objective


def is_collective(objective: Objective) -> bool:
    """Whether an objective divides the batch among the processes by itself."""
    return getattr(objective, "is_collective", False)


def query_loss(learner: Learner, batch: TaskBatch) -> Tensor:
    """Return the loss of the adapted learner on the query sets, averaged over tasks (Finn et al. 2017)."""
    return learner.adapt(batch, every_query=False).query_loss[-1].sum() / len(batch)


def reptile_distance(learner: Learner, batch: TaskBatch) -> Tensor:
    """Return half the squared distance from the start φ to where tasks end, averaged over tasks.

    Reptile moves the start towards where tasks end (Nichol et al. 2018). That step is the gradient of this distance,
    φ - φ_S, so that Reptile needs no outer loop of its own.

    A learner of K steps needs K drawings of each class, and each step sees another one. Only so does Reptile learn what
    it should: that a step on some drawings helps with others. Raises MetalearnError for other tasks, and for a learner
    with an embedding or modulation.
    """
    shots = learner.steps
    in_order = torch.arange(batch.ways).repeat_interleave(shots).expand(len(batch), -1)
    if not torch.equal(batch.support_y.cpu(), in_order):
        raise MetalearnError("Reptile of {steps} steps needs {steps} drawings of each class, in order", steps=shots)
    if learner.embedder is not None or learner.modulate is not None:
        raise MetalearnError("Reptile takes a learner without an embedding and without modulation")
    batch = batch.to(learner.device).without_queries()
    init: Init = learner.init
    end: Params = {}
    for k in range(shots):
        seen = _some_of_the_support(batch, slice(k, None, shots))
        step = adapt(
            learner.backbone, learner.shared, seen, init=init, update=learner.update, steps=1, every_query=False
        )
        end = step.parameters[-1]
        init = partial(_continued, end)
    # detach: where a task ends is a fixed target here. No gradient runs through its steps, and none has to.
    distances = [(learner.start[name] - p.detach()).square().flatten(1).sum(1) for name, p in end.items()]
    return 0.5 * torch.stack(distances).sum() / len(batch)


def _some_of_the_support(batch: TaskBatch, columns: slice) -> TaskBatch:
    support = {name: t[:, columns] for name, t in batch.tensors().items() if name.startswith("support")}
    return replace(batch, **support)  # type: ignore[arg-type]


def _continued(parameters: Params, support: Support) -> Params:
    """Start a task where its last step ended: an init hook."""
    return parameters


@collective
def all_pairs_loss(learner: Learner, batch: TaskBatch) -> Tensor:
    """Return the one-shot loss of a prototypical network, with every drawing in turn the only example of its class.

    The tasks of the batch become one task with the classes of all. The k-th drawings of all classes are one support
    set, and all other drawings are its queries. So K drawings per class give K support sets with K - 1 queries per
    class, for the price of computing K features (Snell et al. 2017, equation 2, for every choice of the support set).
    """
    batch = batch.to(learner.device)
    parts = [x.unflatten(1, (batch.ways, -1)) for x in (batch.support_x, batch.query_x)]
    x = torch.cat(parts, dim=2).flatten(0, 1)
    classes, each = x.shape[:2]
    # This process computes the features of its share of the classes; those of all others come from the other processes.
    own = distributed.share(range(classes))
    queries = learner.backbone.features(learner.shared, x[own.start : own.stop].flatten(0, 1)[None])[0].to(x)
    supports = distributed.from_all(queries, own.start * each, classes * each)
    # |a - b|² = |a|² + |b|² - 2 a·b: one matrix product for all pairs. A small difference of large numbers may come out
    # of it, which needs full precision.
    with torch.autocast(x.device.type, enabled=False):
        lengths = supports.square().sum(1)
        own_lengths = lengths[own.start * each : own.stop * each, None]
        distances = own_lengths + lengths - 2 * queries @ supports.T
    logits = -distances.view(len(own), each, classes, each).transpose(2, 3)  # class, query, support, class
    answers = torch.tensor(own, device=x.device)[:, None, None].expand(-1, each, each)
    # A drawing does not answer for itself: on the diagonal, query and support are the same drawing.
    others = ~torch.eye(each, dtype=torch.bool, device=x.device).expand(len(own), -1, -1)
    return F.cross_entropy(logits[others], answers[others], reduction="sum") / (classes * each * (each - 1))
