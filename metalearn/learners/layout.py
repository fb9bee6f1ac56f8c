"""Some of a network's parameters as one vector per task, so that a hook can set or move them all at once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import AnyBackbone, Params


@dataclass(frozen=True)
class Layout:
    """The names and shapes of the parameters, in the order in which they are laid out."""

    shapes: dict[str, torch.Size]

    @classmethod
    def of(cls, backbone: AnyBackbone, names: tuple[str, ...]) -> "Layout":
        """Lay out the named parameters of ``backbone``."""
        start = backbone.initial()
        return cls({name: start[name].shape for name in names})

    @classmethod
    def of_scales_and_shifts(cls, backbone: AnyBackbone) -> "Layout":
        """Lay out the scales and shifts of all channels. Raises MetalearnError for a network that has none."""
        if not backbone.scales_and_shifts:
            raise MetalearnError("this backbone has no scales and shifts to set; use metalearn.Backbone")
        return cls.of(backbone, backbone.scales_and_shifts)

    @property
    def size(self) -> int:
        """The length of the vector."""
        return sum(shape.numel() for shape in self.shapes.values())

    def split(self, vectors: Tensor) -> Params:
        """Cut vectors ``[T, size]`` into the parameters, ``[T, ...]`` each."""
        parts = vectors.split([shape.numel() for shape in self.shapes.values()], dim=1)
        return {name: part.reshape(-1, *shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def add(self, parameters: Params, vectors: Tensor) -> Params:
        """Return all ``parameters`` with vectors ``[T, size]`` added to those that are laid out."""
        return {**parameters, **{name: parameters[name] + part for name, part in self.split(vectors).items()}}
