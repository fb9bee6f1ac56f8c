"""The prototypical network as an init hook: the head starts where the class means put it."""

import torch
import torch.nn.functional as F
from torch import nn

from metalearn.adapt import Support
from metalearn.backbone import Params


class PrototypeInit(nn.Module):
    """Prototypical network (Snell et al. 2017), written as a linear head and therefore no special case.

    ``-|h - c|^2`` equals ``2 c·h - |c|^2`` up to a term that all classes share (their §2.4), so the squared distance
    to class means c is a head with weights ``2 c`` and biases ``-|c|^2``. With zero inner steps this is the
    prototypical network; with more, and ``adapted`` parameters of the body beside the head, it is ProtoMAML
    (Triantafillou et al. 2020, §3.3).
    """

    def __init__(self, adapted: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.adapted = adapted

    def forward(self, support: Support) -> Params:
        """Return ``head_weight`` ``[T, ways, D]``, ``head_bias`` ``[T, ways]`` and the adapted parameters' start."""
        member = F.one_hot(support.y, support.ways).to(support.features)
        means = torch.bmm(member.mT, support.features) / member.sum(1)[..., None]
        body = support.backbone.for_tasks(support.parameters, self.adapted, len(support.x), support.ways)
        return {**body, "head_weight": 2 * means, "head_bias": -means.square().sum(-1)}
