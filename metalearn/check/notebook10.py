"""Checks of the exercises on sharing the work (notebook 10)."""

import itertools
from collections.abc import Iterator

import torch

from metalearn.check.result import Attempt, Point, StoppedError, equals, exercise, is_not, normal, shaped


@exercise
def shares(attempt: Attempt) -> Iterator[Point]:
    """``shares(tasks, processes)``: a (start, stop) for each process, so that every task is in one share."""

    def stretches(tasks: int, processes: int) -> list[tuple[int, int]]:
        found = attempt(tasks, processes)
        try:
            return [(int(start), int(stop)) for start, stop in found]
        except (TypeError, ValueError) as error:
            raise StoppedError("it should return a list of pairs (start, stop), one for each process") from error

    eight = stretches(8, 2)
    yield len(eight) == 2, "there is a share for every process", f"two processes, and {len(eight)} shares"
    yield eight[0][0] == 0, "it starts at task 0", f"the first share starts at task {eight[0][0]}: tasks count from 0"
    yield (
        all(a[1] == b[0] for a, b in itertools.pairwise(eight)),
        "one share starts where the one before it stops",
        f"shares {eight} overlap or leave a gap: stop is the first task that is no longer included, as in Python's "
        "slices",
    )
    ten = stretches(10, 4)
    done = sum(stop - start for start, stop in ten)
    yield (
        done == 10,
        "no task is lost where they do not divide evenly",
        f"of 10 tasks, 4 processes do {done}: rounding down drops the rest, and the gradient is of another batch",
    )
    sizes = [stop - start for start, stop in ten]
    yield (
        max(sizes) - min(sizes) <= 1,
        "shares differ by one task at most",
        f"shares of {sizes}: all wait for the one that has the most. Spread the rest, one each",
    )


@exercise
def combined_gradient(attempt: Attempt) -> Iterator[Point]:
    """``combined_gradient(gradients, tasks)``: the gradient of the mean loss over all tasks, ``[D]``."""
    task_gradients = normal(9, 5, seed=91)
    counts = (4, 3, 2)
    parts = [part.mean(0) for part in task_gradients.split(list(counts))]
    gradients, tasks = torch.stack(parts), torch.tensor(counts)
    found = attempt(gradients.clone(), tasks.clone())
    yield shaped(found, 5, why="one number per parameter, for all processes together")
    yield is_not(
        found,
        gradients.mean(0),
        "processes count by their tasks",
        "every process counts alike, although they had 4, 3 and 2 tasks: the tasks of the last one count double",
    )
    yield is_not(
        found,
        gradients.sum(0),
        "it is a mean",
        "the means were only added: with twice the processes the step would be twice as long",
    )
    yield is_not(
        found,
        (gradients * tasks[:, None]).sum(0),
        "it is divided by the number of tasks",
        "this is the sum over tasks: divide by how many there are",
    )
    yield is_not(
        found,
        (gradients * tasks[:, None]).mean(0),
        "it is divided by tasks and not by processes",
        "weighted by tasks, and divided by the number of processes: divide by the number of tasks",
    )
    yield equals(found, task_gradients.mean(0), "one process with all nine tasks")
    idle = torch.cat([gradients, torch.full((1, 5), float("nan"))])
    found = attempt(idle, torch.tensor([*counts, 0]))
    yield shaped(found, 5)
    yield equals(found, task_gradients.mean(0), "the same, with a fourth process that had no task and found no mean")
