"""The prototypical network as an init hook: the head starts where the class means put it."""

import torch
import torch.nn.functional as F
from torch import nn

from metalearn.adapt import Support
from metalearn.backbone import Params


class PrototypeInit(nn.Module):
    """Prototypical network (Snell et al. 2017), written as a linear head and therefore no special case.

    -|h - c|^2 equals 2 c·h - |c|^2 up to a term that all classes share (their §2.4), so the squared distance to class
    means c is a head with weights 2 c and biases -|c|^2. With zero inner steps this is the prototypical network; with
    more it is where ProtoMAML starts (Triantafillou et al. 2020).
    """

    def forward(self, support: Support) -> Params:
        """Return ``head_weight`` ``[T, ways, D]`` and ``head_bias`` ``[T, ways]`` of each task."""
        member = F.one_hot(support.y, support.ways).to(support.features)
        means = torch.bmm(member.mT, support.features) / member.sum(1)[..., None]
        return {"head_weight": 2 * means, "head_bias": -means.square().sum(-1)}
