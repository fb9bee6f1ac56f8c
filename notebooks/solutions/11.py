"""Solutions of the checked exercises of notebook 11."""


def shares(tasks, processes):
    """Return for each process the stretch of tasks that is its share, as a list of pairs (start, stop).

    Every task belongs to exactly one process, and no process has two more than another.
    """
    return [(tasks * p // processes, tasks * (p + 1) // processes) for p in range(processes)]


def combined_gradient(gradients, tasks):
    """Return the gradient of the mean loss over all tasks, [D].

    gradients [P, D]: of the mean loss over its own tasks that each of P processes found; tasks [P]: how many it had.
    A process without tasks has found no mean: its row is not a number.
    """
    weighted = gradients[tasks > 0] * tasks[tasks > 0, None]
    return weighted.sum(0) / tasks.sum()
