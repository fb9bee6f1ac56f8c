"""Checks of the exercises on gradient task embeddings (notebook 03)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.check.result import Attempt, Mistakes, Point, array, close, exercise, follows, mistaken, normal, shaped
from metalearn.learners.backbone import Backbone, Params
from metalearn.tasks.task_batch import TaskBatch

ROW_MISTAKES: Mistakes = {
    "sign": {-1: "the sign is reversed: the gradient is asked for, and a step goes against it"},
    "size": {
        -0.5: "the head takes its steps in the wrong direction, up the loss: subtract the gradient",
        1.0: "the head's steps are of size 1: the exercise asks for 0.5",
        0.1: "the head's steps are of size 0.1: the exercise asks for 0.5",
        3.0: "the head follows the sum over drawings: its loss is their mean, so divide by their number",
    },
    "length": {
        "none": "the rows do not have length one: divide each by its length, or a large loss will drown the others",
        "squared": "the rows are divided by their squared length: divide by the length itself",
        "sum": "the absolute values of a row add up to one: divide by its length, the root of the sum of squares",
        "largest": "the largest number of a row is one: divide by its length, the root of the sum of squares",
        "column": "the columns have length one, not the rows: normalise along the last dimension (dim=1)",
    },
    "detach": {False: "the gradient also runs through the head's steps: detach the features there (z.detach())"},
    "bias": {False: "the head has no bias: it takes steps too, from zero"},
    "steps": {
        1: "the head took one step: the exercise asks for three",
        2: "the head took two steps before the gradient was taken: let it take the third first",
        4: "the head took four steps: the exercise asks for three",
        5: "the head took five steps: the exercise asks for three",
    },
    "summed": {
        True: "this is the sum of the gradients over the K steps, the notebook's own formula. Here only the gradient "
        "after the third step is asked for"
    },
    "layer": {-2: "this is the gradient in the last scale: the exercise asks for the last shift"},
}


@exercise(
    "task by task: let a head of zeros take three steps on detached features, and then ask autograd "
    "for the gradient of the loss in the last shift. Divide it by its length",
    "shift = base[name].clone().requires_grad_() with name = backbone.scales_and_shifts[-1]; z = "
    "backbone.features({**base, name: shift}, x[None])[0]; the head's steps as in the notebook, with "
    "z.detach(); then torch.autograd.grad(F.cross_entropy(z @ weight.T + bias, y), shift)",
)
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
    formula = partial(_gradient_rows, backbone, base, batch)
    hint = "" if close(found, formula()) else mistaken(found, formula, **ROW_MISTAKES)
    if hint:
        yield False, "", hint
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
    alone = np.concatenate([array(attempt(backbone, base, batch[t])).ravel() for t in range(3)])
    yield (
        close(alone, array(found).ravel()),
        "a task's row does not depend on the other tasks",
        "a task by itself gets another row than among others: take each task's gradient of its own loss",
    )
    what = "the gradient in the last shift, after a head that starts at zero has taken three steps of 0.5"
    yield follows(found, formula, what)


def _gradient_rows(
    backbone: Backbone,
    base: Params,
    batch: TaskBatch,
    sign: float = 1,
    size: float = 0.5,
    length: str = "one",
    detach: bool = True,
    bias: bool = True,
    steps: int = 3,
    summed: bool = False,
    layer: int = -1,
) -> Tensor:
    """Return the embedding: right, or with one of the usual mistakes."""
    name = backbone.scales_and_shifts[layer]
    inside = base[name].expand(len(batch), -1).contiguous().requires_grad_()
    target = F.one_hot(batch.support_y, batch.ways)
    with torch.enable_grad():
        z = backbone.features({**base, name: inside}, batch.support_x)
        seen = z.detach() if detach else z
        weight, shift = z.new_zeros(len(batch), batch.ways, z.shape[2]), z.new_zeros(len(batch), 1, batch.ways)
        total: Tensor | float = 0.0
        for k in range(steps + 1):
            if k == steps or summed:
                loss = F.cross_entropy((z @ weight.mT + shift).flatten(0, 1), batch.support_y.flatten())
                total = total + torch.autograd.grad(loss, inside, retain_graph=True)[0]
            error = ((seen @ weight.mT + shift).softmax(2) - target) / z.shape[1]
            weight, shift = weight - size * error.mT @ seen, shift - size * bias * error.sum(1, keepdim=True)
    rows = sign * torch.as_tensor(total)
    return {
        "one": F.normalize(rows),
        "none": rows * len(batch),  # each task's gradient of its own mean loss
        "squared": F.normalize(rows) / (rows * len(batch)).norm(dim=1, keepdim=True),
        "sum": F.normalize(rows, p=1),
        "largest": F.normalize(rows, p=float("inf")),
        "column": F.normalize(rows, dim=0),
    }[length]


SQUARE_FIRST = (
    "Drawings that pull in opposite directions cancel there; square each drawing's gradient by itself, then average"
)
VARIANCE = "this is the variance of the gradients: their mean was subtracted. Fisher information is the mean square"
FISHER_MISTAKES: Mistakes = {
    "reduce": {
        "square of mean": f"this is the square of the mean gradient. {SQUARE_FIRST}",
        "square of sum": f"this is the square of the summed gradient. {SQUARE_FIRST}",
        "mean": "this is the mean gradient, and nothing is squared yet",
        "sum of squares": "this is the sum over drawings: a task with more shots would look like another task. Take "
        "the mean",
        "size": "these are absolute values: square the gradients",
        "root": "a root was taken at the end: Fisher information is the mean square itself",
        "variance": VARIANCE,
        "sample variance": VARIANCE,
        "one too few": "it is divided by n - 1: that is for a variance around an estimated mean. Divide by n",
        "all numbers": "it is divided by drawings times features: average over the drawings alone",
    },
    "error": {
        "true": "this is the *true* Fisher information, over labels that the model itself would draw: p (1 - p). The "
        "*empirical* one takes the labels of the task",
        "over drawings": "the softmax runs over the drawings: it belongs over the classes (dim=1)",
        "no softmax": "there is no softmax: the gradient of a cross-entropy is softmax minus one-hot",
        "no label": "the labels are not used: subtract the one-hot label from the softmax",
    },
    "inputs": {False: "the features are missing: the gradient in a weight is error times *feature*"},
    "rows": {
        "right": "only the row of the right class is there: raising its logit lowers the others, so their rows have a "
        "gradient too"
    },
}


@exercise(
    "the gradient of one drawing's cross-entropy in a linear head is (softmax - one-hot) times its "
    "features: one matrix per drawing. Square these matrices, number by number, and only then average"
    " over drawings",
    "error = (z @ weight.T).softmax(1) - F.one_hot(y, len(weight)); each = error[:, :, None] * z[:, "
    "None] is [n, ways, F]. What is missing is a square and a mean, in the right order",
)
def fisher(attempt: Attempt) -> Iterator[Point]:
    """``fisher(weight, z, y)``: the diagonal of the empirical Fisher information of a linear head, ``[ways, F]``."""
    weight, z, y = normal(3, 5, seed=1), normal(12, 5, seed=2), torch.arange(12) % 3
    found = attempt(weight.clone(), z.clone(), y)
    yield shaped(found, 3, 5, why="one number for each weight, its class first: average over the drawings")
    formula = partial(_fisher, weight, z, y)
    yield follows(found, formula, "the mean of squared per-drawing gradients", **FISHER_MISTAKES)


def _fisher(
    weight: Tensor,
    z: Tensor,
    y: Tensor,
    reduce: str = "mean of squares",
    error: str = "empirical",
    rows: str = "all",
    inputs: bool = True,
) -> Tensor:
    """Return the Fisher information: right, or with one of the usual mistakes."""
    target = F.one_hot(y, len(weight))
    each = _errors(z @ weight.T, target, error)[:, :, None] * (z if inputs else torch.ones_like(z))[:, None]
    each = each * (target[:, :, None] if rows == "right" else 1)
    return {
        "mean of squares": each.square().mean(0),
        "square of mean": each.mean(0).square(),
        "mean": each.mean(0),
        "sum of squares": each.square().sum(0),
        "size": each.abs().mean(0),
        "root": each.square().mean(0).sqrt(),
        "variance": each.var(0, correction=0),
        "sample variance": each.var(0),
        "square of sum": each.sum(0).square(),
        "one too few": each.square().sum(0) / (len(z) - 1),
        "all numbers": each.square().sum(0) / z.numel(),
    }[reduce]


def _errors(logits: Tensor, target: Tensor, kind: str) -> Tensor:
    """Return what stands before the features in the gradient, ``[n, ways]``."""
    p = logits.softmax(1)
    return {
        "empirical": p - target,
        "true": (p * (1 - p)).sqrt(),  # its square is the variance of a label that the model draws
        "over drawings": logits.softmax(0) - target,
        "no softmax": logits - target,
        "no label": p,
    }[kind]
