"""Modulate hooks: the task embedding as a query that re-weights parameters, or selects which parts take part."""

import torch
from torch import Tensor, nn

from metalearn.adapt import Support
from metalearn.backbone import Backbone, Params


class _Query(nn.Module):
    """Scaled dot products of a query made from the task embedding with learned keys (Vaswani et al. 2017, eq. 1).

    ``gain`` is how much larger than usual queries and keys start.
    """

    def __init__(self, embedding_size: int, keys: int, key_size: int = 16, gain: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.query = nn.Linear(embedding_size, key_size)
            self.keys = nn.Parameter(gain * torch.randn(keys, key_size))
        self.query.weight.data *= gain

    def forward(self, support: Support) -> Tensor:
        """Return the scores ``[T, keys]``."""
        query = self.query(support.given_embedding().to(self.keys))
        return query @ self.keys.T / self.keys.shape[1] ** 0.5


class ModulationAttention(nn.Module):
    """Attention α(e_j, φ) over a bank of modulations: each moves the scales and shifts of all blocks in its own way.

    The weights are a softmax over the bank, and what they add is the weighted sum (article §3.2 and §4.2, third way;
    modulation of channels after Perez et al. 2018). The bank starts at zero: training begins without modulation. The
    attention starts sharp, so that tasks attend to different entries from the first step on: entries that all tasks
    attend to alike would learn alike.
    """

    def __init__(self, backbone: Backbone, embedding_size: int, bank: int = 8, seed: int = 0) -> None:
        super().__init__()
        start = backbone.initial()
        self.names = backbone.scales_and_shifts
        self.lengths = [start[name].numel() for name in self.names]
        self.query = _Query(embedding_size, bank, gain=3, seed=seed)
        self.bank = nn.Parameter(torch.zeros(bank, sum(self.lengths)))

    def forward(self, support: Support, parameters: Params) -> tuple[Params, Tensor]:
        """Return the modulated parameters and the attention ``[T, bank]``."""
        attention = self.query(support).softmax(1)
        parts = (attention @ self.bank).split(self.lengths, dim=1)
        modulated = {name: parameters[name] + part for name, part in zip(self.names, parts, strict=True)}
        return {**parameters, **modulated}, attention


class GroupSelection(nn.Module):
    """Attention that selects structure: which groups of each block's channels take part in solving the task.

    A group whose score is negative is switched off: its scales and shifts become zero, and nothing comes out of it.
    The choice is hard; the outer gradient passes it as if it were a sigmoid (straight-through, Bengio et al. 2013).
    All groups take part at first.
    """

    def __init__(self, backbone: Backbone, embedding_size: int, groups: int = 8, seed: int = 0) -> None:
        super().__init__()
        self.groups = groups
        self.blocks = backbone.blocks
        self.query = _Query(embedding_size, groups * len(self.blocks), seed=seed)
        self.inclination = nn.Parameter(torch.full((groups * len(self.blocks),), 2.0))
        nn.init.normal_(self.query.keys, std=0.1, generator=torch.Generator().manual_seed(seed))

    def forward(self, support: Support, parameters: Params) -> tuple[Params, Tensor]:
        """Return the parameters of the selected structure, and which groups take part, ``[T, blocks * groups]``."""
        inclined = torch.sigmoid(self.query(support) + self.inclination)
        taking_part = (inclined > 0.5).to(inclined) + (inclined - inclined.detach())
        selected = dict(parameters)
        for i, gates in zip(self.blocks, taking_part.chunk(len(self.blocks), dim=1), strict=True):
            per_channel = gates.repeat_interleave(parameters[f"scale{i}"].shape[-1] // self.groups, dim=1)
            for name in (f"scale{i}", f"shift{i}"):
                selected[name] = parameters[name] * per_channel
        return selected, taking_part
