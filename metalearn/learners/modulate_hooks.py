"""Modulate hooks: what re-weights the network before it is used, or selects which of its parts take part."""

import torch
from torch import Tensor, nn

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import MASK, AnyBackbone, Backbone, Params
from metalearn.learners.hooks import Support
from metalearn.learners.layout import Layout

KEY_SIZE = 16


class _Query(nn.Module):
    """Scaled dot products of learned keys with a query, made from the task embedding (Vaswani et al. 2017, equation 1).

    Queries and keys start ``gain`` times as large as usual.
    """

    def __init__(self, embedding_size: int, keys: int, gain: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        self.embedding_size = embedding_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.query = nn.Linear(embedding_size, KEY_SIZE)
            self.keys = nn.Parameter(gain * torch.randn(keys, KEY_SIZE))
        self.query.weight.data *= gain

    def forward(self, support: Support) -> Tensor:
        """Return the scores ``[T, keys]``."""
        query = self.query(support.given_embedding(self.embedding_size).to(self.keys))
        return query @ self.keys.T / self.keys.shape[1] ** 0.5


class ModulationAttention(nn.Module):
    """Attention α(e_j, φ) over a bank of modulations: the task embedding decides how scales and shifts move.

    Each entry of the bank moves the scales and shifts of all blocks in its own way. The attention is a softmax over the
    entries, and what is added is the weighted sum. The bank starts at zero, so training begins without modulation. The
    attention starts sharp, so that different tasks attend to different entries from the first step on; entries that all
    tasks attend to alike would all learn the same.

    Parameters
    ----------
    backbone : Backbone
        The learner's backbone; it needs scales and shifts.
    embedding_size : int
        The length d of a task embedding.
    entries : int
        How many modulations the bank holds.
    seed : int
        Of the initial queries and keys.

    Raises
    ------
    MetalearnError
        For a backbone without scales and shifts.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need"; Perez et al. 2018, "FiLM"; article §3.2 and §4.2, third way.

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> attention = ml.ModulationAttention(backbone, embedding_size=32)
    >>> embedder = ml.load_embedder("episodes", "lake")
    >>> ml.Learner(backbone, ml.PrototypeInit(), ml.SGD(0.1), attention, embedder, steps=0)
    <Learner: PrototypeInit, SGD, ModulationAttention, 0 steps, embedder Pipeline, 107,441 parameters>
    """

    def __init__(self, backbone: AnyBackbone, embedding_size: int, entries: int = 8, seed: int = 0) -> None:
        super().__init__()
        self.embedding_size, self.entries = embedding_size, entries
        self.layout = Layout.of_scales_and_shifts(backbone)
        self.query = _Query(embedding_size, entries, gain=3, seed=seed)
        self.bank = nn.Parameter(torch.zeros(entries, self.layout.size))

    def forward(self, support: Support, parameters: Params) -> tuple[Params, Tensor]:
        """Return the modulated parameters and the attention ``[T, entries]``."""
        attention = self.query(support).softmax(1)
        return self.layout.add(parameters, attention @ self.bank), attention


class PlaceAttention(nn.Module):
    """Attention over places: the task embedding decides where on the images to look.

    The images are divided into ``side`` times ``side`` places. The attention is a softmax over them. The place with the
    highest weight is shown as it is, and the others as much dimmer as their weight is lower. At first all places are
    shown almost alike.

    Parameters
    ----------
    embedding_size : int
        The length d of a task embedding.
    side : int
        Into how many rows, and as many columns, images are divided.
    seed : int
        Of the initial queries and keys.

    Raises
    ------
    MetalearnError
        When it is used with another network than :class:`Backbone`, which would not apply the mask.

    References
    ----------
    Xu et al. 2015, "Show, attend and tell" (attention over places of an image); article §3.2 and §4.2, third way.

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone, embedder = ml.Backbone(), ml.load_embedder("episodes", "lake")
    >>> ml.Learner(backbone, ml.PrototypeInit(), ml.SGD(0.1), ml.PlaceAttention(32, side=2), embedder, steps=0)
    <Learner: PrototypeInit, SGD, PlaceAttention, 0 steps, embedder Pipeline, 103,281 parameters>
    """

    def __init__(self, embedding_size: int, side: int, seed: int = 0) -> None:
        super().__init__()
        self.embedding_size, self.side = embedding_size, side
        self.query = _Query(embedding_size, side * side, seed=seed)
        nn.init.normal_(self.query.keys, std=0.1, generator=torch.Generator().manual_seed(seed))

    def forward(self, support: Support, parameters: Params) -> tuple[Params, Tensor]:
        """Return the parameters with a mask beside them, and the attention ``[T, side * side]``."""
        if not isinstance(support.backbone, Backbone):
            raise MetalearnError("attention over places needs metalearn.Backbone, which dims parts of images")
        attention = self.query(support).softmax(1)
        mask = (attention / attention.amax(1, keepdim=True)).unflatten(1, (self.side, self.side))
        return {**parameters, MASK: mask}, attention


class GroupSelection(nn.Module):
    """Attention that selects structure: the task embedding decides which channels of each block take part.

    Channels come in groups. A group whose score is negative is switched off: its scales and shifts become zero, and
    nothing comes out of it. That choice has no gradient, so the outer gradient takes it for a sigmoid (the
    straight-through estimator). At first all groups take part.

    Parameters
    ----------
    backbone : Backbone
        The learner's backbone.
    embedding_size : int
        The length d of a task embedding.
    groups : int
        Into how many groups the channels of a block are divided. It divides all widths.
    seed : int
        Of the initial queries and keys.

    References
    ----------
    Bengio, Léonard and Courville 2013, "Estimating or propagating gradients through stochastic neurons".

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> selection = ml.GroupSelection(backbone, embedding_size=32)
    >>> embedder = ml.load_embedder("episodes", "lake")
    >>> ml.Learner(backbone, ml.PrototypeInit(), ml.SGD(0.1), selection, embedder, steps=0)
    <Learner: PrototypeInit, SGD, GroupSelection, 0 steps, embedder Pipeline, 103,761 parameters>
    """

    def __init__(self, backbone: Backbone, embedding_size: int, groups: int = 8, seed: int = 0) -> None:
        super().__init__()
        self.embedding_size, self.groups = embedding_size, groups
        self.blocks = backbone.blocks
        self.query = _Query(embedding_size, groups * len(self.blocks), seed=seed)
        self.inclination = nn.Parameter(torch.full((groups * len(self.blocks),), 2.0))  # positive: all on at first
        nn.init.normal_(self.query.keys, std=0.1, generator=torch.Generator().manual_seed(seed))

    def forward(self, support: Support, parameters: Params) -> tuple[Params, Tensor]:
        """Return the parameters, zero for groups that are off, and which groups take part, ``[T, blocks * groups]``."""
        probability = torch.sigmoid(self.query(support) + self.inclination)
        # The bracket is zero, but its gradient is the sigmoid's: hard gates forward, soft ones backward.
        taking_part = (probability > 0.5).to(probability) + (probability - probability.detach())
        selected = dict(parameters)
        for i, gates in zip(self.blocks, taking_part.chunk(len(self.blocks), dim=1), strict=True):
            per_channel = gates.repeat_interleave(parameters[f"scale{i}"].shape[-1] // self.groups, dim=1)
            for name in (f"scale{i}", f"shift{i}"):
                selected[name] = parameters[name] * per_channel
        return selected, taking_part


class ContextModulation(nn.Module):
    """The scales and shifts of all blocks move linearly with the task's context, which :class:`ContextInit` starts.

    Parameters
    ----------
    backbone : Backbone
        The learner's backbone; it needs scales and shifts.
    size : int
        How many numbers the context has.
    seed : int
        Of the initial weights of the linear map.

    Raises
    ------
    MetalearnError
        For a backbone without scales and shifts.

    References
    ----------
    Zintgraf et al. 2019, "Fast context adaptation via meta-learning" (CAVIA), §3.3; Perez et al. 2018, "FiLM".

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.ContextModulation(ml.Backbone(), size=64).weight.shape
    torch.Size([64, 512])
    """

    def __init__(self, backbone: AnyBackbone, size: int, seed: int = 0) -> None:
        super().__init__()
        self.size = size
        self.layout = Layout.of_scales_and_shifts(backbone)
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(size, self.layout.size, generator=generator) / size**0.5)

    def forward(self, support: Support, parameters: Params) -> tuple[Params, None]:
        """Return the modulated parameters, without attention; where there is no context, nothing is changed."""
        if "context" not in parameters:
            return parameters, None
        return self.layout.add(parameters, parameters["context"] @ self.weight), None
