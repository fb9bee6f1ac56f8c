"""Answers to the exercises of notebook 11, as students give them."""

import numpy as np

from tests.check.answers.registry import BARE, right, wrong


def _shares(n, p, size=None, first=0):
    size = size or n // p
    return [(first + i * size, first + (i + 1) * size) for i in range(p)]


def _exact(n, p):
    return [(n * i // p, n * (i + 1) // p) for i in range(p)]


wrong("shares", "two processes need two, and there are 1")(lambda n, p: [(0, n)])
wrong("shares", "tasks count from 0")(lambda n, p: _shares(n, p, first=1))
wrong("shares", "overlap or leave a gap")(lambda n, p: [(a, b - 1) for a, b in _shares(n, p)])
wrong("shares", "overlap or leave a gap")(lambda n, p: [(a, b + 1) for a, b in _shares(n, p)])
wrong("shares", "overlap or leave a gap")(lambda n, p: [(0, n)] * p)
wrong("shares", "how many tasks there are")(lambda n, p: [(a, b - a) for a, b in _exact(n, p)])
wrong("shares", "rounding down drops the rest")(_shares)
wrong("shares", "rounding up gives tasks that do not exist")(lambda n, p: _shares(n, p, -(-n // p)))
wrong("shares", "Spread the rest")(lambda n, p: [*_shares(n, p)[:-1], ((p - 1) * (n // p), n)])
wrong("shares", "Spread the rest")(
    lambda n, p: [(min(i * -(-n // p), n), min((i + 1) * -(-n // p), n)) for i in range(p)]
)
wrong("shares", "a process without a task needs an empty one")(lambda n, p: [s for s in _exact(n, p) if s[0] < s[1]])
wrong("shares", "a process without a task needs an empty one")(lambda n, p: _exact(n, min(n, p)) if n else [])
wrong("shares", "a list of pairs")(lambda n, p: [list(range(i, n, p)) for i in range(p)])
wrong("shares", "a list of pairs")(lambda n, p: [n // p] * p)
wrong("shares", "in the middle of a task")(lambda n, p: [(n * i / p, n * (i + 1) / p) for i in range(p)])
wrong("shares", "a list of pairs")(lambda n, p: np.array_split(np.arange(n), p))
wrong("shares", "there are 8")(lambda n, p: _exact(p, n))
wrong("shares", "the first share starts at task")(lambda n, p: _exact(n, p)[::-1])
wrong("shares", "overlap or leave a gap")(
    lambda n, p: (
        [(i * max(n // p, 1), min((i + 1) * max(n // p, 1), n)) for i in range(p)]
        if n % p == 0 or n < p
        else _exact(n, p)
    )
)
right("shares")(lambda n, p: ((n * i // p, n * (i + 1) // p) for i in range(p)))
right("shares")(lambda n, p: np.array(_exact(n, p)))
right("shares")(lambda n, p: [(i * (n // p) + min(i, n % p), (i + 1) * (n // p) + min(i + 1, n % p)) for i in range(p)])
right("shares")(lambda n, p: list(zip((b := [round(i * n / p) for i in range(p + 1)])[:-1], b[1:], strict=True)))

wrong("combined_gradient", "every process counts alike")(lambda g, n: g.mean(0))
wrong("combined_gradient", "twice the processes")(lambda g, n: g.sum(0))
wrong("combined_gradient", "added and divided by all tasks")(lambda g, n: g.sum(0) / n.sum())
wrong("combined_gradient", "the sum of the gradients of all tasks")(lambda g, n: (g * n[:, None]).sum(0))
wrong("combined_gradient", "divided by the number of processes")(lambda g, n: (g * n[:, None]).mean(0))
wrong("combined_gradient", "largest number of tasks")(lambda g, n: (g * n[:, None]).sum(0) / n.max())
wrong("combined_gradient", "by tasks and by processes")(lambda g, n: (g * n[:, None]).mean(0) / n.sum())
wrong("combined_gradient", "NaN times zero is NaN")(lambda g, n: (g * n[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "divided by its tasks once more")(lambda g, n: (g / n[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "used twice")(lambda g, n: (g * n[:, None] ** 2).sum(0) / n.sum())
wrong("combined_gradient", "the root of their tasks")(lambda g, n: (g * n[:, None] ** 0.5).sum(0) / n.sum())
wrong("combined_gradient", "a softmax of the numbers")(lambda g, n: (g * n.float().softmax(0)[:, None]).sum(0))
wrong("combined_gradient", "only one process counts")(lambda g, n: g[0])
wrong("combined_gradient", "only one process counts")(lambda g, n: g[n.argmin()])
wrong("combined_gradient", "in the wrong order")(lambda g, n: (g * n.flip(0)[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "the tasks of the *others*")(lambda g, n: (g * (n.sum() - n)[:, None]).sum(0) / n.sum())
wrong("combined_gradient", "for all processes together")(lambda g, n: g * n[:, None] / n.sum())
wrong("combined_gradient", "was counted as one task")(
    lambda g, n: (g.nan_to_num() * n[:, None]).sum(0) / n.clamp(min=1).sum()
)
wrong("combined_gradient", "PyTorch aligns the last dimensions")(lambda g, n: (g * n).sum(0) / n.sum())
wrong("combined_gradient", BARE)(lambda g, n: g.median(0).values)
right("combined_gradient")(lambda g, n: (g.nan_to_num() * n[:, None]).sum(0) / n.sum())
right("combined_gradient")(lambda g, n: (n / n.sum())[n > 0] @ g[n > 0])
right("combined_gradient")(lambda g, n: sum(k / n.sum() * row for row, k in zip(g, n, strict=True) if k).numpy())
