"""Other packages that do what the kit does, if they are installed."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.benchmark import reference
from metalearn.benchmark.timing import Way
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.learner import Learner
from metalearn.tasks.task_batch import TaskBatch


class _Module(nn.Module):
    """The kit's network as a module, which is what other packages take; with ``ways``, it has a head."""

    def __init__(self, learner: Learner, ways: int = 0) -> None:
        super().__init__()
        assert isinstance(learner.backbone, Backbone)
        self.backbone, self.names = learner.backbone, (*learner.backbone.body, *(HEAD if ways else ()))
        start = reference.of_task(learner.shared, ways)
        self.weights = nn.ParameterList([start[name].detach().clone() for name in self.names])

    def forward(self, x: Tensor) -> Tensor:
        parameters = dict(zip(self.names, self.weights, strict=True))
        compute = reference.logits if "head_weight" in parameters else reference.forward
        return compute(self.backbone, parameters, x)


def with_higher(learner: Learner, batch: TaskBatch, steps: int) -> Way:
    """Return a second-order meta-step by ``higher``, one task after the other."""
    import higher

    module = _Module(learner, batch.ways)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)

    def step() -> None:
        module.zero_grad()
        for task in batch.batches(1):
            with higher.innerloop_ctx(module, optimizer, copy_initial_weights=False) as (fast, inner):
                for _ in range(steps):
                    inner.step(F.cross_entropy(fast(task.support_x[0]), task.support_y[0]))
                (F.cross_entropy(fast(task.query_x[0]), task.query_y[0]) / len(batch)).backward()

    return step


def with_easyfsl(learner: Learner, batch: TaskBatch) -> Way:
    """Return the evaluation of a prototypical network by easyfsl, one task after the other."""
    from easyfsl.methods import PrototypicalNetworks

    model = PrototypicalNetworks(_Module(learner)).eval()

    def evaluate() -> None:
        with torch.inference_mode():
            for task in batch.batches(1):
                model.process_support_set(task.support_x[0], task.support_y[0])
                model(task.query_x[0])

    return evaluate
