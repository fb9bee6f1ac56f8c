"""A mean and its 95 % interval."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

FEW = 30  # with fewer samples or groups than this, 1.96 standard errors are too narrow


@dataclass(frozen=True)
class Estimate:
    """A mean over independent samples, with its 95 % interval.

    For fewer than 30 samples or groups the interval is Student's. From 30 on it is the normal one, which is less than a
    twentieth narrower.

    Parameters
    ----------
    mean : float
        The mean.
    ci95 : float
        Half the width of the interval: what stands after the ±. NaN for a single sample or group.
    count : int
        How many samples there are.

    References
    ----------
    Student 1908, "The probable error of a mean"; Liang and Zeger 1986, "Longitudinal data analysis using generalized
    linear models" (for ``groups``).

    Examples
    --------
    >>> import metalearn as ml
    >>> import numpy as np
    >>> print(ml.Estimate.of(np.array([0.8, 0.9, 1.0, 0.9])))
    90.0 ± 13.0 %
    """

    mean: float
    ci95: float
    count: int

    @classmethod
    def of(cls, samples: Tensor | np.ndarray, groups: np.ndarray | None = None) -> "Estimate":
        """Estimate the mean of ``samples`` ``[n]``.

        Samples of one group may be alike, as tasks of one alphabet are. ``groups`` ``[n]`` names each sample's group;
        the groups are then taken as independent, not the samples (the cluster-robust standard error).
        """
        values = np.asarray(samples, dtype=np.float64)
        _, member = np.unique(np.arange(len(values)) if groups is None else groups, return_inverse=True)
        sums = np.bincount(member, values - values.mean())
        many = len(sums)
        error = np.sqrt(many / (many - 1) * np.square(sums).sum()) / len(values) if many > 1 else np.nan
        return cls(float(values.mean()), float(_quantile(many - 1) * error), len(values))

    def __str__(self) -> str:
        interval = "" if np.isnan(self.ci95) else f" ± {100 * self.ci95:.1f}"
        return f"{100 * self.mean:.1f}{interval} %"


def _quantile(freedom: int) -> float:
    """Return how many standard errors to each side hold 95 % of means, for so many degrees of freedom."""
    if freedom < 1 or freedom + 1 >= FEW:
        return 1.96
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))
