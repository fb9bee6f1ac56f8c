"""An encoder of labelled sets: the task embedding is trained end to end, through whichever hook is told it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.learners.backbone import AnyBackbone
from metalearn.learners.hooks import Support, to_common_length
from metalearn.learners.init_hooks import class_means


class SetEncoder(nn.Module):
    """e_j = ρ(mean of φ(drawing, its class)) over the support set: what the outer loss makes of the labelled drawings.

    The other embeddings are made first, and learners are told them. This one is trained with the learner: the loss on
    the queries reaches it through the hook. φ sees how each drawing differs from its class, and its class from the
    task; that is all a label says here, so neither the order of the drawings nor the numbers of the classes matter.

    Parameters
    ----------
    backbone : AnyBackbone
        The learner's backbone, whose features are encoded.
    size : int
        The length d of a task embedding.
    hidden_size : int
        The width of the hidden layers.
    seed : int
        Of the initial weights.

    References
    ----------
    Zaheer et al. 2017, "Deep sets"; Requeima et al. 2019, "Fast and flexible multi-task classification using
    conditional neural adaptive processes" (CNAPs), §2.2; Vuorio et al. 2019, "Multimodal model-agnostic meta-learning
    via task-aware modulation" (MMAML).

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> init, encoder = ml.WeightedPrototypeInit(backbone, 32), ml.SetEncoder(backbone)
    >>> ml.Learner(backbone, init, ml.SGD(0.1), embedder=encoder, steps=0)
    <Learner: WeightedPrototypeInit, SGD, 0 steps, embedder SetEncoder, 289,921 parameters>
    """

    def __init__(self, backbone: AnyBackbone, size: int = 32, hidden_size: int = 128, seed: int = 0) -> None:
        super().__init__()
        self.size, self.hidden_size = size, hidden_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.of_drawing = nn.Sequential(nn.Linear(2 * backbone.features_size, hidden_size), nn.ReLU())
            self.of_set = nn.Sequential(nn.Linear(hidden_size, hidden_size), nn.ReLU(), nn.Linear(hidden_size, size))

    def encode(self, support: Support) -> Tensor:
        """Return the embedding of each task, ``[T, size]``, of length √size."""
        drawings = torch.cat(differences(support), dim=2)
        return to_common_length(self.of_set(self.of_drawing(drawings).mean(1)))


def differences(support: Support) -> tuple[Tensor, Tensor]:
    """Return by how much each support drawing differs from its class, and its class from the task, ``[T, n, D]`` each.

    They are squared differences of features that have been scaled alike for every drawing (layer normalisation).
    """
    x = F.layer_norm(support.features, support.features.shape[2:])
    own_class = class_means(x, support.y, support.ways).take_along_dim(support.y[..., None], dim=1)
    return (x - own_class).square(), (own_class - x.mean(1, keepdim=True)).square()
