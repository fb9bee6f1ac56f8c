"""What the processes of test_distributed.py do together: run by torchrun, it leaves what came out in a file.

python -m torch.distributed.run --nproc-per-node 2 tests/several_processes.py FILE    (or without torchrun, by one)
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from metalearn import distributed, train
from metalearn.adapt import SGD
from metalearn.backbone import HEAD, Backbone
from metalearn.data import CharacterSet
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.glyphs import glyphs
from metalearn.learners.learner import Learner
from metalearn.learners.preinit import LearnedInit
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import CharacterTasks, Episodes, TaskBatch

NETWORK = Backbone(widths=(8, 8), groups=2)
OBJECTIVES = (train.query_loss, train.reptile_distance, train.all_pairs_loss)


def work() -> dict[str, np.ndarray]:
    """Return the loss and the gradients of every objective, in double precision; accuracies; embeddings; a learner."""
    characters = glyphs()
    everyone = np.arange(len(characters))
    batch = Episodes(characters, everyone, ways=3, shots=1, queries=2, batch_size=5).batch(0).to(torch.float64)
    found = {}
    for objective in OBJECTIVES:
        init = (
            PrototypeInit() if objective is train.all_pairs_loss else LearnedInit((*NETWORK.scales_and_shifts, *HEAD))
        )
        learner = Learner(NETWORK, init, SGD(0.1), steps=2).double()
        loss = objective(learner, batch)
        loss.backward()
        gradients = {name: p.grad for name, p in learner.named_parameters() if p.grad is not None}
        distributed.add_up([loss.detach(), *gradients.values()])
        found[f"{objective.__name__}/loss"] = loss.detach().numpy()
        found |= {f"{objective.__name__}/{name}": gradient.numpy() for name, gradient in gradients.items()}
        found[f"{objective.__name__}/accuracy"] = np.array(train.mean_accuracy(learner, list(batch.batches(2))))
    found |= {f"trained/{name}": value.numpy() for name, value in trained(characters).state_dict().items()}
    tasks = distributed.ShareOfTasks(CharacterTasks(characters, everyone[:21], everyone[50:], shots=5))
    rows = GradientEmbedding(NETWORK, NETWORK.initial(), batch_size=4).transform(tasks)
    found["embedding"] = tasks.all_rows(torch.from_numpy(rows)).numpy()
    return found


def trained(characters: CharacterSet) -> Learner:
    """Return a learner trained for eight steps in double precision.

    In single precision a gradient that should be zero is rounding, which Adam makes whole steps of.
    """

    @dataclass(frozen=True)
    class InDouble:
        sampler: Episodes

        def batch(self, index: int) -> TaskBatch:
            return self.sampler.batch(index).to(torch.float64)

    tasks = InDouble(Episodes(characters, np.arange(100), ways=3, shots=1, queries=2, batch_size=5))
    learner = Learner(NETWORK, LearnedInit((*NETWORK.scales_and_shifts, *HEAD)), SGD(0.1), steps=2).double()
    train.train(learner, tasks, [tasks.batch(99), tasks.batch(98)], train.Schedule(8, validate_every=4))
    return learner


if __name__ == "__main__":
    with distributed.together():
        found = work()
        if distributed.first():
            np.savez(Path(sys.argv[1]), **found)
