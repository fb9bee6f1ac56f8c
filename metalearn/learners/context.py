"""CAVIA: the task's own parameters are a short context vector, which modulates a network that stays the same."""

import torch
from torch import Tensor, nn

from metalearn.adapt import Init, Support
from metalearn.backbone import Backbone, Params


class ContextInit(nn.Module):
    """Every task starts from an empty context (Zintgraf et al. 2019, algorithm 1) and from what ``head`` gives.

    Their head is shared and its outputs have an order. Here the head adapts too, and starts from one vector for all
    classes or from prototypes, so that the context does not depend on which class is called what.
    """

    def __init__(self, size: int, head: Init) -> None:
        super().__init__()
        self.size = size
        self.head = head

    def forward(self, support: Support) -> Params:
        """Return ``context`` ``[T, size]``, all zero, and the head's parameters."""
        return {"context": support.x.new_zeros(len(support.x), self.size), **self.head(support)}


class ContextModulation(nn.Module):
    """The scales and shifts of all blocks move linearly with the task's context (their §3.3, after Perez et al.)."""

    def __init__(self, backbone: Backbone, size: int, seed: int = 0) -> None:
        super().__init__()
        start = backbone.initial()
        self.names = backbone.scales_and_shifts
        self.lengths = [start[name].numel() for name in self.names]
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(size, sum(self.lengths), generator=generator) / size**0.5)

    def forward(self, support: Support, parameters: Params) -> tuple[Params, Tensor | None]:
        """Return the modulated parameters and the context ``[T, size]``; before a task has one, nothing is changed."""
        if "context" not in parameters:
            return parameters, None
        parts = (parameters["context"] @ self.weight).split(self.lengths, dim=1)
        modulated = {name: parameters[name] + part for name, part in zip(self.names, parts, strict=True)}
        return {**parameters, **modulated}, parameters["context"]
