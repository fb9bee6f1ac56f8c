"""What the processes of test_distributed.py do together: run by torchrun, it leaves what came out in a file.

python -m torch.distributed.run --nproc-per-node 2 tests/training/several_processes.py FILE

"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.glyphs import make_glyphs
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import LearnedInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.character_tasks import CharacterTasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training import distributed
from metalearn.training.objectives import all_pairs_loss, query_loss, reptile_distance
from metalearn.training.outer_loop import mean_score, part_of_loss, train
from metalearn.training.schedule import Schedule

NETWORK = Backbone(widths=(8, 8), groups=2)
OBJECTIVES = (query_loss, reptile_distance, all_pairs_loss)


def work() -> dict[str, np.ndarray]:
    """Return the loss and the gradients of every objective, in double precision; accuracies; embeddings; a learner."""
    characters = make_glyphs()
    everyone = np.arange(len(characters))
    batch = Episodes(characters, everyone, ways=3, shots=1, queries=2, batch_size=5).batch(0).to(torch.float64)
    found = {}
    for objective in OBJECTIVES:
        init = PrototypeInit() if objective is all_pairs_loss else LearnedInit((*NETWORK.scales_and_shifts, *HEAD))
        steps = 1 if objective is reptile_distance else 2  # one for each drawing of a class
        learner = Learner(NETWORK, init, SGD(0.1), steps=steps).double()
        loss = part_of_loss(learner, batch, objective)
        loss.backward()
        gradients = {name: p.grad for name, p in learner.named_parameters() if p.grad is not None}
        distributed.add_up([loss.detach(), *gradients.values()])
        found[f"{objective.__name__}/loss"] = loss.detach().numpy()
        found |= {f"{objective.__name__}/{name}": gradient.numpy() for name, gradient in gradients.items()}
        found[f"{objective.__name__}/accuracy"] = np.array(mean_score(learner, list(batch.batches(2))))
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
    train(learner, tasks, validation=tasks, validation_tasks=10, meta_steps=8, schedule=Schedule(validate_every=4))
    return learner


if __name__ == "__main__":
    with distributed.together():
        found = work()
        if distributed.first():
            np.savez(Path(sys.argv[1]), **found)
