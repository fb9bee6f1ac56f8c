"""What embedders have in common that take a base model as it is, and learn nothing from training tasks."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from metalearn.schema import Layout
from metalearn.tasks.task_batch import Tasks


class GivenModelEmbedder(TransformerMixin, BaseEstimator):
    """An embedder whose ``fit`` does nothing: it is ready as soon as it is made."""

    def fit(self, tasks: Tasks | None = None, y: None = None) -> Self:
        """Return self, as scikit-learn's pipelines expect: the base model is given, and there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def layout(self) -> Layout:
        """Return what the arrays of :meth:`state` have to be: there are none."""
        return {}

    def state(self) -> dict[str, np.ndarray]:
        """Return what ``fit`` learned: nothing."""
        return {}

    def restore(self, arrays: dict[str, np.ndarray]) -> Self:
        """Take back what :meth:`state` returned."""
        return self
