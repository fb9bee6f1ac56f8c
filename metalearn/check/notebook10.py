"""Checks of the exercises on sharing the work (notebook 10)."""

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor

from metalearn.check.result import Attempt, Mistake, Point, StoppedError, exercise, follows, normal, shaped


@exercise(
    "the borders between shares are what has to be found: process p starts at task tasks * p / "
    "processes, rounded down, and stops where the next one starts",
    "[(tasks * p // processes, tasks * (p + 1) // processes) for p in range(processes)]",
)
def shares(attempt: Attempt) -> Iterator[Point]:
    """``shares(tasks, processes)``: a (start, stop) for each process, so that every task is in one share."""

    def stretches(tasks: int, processes: int) -> list[tuple[int, int]]:
        found = attempt(tasks, processes)
        if not isinstance(found, (str, dict)):
            try:
                pairs = [(int(start), int(stop)) for start, stop in found]
            except (TypeError, ValueError):
                pairs = None
            if pairs is not None and all(start == int(start) for start, _ in pairs):
                return pairs
        raise StoppedError("it should return a list of pairs (start, stop), one for each process")

    eight = stretches(8, 2)
    yield len(eight) == 2, "there is a share for every process", f"two processes, and {len(eight)} shares"
    yield eight[0][0] == 0, "it starts at task 0", f"the first share starts at task {eight[0][0]}: tasks count from 0"
    lengths = [stop for _, stop in eight]
    yield (
        lengths != [4, 4],
        "a share ends at a task",
        "the second number is how many tasks there are: it should be where the share stops",
    )
    yield from _no_gap(eight)
    ten = stretches(10, 4)
    yield len(ten) == 4, "there is a share for every process", f"four processes, and {len(ten)} shares of 10 tasks"
    done = sum(stop - start for start, stop in ten)
    yield (
        done == 10,
        "no task is lost where they do not divide evenly",
        f"of 10 tasks, 4 processes do {done}: rounding down drops the rest, and the gradient is of another batch"
        if done < 10
        else f"of 10 tasks, 4 processes do {done}: rounding up gives tasks that do not exist, or the same one twice",
    )
    yield from _no_gap(ten)
    sizes = [stop - start for start, stop in ten]
    yield (
        max(sizes) - min(sizes) <= 1,
        "shares differ by one task at most",
        f"shares of {sizes}: all wait for the one that has the most. Spread the rest, one each",
    )
    for tasks, processes in ((3, 5), (1, 4), (0, 2), (7, 7), (23, 5)):
        found = stretches(tasks, processes)
        yield (
            len(found) == processes,
            "a process without a task has a share too",
            f"{processes} processes and {tasks} tasks, and {len(found)} shares: a process without a task needs an "
            "empty one, or it waits for ever",
        )
        yield from _no_gap(found)
        sizes = [stop - start for start, stop in found]
        yield (
            sum(sizes) == tasks and min(sizes) >= 0 and max(sizes) - min(sizes) <= 1,
            "it is right for other numbers of tasks and processes",
            f"{tasks} tasks among {processes} processes give shares of {sizes}: none has fewer than zero, and none two "
            "more than another",
        )


def _no_gap(found: list[tuple[int, int]]) -> Iterator[Point]:
    yield (
        all(a[1] == b[0] for a, b in itertools.pairwise(found)),
        "one share starts where the one before it stops",
        f"shares {found} overlap or leave a gap: stop is the first task that is no longer included (as in slices)",
    )


@exercise(
    "undo the division: a mean times its number of tasks is the sum over them. Add the sums up, and "
    "divide once by all tasks. A process without tasks has no mean to undo",
    "some = tasks > 0; (gradients[some] * tasks[some, None]).sum(0) / tasks.sum()",
)
def combined_gradient(attempt: Attempt) -> Iterator[Point]:
    """``combined_gradient(gradients, tasks)``: the gradient of the mean loss over all tasks, ``[D]``."""
    task_gradients = normal(9, 5, seed=91)
    counts = (5, 3, 1)
    parts = [part.mean(0) for part in task_gradients.split(list(counts))]
    gradients, tasks = torch.stack(parts), torch.tensor(counts)
    found = attempt(gradients.clone(), tasks.clone())
    yield shaped(found, 5, why="one number per parameter, for all processes together")

    def formula(weights: str = "tasks", divide: float = 9) -> Tensor:
        by = {
            "tasks": tasks.float(),
            "even": torch.ones(3),
            "inverse": 1 / tasks,
            "squared": tasks.float() ** 2,
            "root": tasks**0.5,
            "softmax": 9 * tasks.float().softmax(0),
            "first": torch.tensor([9.0, 0, 0]),
            "largest": torch.tensor([9.0, 0, 0]),
            "last": torch.tensor([0.0, 0, 9]),
            "reversed": tasks.flip(0).float(),
            "others": 9 - tasks.float(),
        }[weights]
        return (gradients * by[:, None]).sum(0) / divide

    mistakes = (
        Mistake(
            "weights",
            "inverse",
            "each process was divided by its tasks once more: its mean has done that already, so multiply",
        ),
        Mistake("weights", "squared", "the number of tasks was used twice: weigh each process by it once"),
        Mistake("weights", "root", "processes were weighed by the root of their tasks: by the tasks themselves"),
        Mistake("weights", "softmax", "a softmax of the numbers of tasks gives other shares: divide by their sum"),
        Mistake("weights", "first", "only one process has a say: the others' tasks count too"),
        Mistake("weights", "last", "only one process has a say: the others' tasks count too"),
        Mistake(
            "weights", "reversed", "the weights are in the wrong order: each process goes with its own number of tasks"
        ),
        Mistake("weights", "others", "each process was weighed by the tasks of the *others*"),
        Mistake("divide", 1, "this is the sum over tasks: divide by how many there are"),
        Mistake(
            "divide", 3, "weighted by tasks, and divided by the number of processes: divide by the number of tasks"
        ),
        Mistake("divide", 5, "divided by the largest number of tasks: divide by the number of all tasks"),
        Mistake("divide", 27, "divided by tasks and by processes: by the number of all tasks alone"),
    )
    plain = {
        "every process counts alike, although they had 5, 3 and 1 tasks: the task of the last one counts most": 3,
        "the means were only added: with twice the processes the step would be twice as long": 1,
        "the means were added and divided by all tasks: multiply each by its number of tasks first": 9,
    }
    yield follows(
        found,
        lambda weights="tasks", divide=9, plain=0: formula("even", plain) if plain else formula(weights, divide),
        "one process with all nine tasks",
        *(Mistake("plain", divisor, hint) for hint, divisor in plain.items()),
        *mistakes,
    )
    idle = torch.cat([gradients, torch.full((1, 5), float("nan"))])
    found = attempt(idle, torch.tensor([*counts, 0]))
    yield (
        bool(torch.isfinite(torch.as_tensor(found)).all()),
        "a process without tasks does no harm",
        "a process without tasks makes the numbers not finite: NaN times zero is NaN, so leave its row out",
    )
    yield follows(
        found,
        lambda of=9: task_gradients.sum(0) / of,
        "the same, with a fourth process that had no task and found no mean",
        Mistake("of", 10, "the idle process was counted as one task"),
        Mistake("of", 12, "the idle process changes the number that is divided by: it has no task"),
    )
