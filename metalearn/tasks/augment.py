"""Distorted copies of drawings, as another hand or another moment might have drawn them."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.tasks.sampler import Sampler
from metalearn.tasks.task_batch import TaskBatch


def displacements(count: int, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Draw ``count`` random distortions, each an affine and a smooth elastic one together: ``[count, 28, 28, 2]``.

    A distortion says for each pixel how far away it takes its ink from, in half widths of an image. At strength 1 an
    image is turned by up to 15 degrees, stretched by up to a fifth along either axis, slanted by up to a quarter and
    moved by up to two pixels; then a smooth field moves every part of it by about one pixel more (Simard et al. 2003,
    "Best practices for convolutional neural networks").
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
    bend = F.interpolate(bend, size=(IMAGE_SIZE, IMAGE_SIZE), mode="bicubic", align_corners=True)
    return (
        F.affine_grid(affine, [count, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)
        - _pixel_grid()
        + bend.movedim(1, 3)
    )


def displace(pictures: Tensor, displacement: Tensor) -> Tensor:
    """Return images ``[n, 1, 28, 28]`` in which every pixel's ink comes from where ``displacement`` says."""
    return F.grid_sample(pictures, (_pixel_grid() + displacement).to(pictures), align_corners=False)


def _pixel_grid() -> Tensor:
    """Return where each pixel is, ``[1, 28, 28, 2]``."""
    return F.affine_grid(torch.eye(2, 3)[None], [1, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)


@dataclass(frozen=True)
class Distorted:
    """A sampler's batches, distorted: half of the tasks are mirrored, every class is distorted, then every drawing.

    A mirrored character is a new character, and so is one whose drawings are all distorted alike: a learner meets far
    more characters than there are. A batch is still the same every time, as for any sampler.

    Parameters
    ----------
    sampler : Sampler
        What the batches come from.
    seed : int
        Another seed gives other distortions.
    """

    sampler: Sampler
    seed: int = 0

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index`` of the sampler, distorted."""
        batch = self.sampler.batch(index)
        generator = torch.Generator().manual_seed(self.seed + 7919 * index)
        mirrored = torch.rand(len(batch), 1, 1, 1, 1, generator=generator) < 0.5
        classes = (len(batch), batch.ways)
        by_class = displacements(math.prod(classes), generator, strength=0.6).unflatten(0, classes)

        def distorted(x: Tensor, y: Tensor) -> Tensor:
            class_part = by_class[torch.arange(len(batch))[:, None], y].flatten(0, 1)
            own_part = displacements(y.numel(), generator)
            return displace(torch.where(mirrored, x.flip(-1), x).flatten(0, 1), class_part + own_part).view_as(x)

        support_x, query_x = distorted(batch.support_x, batch.support_y), distorted(batch.query_x, batch.query_y)
        return replace(batch, support_x=support_x, query_x=query_x)
