"""The plain way: what code in this field usually does. The kit is timed against it, and checked with it.

The network and the tasks are the kit's. The loops are those of the examples of learn2learn and the original MAML: one
task after the other, channels first, drawings picked one by one.
"""

import random
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.learners.backbone import HEAD, Backbone, Params
from metalearn.tasks.task_batch import TaskBatch


def forward(backbone: Backbone, parameters: Params, x: Tensor) -> Tensor:
    """Return the features of images ``[n, 1, 28, 28]``, layer by layer."""
    for i in backbone.blocks:
        x = F.conv2d(x, parameters[f"conv{i}"], stride=2 if i in backbone.strided else 1, padding=1)
        x = F.relu(F.group_norm(x, backbone.groups, parameters[f"scale{i}"], parameters[f"shift{i}"]))
        if i in backbone.pools:
            x = F.max_pool2d(x, 2, ceil_mode=True)
    return (8 / backbone.features_size**0.5) * x.flatten(1)


def logits(backbone: Backbone, parameters: Params, x: Tensor) -> Tensor:
    """Return the logits ``[n, ways]`` of images, by the parameters of one task."""
    return F.linear(forward(backbone, parameters, x), parameters["head_weight"], parameters["head_bias"])


def maml_loss(
    backbone: Backbone, parameters: Params, batch: TaskBatch, steps: int, step_size: float, second_order: bool
) -> Tensor:
    """Return MAML's meta-loss, mean over tasks, task after task (Finn et al. 2017, algorithm 2)."""
    total = torch.zeros((), device=batch.support_x.device)
    for task in batch.batches(1):
        fast = of_task(parameters, task.ways)
        for _ in range(steps):
            loss = F.cross_entropy(logits(backbone, fast, task.support_x[0]), task.support_y[0])
            gradients = torch.autograd.grad(loss, list(fast.values()), create_graph=second_order)
            fast = {name: p - step_size * g for (name, p), g in zip(fast.items(), gradients, strict=True)}
        total = total + F.cross_entropy(logits(backbone, fast, task.query_x[0]), task.query_y[0])
    return total / len(batch)


def vmapped_maml_loss(backbone: Backbone, parameters: Params, batch: TaskBatch, steps: int, step_size: float) -> Tensor:
    """Return the same, second order, for all tasks at once with ``torch.func.vmap``."""

    def support_loss(fast: Params, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(logits(backbone, fast, x), y)

    def task_loss(support_x: Tensor, support_y: Tensor, query_x: Tensor, query_y: Tensor) -> Tensor:
        fast = of_task(parameters, batch.ways)
        for _ in range(steps):
            gradients = torch.func.grad(support_loss)(fast, support_x, support_y)
            fast = {name: p - step_size * gradients[name] for name, p in fast.items()}
        return support_loss(fast, query_x, query_y)

    losses: Tensor = torch.func.vmap(task_loss)(batch.support_x, batch.support_y, batch.query_x, batch.query_y)
    return losses.mean()


def of_task(parameters: Params, ways: int) -> Params:
    """Return where a task starts: the head's one vector becomes one row per class."""
    return {name: p.expand(ways, *p.shape) if name in HEAD else p for name, p in parameters.items()}


def prototypical_loss(backbone: Backbone, parameters: Params, x: Tensor, ways: int, shots: int) -> Tensor:
    """Return the loss of one episode ``[ways * (shots + queries), 1, 28, 28]``, class by class (Snell et al. 2017)."""
    features = forward(backbone, parameters, x).unflatten(0, (ways, -1))
    prototypes = features[:, :shots].mean(1)
    queries = features[:, shots:].flatten(0, 1)
    answers = torch.arange(ways, device=x.device).repeat_interleave(features.shape[1] - shots)
    return F.cross_entropy(-(torch.cdist(queries, prototypes) ** 2), answers)


def episode_sampler(characters: CharacterSet, ways: int, each: int, seed: int = 0) -> Callable[[], Tensor]:
    """Return a function that draws an episode ``[ways * each, 1, 28, 28]`` in Python, drawing by drawing."""
    rng = random.Random(seed)

    def draw() -> Tensor:
        images = []
        for character in rng.sample(range(len(characters)), ways):
            turn = rng.randrange(4)
            for drawing in rng.sample(range(int(characters.counts[character])), each):
                image = torch.from_numpy(characters.images[character, drawing]).float() / 255
                images.append(torch.rot90(image, turn)[None])
        return torch.stack(images)

    return draw
