"""Init hooks that solve for the head in closed form, without a step and without a task embedding.

Both look at the features of the support set alone. Besides the network, the outer loop trains two numbers of each: how
sharp the answers are, and how far to trust few examples.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.learners.backbone import Params
from metalearn.learners.hooks import Support
from metalearn.learners.init_hooks import class_means


class RidgeInit(nn.Module):
    """The head that ridge regression finds for the support set, as in R2D2.

    The head is fitted to the classes as zeros and ones. It is solved for in the space of drawings, so that the system
    has as many unknowns as there are drawings, however many features there are.

    Parameters
    ----------
    penalty : float
        The penalty on large weights, as a share of the drawings' mean squared length. It is learned, and starts here.

    References
    ----------
    Bertinetto et al. 2019, "Meta-learning with differentiable closed-form solvers" (R2D2), equations 4 to 6.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.RidgeInit(), ml.SGD(0.1), steps=0)
    <Learner: RidgeInit, SGD, 0 steps, no embedder, 102,691 parameters>
    """

    def __init__(self, penalty: float = 0.3) -> None:
        super().__init__()
        self.penalty = penalty
        self.log_penalty = nn.Parameter(torch.tensor(penalty).log())
        self.log_sharpness = nn.Parameter(torch.tensor(2.0))

    def forward(self, support: Support) -> Params:
        """Return ``head_weight`` ``[T, ways, D]`` and ``head_bias`` ``[T, ways]``."""
        middle = support.features.mean(1, keepdim=True)
        centred = support.features - middle
        answers = F.one_hot(support.y, support.ways).to(centred)
        products = centred @ centred.mT
        scale = products.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        identity = torch.eye(products.shape[1]).to(products)
        solved = torch.linalg.solve(
            products + self.log_penalty.exp() * scale * identity, answers - answers.mean(1, True)
        )
        weight = self.log_sharpness.exp() * solved.mT @ centred
        return {"head_weight": weight, "head_bias": -(weight * middle).sum(-1)}


class MahalanobisInit(nn.Module):
    """The head of a prototypical network whose distance counts a feature less, the more it scatters within classes.

    The scatter is that of the task's own support set: what varies among drawings of one class is not what the task asks
    about. So the task itself says what counts, without an embedding. The distance to a class mean, written out, is a
    linear head, as in :class:`PrototypeInit`.

    Parameters
    ----------
    floor : float
        The least scatter that a feature is taken to have, as a share of the mean over features. It is learned, and
        starts here.

    References
    ----------
    Bateni et al. 2020, "Improved few-shot visual classification" (Simple CNAPS), §4, here with a diagonal covariance.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.Learner(ml.Backbone(), ml.MahalanobisInit(), ml.SGD(0.1), steps=0)
    <Learner: MahalanobisInit, SGD, 0 steps, no embedder, 102,691 parameters>
    """

    def __init__(self, floor: float = 0.1) -> None:
        super().__init__()
        self.floor = floor
        self.log_floor = nn.Parameter(torch.tensor(floor).log())
        self.log_sharpness = nn.Parameter(torch.tensor(0.0))

    def forward(self, support: Support) -> Params:
        """Return ``head_weight`` ``[T, ways, D]`` and ``head_bias`` ``[T, ways]``."""
        means = class_means(support.features, support.y, support.ways)
        counts = self._counts(support.features, support.y, means)[:, None]
        return {"head_weight": 2 * counts * means, "head_bias": -(counts * means.square()).sum(-1)}

    def _counts(self, features: Tensor, y: Tensor, means: Tensor) -> Tensor:
        """Return how much each feature counts in each task, ``[T, D]``."""
        own_means = means.take_along_dim(y[..., None], dim=1)
        scatter = (features - own_means).square().mean(1)
        relative = scatter / scatter.mean(1, keepdim=True).clamp_min(1e-12)
        return self.log_sharpness.exp() / (relative + self.log_floor.exp())
