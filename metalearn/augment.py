"""Distorted copies of drawings: what another hand, pen or moment might have made of them."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.data import SIZE
from metalearn.tasks import TaskBatch
from metalearn.train import Sampler


def distort(pictures: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Return each picture of ``[n, 1, 28, 28]`` under a distortion of its own."""
    return moved(pictures, displacements(len(pictures), generator, strength))


def displacements(count: int, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Draw ``count`` distortions, an affine and a smooth elastic one together: ``[count, 28, 28, 2]``.

    They say how far from its own place each pixel takes its ink, in half widths of a picture. At strength 1 a picture
    is turned by up to 15 degrees, stretched by up to a fifth along either axis, slanted by up to a quarter, moved by up
    to two pixels, and every part of it by a smooth field of about one pixel more (Simard et al. 2003, "Best practices
    for convolutional neural networks").
    """

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
    return F.affine_grid(affine, [count, 1, SIZE, SIZE], align_corners=False) - _places() + bend.movedim(1, 3)


def moved(pictures: Tensor, displacement: Tensor) -> Tensor:
    """Return pictures ``[n, 1, 28, 28]`` with every pixel's ink taken from where ``displacement`` says."""
    return F.grid_sample(pictures, (_places() + displacement).to(pictures), align_corners=False)


def _places() -> Tensor:
    """Return where each pixel is, ``[1, 28, 28, 2]``."""
    return F.affine_grid(torch.eye(2, 3)[None], [1, 1, SIZE, SIZE], align_corners=False)


@dataclass(frozen=True)
class Distorted:
    """A sampler's batches with half of the tasks mirrored, every class distorted, and every drawing by itself.

    A mirrored character is a new one, and so is a distorted one where all its drawings are distorted alike: the
    learner meets far more characters than there are. Still, a batch is a pure function of the sampler, the seed and
    its number.
    """

    sampler: Sampler
    seed: int = 0

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index`` of the sampler, distorted."""
        batch = self.sampler.batch(index)
        generator = torch.Generator().manual_seed(self.seed + 7919 * index)
        mirrored = torch.rand(len(batch), 1, 1, 1, 1, generator=generator) < 0.5
        classes = (len(batch), batch.ways)
        of_class = displacements(math.prod(classes), generator, strength=0.6).unflatten(0, classes)

        def seen(x: Tensor, y: Tensor) -> Tensor:
            as_class = of_class[torch.arange(len(batch))[:, None], y].flatten(0, 1)
            own = displacements(y.numel(), generator)
            return moved(torch.where(mirrored, x.flip(-1), x).flatten(0, 1), as_class + own).view_as(x)

        support_x, query_x = seen(batch.support_x, batch.support_y), seen(batch.query_x, batch.query_y)
        return replace(batch, support_x=support_x, query_x=query_x)
