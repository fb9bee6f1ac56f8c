"""Solution of the checked exercise of notebook 09."""

import numpy as np


def paired_difference(a, b):
    """Return the mean over tasks of a - b, and half the width of its 95 % interval.

    a, b: the accuracies [tasks] of two learners on the same tasks.
    """
    difference = np.asarray(a) - np.asarray(b)
    return difference.mean(), 1.96 * difference.std(ddof=1) / len(difference) ** 0.5
