"""Distorted copies of drawings: what another hand, pen or moment might have made of them."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.data import SIZE
from metalearn.tasks import TaskBatch
from metalearn.train import Sampler


def distort(pictures: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Return each picture of ``[n, 1, 28, 28]`` under an affine and a smooth elastic distortion of its own.

    At strength 1: turned by up to 15 degrees, stretched by up to a fifth along either axis, slanted by up to a
    quarter, moved by up to two pixels, and every part of it by a smooth field of about one pixel more (Simard et al.
    2003, "Best practices for convolutional neural networks").
    """
    count = len(pictures)

    def uniform(*shape: int) -> Tensor:
        return strength * (2 * torch.rand(*shape, generator=generator) - 1)

    angle, slant = 0.26 * uniform(count), 0.25 * uniform(count)
    stretch = 1 + 0.2 * uniform(count, 2)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros(count)
    turn = torch.stack([cos, -sin, sin, cos], dim=1).unflatten(1, (2, 2))
    shape = torch.stack([stretch[:, 0], slant, zero, stretch[:, 1]], dim=1).unflatten(1, (2, 2))
    affine = torch.cat([turn @ shape, 0.15 * uniform(count, 2, 1)], dim=2)
    bend = strength * 0.07 * torch.randn(count, 2, 5, 5, generator=generator)
    bend = F.interpolate(bend, size=(SIZE, SIZE), mode="bicubic", align_corners=True)
    grid = F.affine_grid(affine, [count, 1, SIZE, SIZE], align_corners=False) + bend.movedim(1, 3)
    return F.grid_sample(pictures, grid.to(pictures), align_corners=False)


@dataclass(frozen=True)
class Distorted:
    """A sampler's batches with half of the tasks mirrored as a whole, and every drawing distorted by itself.

    A mirrored character is a new one. Still, a batch is a pure function of the sampler, the seed and its number.
    """

    sampler: Sampler
    seed: int = 0

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index`` of the sampler, distorted."""
        batch = self.sampler.batch(index)
        generator = torch.Generator().manual_seed(self.seed + 7919 * index)
        mirrored = torch.rand(len(batch), 1, 1, 1, 1, generator=generator) < 0.5

        def seen(x: Tensor) -> Tensor:
            return distort(torch.where(mirrored, x.flip(-1), x).flatten(0, 1), generator).view_as(x)

        support_x, query_x = seen(batch.support_x), seen(batch.query_x)
        return replace(batch, support_x=support_x, query_x=query_x)
