"""Checks of the exercises on sharing the work (notebook 11)."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from metalearn.check.result import Attempt, Mistakes, Point, StoppedError, exercise, follows, normal, shaped
from metalearn.check.texts import Text


@exercise(
    "the borders between shares are what has to be found: process p starts at task tasks * p / "
    "processes, rounded down, and stops where the next one starts",
    "[(tasks * p // processes, tasks * (p + 1) // processes) for p in range(processes)]",
)
def shares(attempt: Attempt) -> Iterator[Point]:
    """``shares(tasks, processes)``: a (start, stop) for each process, so that every task is in one share."""
    yield from _even(_pairs(attempt(8, 2)))
    yield from _uneven(_pairs(attempt(10, 4)))
    for tasks, processes in ((3, 5), (1, 4), (0, 2), (7, 7), (23, 5)):
        found = _pairs(attempt(tasks, processes))
        given = {"tasks": tasks, "processes": processes}
        yield (
            len(found) == processes,
            "a process without a task has a share too",
            Text(
                "{tasks} tasks among {processes} processes give {number} shares: a process without a task needs an "
                "empty one, or it waits for ever",
                number=len(found),
                **given,
            ),
        )
        yield from _no_gap(found)
        sizes = [stop - start for start, stop in found]
        yield (
            sum(sizes) == tasks and min(sizes) >= 0 and max(sizes) - min(sizes) <= 1,
            "it is right for other numbers of tasks and processes",
            Text(
                "{tasks} tasks among {processes} processes give shares of {sizes}: they should add up to {tasks}, and "
                "none should have two more than another",
                sizes=sizes,
                **given,
            ),
        )


def _pairs(found: Any) -> list[tuple[int, int]]:
    """Return the shares as pairs of whole numbers; the check stops if they are none."""
    try:
        pairs = None if isinstance(found, (str, dict)) else [(float(start), float(stop)) for start, stop in found]
    except (TypeError, ValueError, RuntimeError):
        pairs = None
    if pairs is None:
        raise StoppedError("it should return a list of pairs (start, stop), one for each process")
    if not all(number.is_integer() for pair in pairs for number in pair):
        raise StoppedError("a share starts or stops in the middle of a task: round down (//)")
    return [(int(start), int(stop)) for start, stop in pairs]


def _even(found: list[tuple[int, int]]) -> Iterator[Point]:
    """Check the shares of eight tasks among two processes."""
    wrong_number = Text("two processes need two, and there are {number}", number=len(found))
    yield len(found) == 2, "there is a share for every process", wrong_number
    late = Text("the first share starts at task {start}: tasks count from 0", start=found[0][0])
    yield found[0][0] == 0, "it starts at task 0", late
    yield (
        [stop for _, stop in found] != [4, 4],
        "a share ends at a task",
        "the second number is how many tasks there are: it should be where the share stops",
    )
    yield from _no_gap(found)


def _uneven(found: list[tuple[int, int]]) -> Iterator[Point]:
    """Check the shares of ten tasks among four processes."""
    wrong_number = Text("four processes need four, and there are {number}", number=len(found))
    yield len(found) == 4, "there is a share for every process", wrong_number
    sizes = [stop - start for start, stop in found]
    yield (
        sum(sizes) == 10,
        "no task is lost where they do not divide evenly",
        Text(
            "of 10 tasks, 4 processes do {done}: rounding down drops the rest, and the gradient is that of a smaller "
            "batch"
            if sum(sizes) < 10
            else "of 10 tasks, 4 processes do {done}: rounding up gives tasks that do not exist, or the same one twice",
            done=sum(sizes),
        ),
    )
    yield from _no_gap(found)
    yield (
        max(sizes) - min(sizes) <= 1,
        "shares differ by one task at most",
        Text(
            "shares of {sizes}: all processes wait for the one with the most tasks. Spread the rest, one each",
            sizes=sizes,
        ),
    )


def _no_gap(found: list[tuple[int, int]]) -> Iterator[Point]:
    yield (
        all(a[1] == b[0] for a, b in itertools.pairwise(found)),
        "one share starts where the one before it stops",
        Text(
            "shares {found} overlap or leave a gap: stop is the first task that is no longer included (as in slices)",
            found=found,
        ),
    )


COUNTS = (5, 3, 1)  # how many tasks each process had
ONE_ONLY = "only one process counts here: the others' tasks count too"
GRADIENT_MISTAKES: Mistakes = {
    "plain": {
        3: "every process counts alike, although they had 5, 3 and 1 tasks: the task of the last one counts most",
        1: "the means were only added: with twice the processes the step would be twice as long",
        9: "the means were added and divided by all tasks: multiply each by its number of tasks first",
    },
    "weights": {
        "inverse": "each process was divided by its tasks once more: its mean has done that already, so multiply",
        "squared": "the number of tasks was used twice: weigh each process by it once",
        "root": "processes were weighed by the root of their tasks: weigh them by the number of tasks itself",
        "softmax": "a softmax of the numbers of tasks gives other shares: divide by their sum",
        "first": ONE_ONLY,
        "last": ONE_ONLY,
        "reversed": "the weights are in the wrong order: each process goes with its own number of tasks",
        "others": "each process was weighed by the tasks of the *others*",
    },
    "divide": {
        1: "this is the sum of the gradients of all tasks: divide by how many tasks there are",
        3: "weighted by tasks, and divided by the number of processes: divide by the number of tasks",
        5: "divided by the largest number of tasks: divide by the number of all tasks",
        27: "divided by tasks and by processes: divide by the number of all tasks alone",
    },
}


@exercise(
    "undo the division: a mean times its number of tasks is the sum over them. Add the sums up, and "
    "divide once by all tasks. A process without tasks has no mean to undo",
    "some = tasks > 0; (gradients[some] * tasks[some, None]).sum(0) / tasks.sum()",
)
def combined_gradient(attempt: Attempt) -> Iterator[Point]:
    """``combined_gradient(gradients, tasks)``: the gradient of the mean loss over all tasks, ``[D]``."""
    task_gradients = normal(9, 5, seed=91)
    gradients = torch.stack([part.mean(0) for part in task_gradients.split(list(COUNTS))])
    tasks = torch.tensor(COUNTS)
    found = attempt(gradients.clone(), tasks.clone())
    yield shaped(found, 5, why="one number per parameter, for all processes together")
    formula = partial(_combined, gradients, tasks)
    yield follows(found, formula, "one process with all nine tasks", **GRADIENT_MISTAKES)

    idle = torch.cat([gradients, torch.full((1, 5), float("nan"))])
    found = attempt(idle, torch.tensor([*COUNTS, 0]))
    yield (
        bool(torch.isfinite(torch.as_tensor(found)).all()),
        "a process without tasks does no harm",
        "a process without tasks makes the numbers not finite: NaN times zero is NaN, so leave its row out",
    )
    yield follows(
        found,
        lambda of=9: task_gradients.sum(0) / of,
        "the same, with a fourth process that had no task and found no mean",
        of={
            10: "the idle process was counted as one task: it has none",
            12: "the idle process changes the number that is divided by: it has no task, so divide by nine still",
        },
    )


def _combined(gradients: Tensor, tasks: Tensor, weights: str = "tasks", divide: float = 9, plain: float = 0) -> Tensor:
    """Return the gradient over all tasks: right, or with one of the usual mistakes.

    With ``plain``, the processes' means are added as they are and divided by that number.
    """
    if plain:
        return gradients.sum(0) / plain
    by = {
        "tasks": tasks.float(),
        "inverse": 1 / tasks,
        "squared": tasks.float() ** 2,
        "root": tasks**0.5,
        "softmax": 9 * tasks.float().softmax(0),
        "first": torch.tensor([9.0, 0, 0]),
        "last": torch.tensor([0.0, 0, 9]),
        "reversed": tasks.flip(0).float(),
        "others": 9 - tasks.float(),
    }[weights]
    return (gradients * by[:, None]).sum(0) / divide
