"""Several processes that train one learner, or embed one set of tasks, together.

PyTorch's launcher starts them, on one machine or many: ``torchrun --nproc-per-node 2 -m metalearn train …``. Every
process can make the whole of each batch, because a sampler's batch follows from its number. It works on its share of
the batch, and the results of all processes are added up. A process that was started without torchrun is alone, and does
everything itself.
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
from metalearn.tasks.task_batch import TaskBatch, Tasks

Shared = TypeVar("Shared", TaskBatch, range)
ENDED = "another process of this run has ended; the last checkpoint is whole: give the same command again to go on"


@contextmanager
def together() -> Iterator[None]:
    """Join the processes that torchrun started, and leave them at the end; without torchrun, do nothing.

    On a machine with GPUs, each process takes the one that torchrun gave it.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    signal.signal(signal.SIGTERM, _end)  # when one process dies, torchrun sends this signal to the others
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
        wait()  # a process that leaves early would look like one that died
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # we are ending anyway, and may be about to say why
        dist.destroy_process_group()


def count() -> int:
    """Return how many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def number() -> int:
    """Return which of the processes this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def first() -> bool:
    """Whether this is the process that writes files and prints."""
    return number() == 0


def alone(what: str) -> None:
    """Raise MetalearnError where there are several processes, and ``what`` cannot be shared."""
    if count() > 1:
        raise MetalearnError(
            "{what} cannot be shared by {processes} processes; start it without torchrun", what=what, processes=count()
        )


def share(items: Shared) -> Shared:
    """Return this process's share of ``items``. Raises MetalearnError where some process would have none."""
    if len(items) < count():
        raise MetalearnError(
            "{count} cannot be shared by {processes} processes; start fewer of them",
            count=len(items),
            processes=count(),
        )
    return items[slice(*(len(items) * (number() + i) // count() for i in (0, 1)))]


def add_up(tensors: Iterable[Tensor]) -> None:
    """Replace each tensor by its sum over all processes, which must hand in the same tensors in the same order."""
    if count() == 1:
        return
    parts = list(tensors)
    flat = torch.cat([part.flatten() for part in parts])
    _all_reduce(flat)
    for part, total in zip(parts, flat.split([part.numel() for part in parts]), strict=True):
        part.copy_(total.view_as(part))


def from_all(rows: Tensor, first_row: int, total: int) -> Tensor:
    """Return the rows of all processes, ``total`` of them; this one's are ``rows`` and begin at ``first_row``.

    Gradients find their way back to the process that owns a row.
    """
    if count() == 1:
        return rows
    gathered: Tensor = _FromAll.apply(rows, first_row, total)
    return gathered


def wait() -> None:
    """Wait until every process is here."""
    add_up([torch.zeros(1, device="cuda" if torch.cuda.is_available() else "cpu")])


class ShareOfTasks:
    """This process's share of the batches of ``tasks``; :meth:`all_rows` brings the results together again.

    With n processes, each takes every n-th batch. The batches are the same as for one process alone, so what is
    computed from them is the same to the last bit.
    """

    def __init__(self, tasks: Tasks) -> None:
        self.tasks = tasks
        self.positions: list[int] = []

    def __len__(self) -> int:
        return len(self.tasks)

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield this process's share of the batches of ``size`` tasks."""
        if len(self) <= size * (count() - 1):
            raise MetalearnError(
                "{count} tasks, {size} at a time, are too few for {processes} processes",
                count=len(self),
                size=size,
                processes=count(),
            )
        self.positions, first = [], 0
        for index, batch in enumerate(self.tasks.batches(size)):
            if index % count() == number():
                self.positions += range(first, first + len(batch))
                yield batch
            first += len(batch)

    def all_rows(self, rows: Tensor) -> Tensor:
        """Return one row per task, for all tasks, given the rows of this process's share in the order they came."""
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
