"""Checks of the exercises on gradient task embeddings (notebook 03)."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.check.result import Attempt, Point, array, close, equals, exercise, is_not, normal, shaped
from metalearn.learners.backbone import Backbone, Params
from metalearn.tasks.task_batch import TaskBatch


@exercise
def gradient_embedding(attempt: Attempt) -> Iterator[Point]:
    """``gradient_embedding(backbone, base, batch)``: rows of length one, ``[tasks, channels of the last block]``."""
    backbone = Backbone(widths=(8, 16), pools=(2,))
    base = backbone.initial(1)
    x, y = torch.rand(3, 6, 1, 28, 28, generator=torch.Generator().manual_seed(0)), torch.arange(3).repeat(3, 2)
    ids = torch.zeros_like(y)
    batch = TaskBatch(x, y, x.flip(0), y, 3, ids, ids)
    found = attempt(backbone, base, batch)
    yield shaped(found, 3, 16, why="one row per task, one number per channel; the head has no part in it")
    yield (
        bool(array(found).any()),
        "the gradient is not zero",
        "the gradient is zero: while all classes share one row, nothing pulls at the body. Let the head step first",
    )
    yield (
        close(attempt(backbone, base, replace(batch, query_x=x, query_y=y.flip(1))), found),
        "queries are not looked at",
        "other queries give another embedding: the query set was used, which is not known when a task is embedded",
    )
    renamed = replace(batch, support_y=torch.tensor([2, 0, 1])[y])
    yield (
        close(attempt(backbone, base, renamed), found),
        "the order of the classes does not matter",
        "renaming the classes changes the embedding: their order leaked in. Start the head with one row for all",
    )
    yield (
        close(
            np.concatenate([array(attempt(backbone, base, batch[t])).ravel() for t in range(3)]), array(found).ravel()
        ),
        "a task's row does not depend on the other tasks",
        "a task by itself gets another row than among others: take each task's gradient of its own loss",
    )
    right = _gradient_rows(backbone, base, batch, -0.5)
    yield is_not(found, -right, "it is the gradient", "the sign is reversed: it is the gradient, not the step against")
    yield is_not(
        found,
        _gradient_rows(backbone, base, batch, 0.5),
        "the head goes down its loss",
        "the head takes its steps in the wrong direction, up the loss: subtract the gradient",
    )
    yield (
        close(np.linalg.norm(array(found), axis=1), np.ones(3)),
        "rows have length one",
        "the rows do not have length one: bring each to it, or tasks with a large loss will drown the others",
    )
    yield equals(found, right, "the gradient in the last shift after three steps of 0.5 of a head that starts at zero")


def _gradient_rows(backbone: Backbone, base: Params, batch: TaskBatch, move: float) -> Tensor:
    name = backbone.scales_and_shifts[-1]
    shift = base[name].expand(len(batch), -1).contiguous().requires_grad_()
    with torch.enable_grad():
        z = backbone.features({**base, name: shift}, batch.support_x)
        fixed = z.detach()
        weight, bias = z.new_zeros(len(batch), batch.ways, z.shape[2]), z.new_zeros(len(batch), 1, batch.ways)
        target = F.one_hot(batch.support_y, batch.ways)
        for _ in range(3):
            error = ((fixed @ weight.mT + bias).softmax(2) - target) / z.shape[1]
            weight, bias = weight + move * error.mT @ fixed, bias + move * error.sum(1, keepdim=True)
        loss = F.cross_entropy((z @ weight.mT + bias).flatten(0, 1), batch.support_y.flatten())
        return F.normalize(torch.autograd.grad(loss, shift)[0])


@exercise
def fisher(attempt: Attempt) -> Iterator[Point]:
    """``fisher(weight, z, y)``: the diagonal of the empirical Fisher information of a linear head, ``[ways, F]``."""
    weight, z, y = normal(3, 5, seed=1), normal(12, 5, seed=2), torch.arange(12) % 3
    error = (z @ weight.T).softmax(1) - F.one_hot(y, 3)
    each = error[:, :, None] * z[:, None]  # the gradient of every drawing, [n, ways, F]
    found = attempt(weight.clone(), z.clone(), y)
    yield shaped(found, 3, 5, why="one number for each weight")
    yield is_not(
        found,
        each.mean(0).square(),
        "the squares are taken drawing by drawing",
        "this is the square of the mean gradient. Drawings that pull in opposite directions cancel there; square each "
        "drawing's gradient by itself, then average",
    )
    yield is_not(found, each.mean(0), "gradients are squared", "this is the mean gradient, and nothing is squared yet")
    yield is_not(
        found,
        each.square().sum(0),
        "it is a mean over drawings",
        "this is the sum over drawings: a task with more shots would look like another task. Take the mean",
    )
    right_class_only = F.one_hot(y, 3)[:, :, None] * each
    yield is_not(
        found,
        right_class_only.square().mean(0),
        "all rows of the head are seen",
        "only the row of the right class is there: raising its logit lowers the others, so their rows have a gradient",
    )
    yield equals(found, each.square().mean(0), "the mean of squared per-drawing gradients")
