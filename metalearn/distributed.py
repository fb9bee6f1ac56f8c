"""Several processes that train one learner, or embed one set of tasks, together.

PyTorch's launcher starts them, on one machine or many: ``torchrun --nproc-per-node 2 -m metalearn train …``. Every
process knows the whole of each batch, since a sampler's batch is a function of its number, works on its share of it,
and adds up what it found with the others. A process that nobody launched so is alone, and does everything itself.
"""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.tasks import TaskBatch, Tasks

Shared = TypeVar("Shared", TaskBatch, range)
ENDED = "another process of this run has ended; the last checkpoint is whole: give the same command again to go on"


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that torchrun started with this one, and leave them at the end; alone, do nothing.

    A process on a machine with GPUs takes the one that torchrun gave it.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    signal.signal(signal.SIGTERM, _end)  # which torchrun sends to those that are left when one has died
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
        wait()  # one that left early would look like one that died
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # this one ends too, and may be about to say why
        dist.destroy_process_group()


def count() -> int:
    """Return how many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def number() -> int:
    """Return which of the processes this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def first() -> bool:
    """Whether this is the process that writes files and speaks."""
    return number() == 0


def alone(what: str) -> None:
    """Raise MetalearnError where there are several processes, and ``what`` cannot be shared."""
    if count() > 1:
        raise MetalearnError(f"{what} cannot be shared by {count()} processes; start it without torchrun")


def share(items: Shared) -> Shared:
    """Return this process's stretch of ``items``. Raises MetalearnError where some process would have none."""
    if len(items) < count():
        raise MetalearnError(f"{len(items)} cannot be shared by {count()} processes; start fewer of them")
    return items[slice(*(len(items) * (number() + i) // count() for i in (0, 1)))]


def add_up(tensors: Iterable[Tensor]) -> None:
    """Replace each tensor by its sum over all processes; they need the same tensors in the same order."""
    if count() == 1:
        return
    parts = list(tensors)
    flat = torch.cat([part.flatten() for part in parts])
    _all_reduce(flat)
    for part, total in zip(parts, flat.split([part.numel() for part in parts]), strict=True):
        part.copy_(total.view_as(part))


def from_all(rows: Tensor, first_row: int, total: int) -> Tensor:
    """Return all ``total`` rows, of which this process has ``rows``; gradients find their way back to their owner."""
    if count() == 1:
        return rows
    gathered: Tensor = _FromAll.apply(rows, first_row, total)
    return gathered


def wait() -> None:
    """Wait until every process is here."""
    add_up([torch.zeros(1, device="cuda" if torch.cuda.is_available() else "cpu")])


class ShareOfTasks:
    """Every so many-th batch of ``tasks``, this process's share; :meth:`all_rows` brings the rows together again.

    Batches are what they would be for one process alone, and so, to the last bit, is what is computed from them.
    """

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks
        self.positions: list[int] = []

    def __len__(self) -> int:
        return len(self.tasks)

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield this process's share of the batches of ``size`` tasks."""
        if len(self) <= size * (count() - 1):
            raise MetalearnError(f"{len(self)} tasks, {size} at a time, are too few for {count()} processes")
        self.positions = []
        for index, batch in enumerate(self.tasks.batches(size)):
            if index % count() == number():
                self.positions += range(index * size, index * size + len(batch))
                yield batch

    def all_rows(self, rows: Tensor) -> Tensor:
        """Return a row for each of all tasks, given those of this process's share in the order they came."""
        everything = rows.new_zeros(len(self), *rows.shape[1:])
        everything[self.positions] = rows
        add_up([everything])
        return everything


class _FromAll(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, first_row: int, total: int) -> Tensor:
        ctx.own = slice(first_row, first_row + len(rows))
        everything = rows.new_zeros(total, *rows.shape[1:])
        everything[ctx.own] = rows
        _all_reduce(everything)
        return everything

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        total = gradient.clone()
        _all_reduce(total)
        return total[ctx.own], None, None


def _all_reduce(tensor: Tensor) -> None:
    try:
        dist.all_reduce(tensor)
    except RuntimeError as error:
        raise MetalearnError(ENDED) from error


def _end(*_: object) -> None:
    raise MetalearnError(ENDED)
