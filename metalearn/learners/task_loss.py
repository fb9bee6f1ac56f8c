"""The loss of a task, in which every class counts the same however many drawings it has."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]  # answers [T, n, ways] and right classes [T, n] -> each task's loss [T]


def task_losses(logits: Tensor, y: Tensor) -> Tensor:
    """Return each task's loss ``[T]``: cross-entropy or, where answers are numbers, the mean squared error.

    Cross-entropy is averaged over the drawings of each class first, and then over the classes that have any. An average
    over all drawings would let a class with one drawing vanish beside classes with many.

    Parameters
    ----------
    logits : Tensor
        ``[T, n, ways]``; for regression ``[T, n, 1]``, the answers themselves.
    y : Tensor
        The right answers ``[T, n]``: int64 classes, or float32 numbers.

    Returns
    -------
    Tensor
        Zero for tasks with nothing to answer.

    Examples
    --------
    The one drawing of class 1 counts as much as both drawings of class 0:

    >>> import torch
    >>> task_losses(torch.tensor([[[0.0, 0.0], [0.0, 0.0], [0.0, 9.0]]]), torch.tensor([[0, 0, 1]]))
    tensor([0.3466])
    """
    if y.shape[1] == 0:
        return logits.new_zeros(len(y))
    if y.is_floating_point():
        return (logits[..., 0] - y).square().mean(1)
    return (_by_drawing(logits, y) * class_balance(y, logits.shape[-1])).mean(1)


def mean_over_drawings(logits: Tensor, y: Tensor) -> Tensor:
    """Return each task's mean cross-entropy ``[T]``, in which every drawing counts the same: some embeddings use it."""
    return _by_drawing(logits, y).mean(1) if y.shape[1] else logits.new_zeros(len(y))


def class_balance(y: Tensor, ways: int) -> Tensor:
    """Return a weight for each drawing, ``[T, n]``, with which every class of a task counts the same.

    The weights of a task have mean 1, and are exactly 1 where all of its classes have as many drawings.
    """
    count = F.one_hot(y, ways).sum(1)
    classes = (count > 0).sum(1, keepdim=True)
    return y.shape[1] / (classes * count.gather(1, y))


def _by_drawing(logits: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none").unflatten(0, y.shape)
