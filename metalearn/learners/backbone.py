"""The base model: a small convolutional network, written as a function of its parameters.

A module of PyTorch keeps its parameters to itself. Here they are handed in with every call, because the inner loop
replaces them at each step and the outer loop differentiates through those replacements. A parameter comes in one of two
forms, and the network takes whichever it is given:

* *shared*, in its plain shape: one for all tasks, so that a whole batch of tasks goes through one convolution call;
* as a *task parameter*, with a leading task dimension: every task has its own.

Which parameters become task parameters is what tells methods apart: the head alone in ANIL; head, scales and shifts in
feature-wise modulation; all of them in MAML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.learners.convolution import convolve

Params = dict[str, Tensor]

HEAD = ("head_weight", "head_bias")
"""The names of the head's parameters. Every learner makes at least these its tasks' own."""

MASK = "mask"
"""The name of the parameter with which a hook dims parts of the images; it is no part of a network."""

# On a CPU, tasks with more images than this run one at a time: grouped convolutions are slower there.
GROUPED_UP_TO = 24
# A CPU takes this many images at a time: with more, the maps between the layers no longer fit into its caches, and
# everything takes twice as long.
IMAGES_AT_ONCE = 250


def device_of(parameters: Params) -> torch.device:
    """Return where parameters are."""
    return next(iter(parameters.values())).device


class AnyBackbone(Protocol):
    """What the inner loop needs of a network. :class:`Backbone` has it; a learner gives it to a network of your own.

    Attributes
    ----------
    features_size : int
        The length of a feature vector.
    body : tuple of str
        The names of all parameters up to the features.
    scales_and_shifts : tuple of str
        The names in ``body`` that rescale and shift channels; empty where there are none.
    transductive : bool
        Whether the answer to one query depends on the other queries.
    """

    @property
    def features_size(self) -> int: ...  # noqa: D102

    @property
    def body(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def scales_and_shifts(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def transductive(self) -> bool: ...  # noqa: D102

    def initial(self, seed: int = 0) -> Params:
        """Return the shared parameters to begin with, among them ``head_weight`` ``[D]`` and ``head_bias`` ``[]``."""
        ...

    def for_tasks(self, parameters: Params, names: tuple[str, ...], tasks: int, ways: int) -> Params:
        """Give the named shared parameters a leading task dimension; the head also gets one row per class."""
        ...

    def features(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the features ``[tasks, n, features_size]`` of images ``[tasks, n, 1, 28, 28]``."""
        ...

    def classify(self, parameters: Params, features: Tensor) -> Tensor:
        """Return the logits ``[tasks, n, ways]`` of features."""
        ...


class LinearHead:
    """The last layer of every backbone: one linear map from features to classes.

    What is shared is a single vector, from which the rows of all classes start (Ye and Chao 2022, "UNICORN-MAML"). So a
    head fits any number of ways, and the order of the classes cannot matter.
    """

    def for_tasks(self, parameters: Params, names: tuple[str, ...], tasks: int, ways: int) -> Params:
        """Give the named shared parameters a leading task dimension; the head also gets one row per class.

        What is returned are views: no memory is taken until a task changes its own.
        """
        return {
            name: parameters[name].expand(*((tasks, ways) if name in HEAD else (tasks,)), *parameters[name].shape)
            for name in names
        }

    def classify(self, parameters: Params, features: Tensor) -> Tensor:
        """Return the logits ``[tasks, n, ways]`` of features, by a head that is a task parameter."""
        return torch.baddbmm(parameters["head_bias"][:, None], features, parameters["head_weight"].mT)


@dataclass(frozen=True)
class Backbone(LinearHead):
    """Blocks of 3x3 convolution, normalisation, scale and shift, and ReLU; then a linear head.

    The channels grow as the image shrinks. At the same cost as MAML's network (four blocks of 64 channels, all with
    strides) this one learns twice as fast.

    Parameters
    ----------
    widths : tuple of int
        The channels of each block; there are as many blocks as numbers.
    groups : int
        Into how many groups the channels of a block are divided for normalisation. It divides all widths.
    transductive : bool
        By default each image is normalised by itself (group normalisation), so that a prediction depends on that image
        and the parameters alone. True normalises over all images of a task that are classified together, as MAML's
        published code does. Predictions on the query set then depend on one another, which must be reported.
    pools : tuple of int
        The blocks, counted from 1, that end in 2x2 max-pooling.
    strided : tuple of int
        The blocks, counted from 1, whose convolution has a stride of 2.
    copies : int
        How many such networks stand side by side. They see the same images and share nothing else; their features are
        put one after the other. ``widths`` and ``groups`` are those of one copy.

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers" (how the convolutions start); Wu and He 2018, "Group normalization".

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").train, batch_size=4).batch(0)
    >>> backbone = ml.Backbone()
    >>> backbone.features(backbone.initial(), batch.support_x).shape
    torch.Size([4, 5, 512])
    """

    widths: tuple[int, ...] = (32, 32, 64, 128)
    groups: int = 8
    transductive: bool = False
    pools: tuple[int, ...] = (2, 3, 4)
    strided: tuple[int, ...] = (1,)
    copies: int = 1

    @property
    def features_size(self) -> int:
        """The length of a feature vector."""
        side = IMAGE_SIZE
        for i in self.blocks:
            for _ in range((i in self.strided) + (i in self.pools)):
                side = (side + 1) // 2
        return self.copies * self.widths[-1] * side * side

    @property
    def blocks(self) -> range:
        """The numbers of the blocks, from 1."""
        return range(1, len(self.widths) + 1)

    @property
    def scales_and_shifts(self) -> tuple[str, ...]:
        """Names of the per-channel scales and shifts."""
        return tuple(f"{kind}{i}" for i in self.blocks for kind in ("scale", "shift"))

    @property
    def body(self) -> tuple[str, ...]:
        """Names of all parameters up to the features."""
        return tuple(f"conv{i}" for i in self.blocks) + self.scales_and_shifts

    def initial(self, seed: int = 0) -> Params:
        """Return freshly initialised shared parameters (He et al. 2015 for the convolutions)."""
        generator = torch.Generator().manual_seed(seed)
        parameters: Params = {}
        channels = 1
        for i, width in zip(self.blocks, self.widths, strict=True):
            deviation = (2 / (9 * channels)) ** 0.5
            all_copies = self.copies * width
            parameters[f"conv{i}"] = deviation * torch.randn(all_copies, channels, 3, 3, generator=generator)
            parameters[f"scale{i}"] = torch.ones(all_copies)
            parameters[f"shift{i}"] = torch.zeros(all_copies)
            channels = width
        parameters["head_weight"] = torch.zeros(self.features_size)
        parameters["head_bias"] = torch.zeros(())
        return parameters

    def features(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the features ``[tasks, n, features_size]`` of images ``[tasks, n, 1, 28, 28]``.

        They are scaled by 8 / sqrt(features_size). Their length then does not grow with their number, and one inner
        step size suits networks of any width. Where a hook adds a parameter ``mask`` ``[tasks, rows, columns]``, each
        image is divided into so many rows and columns, and each part is multiplied by its number in the mask.
        """
        tasks, count = x.shape[:2]
        if MASK in parameters:
            x = x * _over_images(parameters[MASK], x.shape[-1])[:, None, None]
        # A task parameter has one dimension more than a shared one.
        per_task = {name for name in self.body if parameters[name].ndim == (5 if name.startswith("conv") else 2)}
        if all(f"conv{i}" in per_task for i in self.blocks):
            return self._scaled(self._run_separate(parameters, per_task, x))
        if not per_task and not self.transductive:
            x = x.flatten(0, 1)[:, None]  # all images are treated alike, so it does not matter whose they are
        if not per_task and torch.compiler.is_compiling():  # to be run elsewhere, on any number of images
            return self._scaled(self._run_shared(parameters, x).unflatten(0, (tasks, -1)))
        chunk = max(1, IMAGES_AT_ONCE // max(1, x.shape[1]) if _on_cpu(x) else len(x))
        chunks = {name: parameters[name].split(chunk) for name in per_task}
        parts = [
            self._run_shared({**parameters, **{name: pieces[k] for name, pieces in chunks.items()}}, images)
            for k, images in enumerate(x.split(chunk))
        ]
        return self._scaled(torch.cat(parts).unflatten(0, (tasks, count)))

    def _scaled(self, maps: Tensor) -> Tensor:
        return (8 / self.features_size**0.5) * maps.flatten(2)

    def _run_shared(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the last maps ``[tasks * n, channels, h, w]`` where tasks share some convolutions or all of them."""
        tasks = x.shape[0]  # not len(x), which an export would write down as a constant
        # Channels last in memory, where CPUs convolve fastest. contiguous(memory_format=...) would not move them: it
        # takes an image of one channel to lie right already.
        h = x.flatten(0, 2)[..., None].movedim(-1, 1)
        for i in self.blocks:
            h = _convolve(h, parameters[f"conv{i}"], tasks, self._stride(i), self._input_groups(i))
            h = self._pooled(i, F.relu_(self._normalise(h, parameters[f"scale{i}"], parameters[f"shift{i}"], tasks)))
        return h

    def _run_separate(self, parameters: Params, per_task: set[str], x: Tensor) -> Tensor:
        """Return the last maps ``[tasks, n, channels, h, w]`` where every task has its own convolutions."""
        tasks, count = x.shape[:2]
        networks = {
            name: parameters[name] if name in per_task else parameters[name].expand(tasks, -1) for name in self.body
        }
        if count <= GROUPED_UP_TO or not _on_cpu(x):
            return self._run_grouped(networks, x)
        # unbind, not p[t]: the gradient of an index is as large as the whole of p, once for each task.
        by_task = zip(*(p.unbind() for p in networks.values()), strict=True)
        task_networks = (dict(zip(networks, values, strict=True)) for values in by_task)
        return torch.stack([self._run_shared(network, x[t : t + 1]) for t, network in enumerate(task_networks)])

    def _run_grouped(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the last maps ``[tasks, n, channels, h, w]`` where every parameter is a task parameter.

        The tasks' networks become one wide network whose channels come in groups, one group for each task. Groups never
        mix. An input of this network is one image of every task, laid in its channels.
        """
        tasks = len(x)
        h = x[:, :, 0].transpose(0, 1)
        for i in self.blocks:
            scale, shift = parameters[f"scale{i}"].flatten(), parameters[f"shift{i}"].flatten()
            h = convolve(h, parameters[f"conv{i}"], self._stride(i), self._input_groups(i))
            if self.transductive:
                h = F.batch_norm(h, None, None, scale, shift, training=True)
            else:
                h = F.group_norm(h, tasks * self._normal_groups, scale, shift)
            h = self._pooled(i, F.relu_(h))
        return h.unflatten(1, (tasks, -1)).transpose(0, 1)

    def _stride(self, block: int) -> int:
        return 2 if block in self.strided else 1

    def _input_groups(self, block: int) -> int:
        """Return how many separate inputs a block has: one per copy, but the first block sees the one image."""
        return 1 if block == 1 else self.copies

    @property
    def _normal_groups(self) -> int:
        return self.copies * self.groups

    def _pooled(self, block: int, h: Tensor) -> Tensor:
        return F.max_pool2d(h, 2, ceil_mode=True) if block in self.pools else h

    def _normalise(self, h: Tensor, scale: Tensor, shift: Tensor, tasks: int) -> Tensor:
        if not self.transductive:
            # On a CPU, PyTorch up to 2.8 crashes in the gradient of a scale alone, where what it scales needs none.
            alone = scale.requires_grad and not h.requires_grad and torch.is_grad_enabled()
            if scale.ndim == shift.ndim == 1 and not alone:
                # The same numbers in one operation instead of two, which also halves the work of the backward pass.
                return F.group_norm(h, self._normal_groups, scale, shift)
            return _scale_and_shift(F.group_norm(h, self._normal_groups), scale, shift, tasks)
        per_task = h.unflatten(0, (tasks, -1))  # statistics over the images of a task, never over several tasks
        variance, mean = torch.var_mean(per_task, dim=(1, 3, 4), keepdim=True, correction=0)
        normal = ((per_task - mean) * torch.rsqrt(variance + 1e-5)).flatten(0, 1)
        return _scale_and_shift(normal, scale, shift, tasks)


def side_by_side(networks: Sequence[Params]) -> Params:
    """Join the parameters of several networks of one shape into those of one backbone with as many ``copies``.

    Only the head of the first is kept, so join networks whose heads are untrained.
    """
    together = {name: torch.cat([p[name] for p in networks]) for name in networks[0] if name != "head_bias"}
    return {**together, "head_bias": networks[0]["head_bias"]}


def _on_cpu(x: Tensor) -> bool:
    """Whether time goes into arithmetic and memory; on an accelerator it goes into the number of calls."""
    return x.device.type == "cpu"


def _over_images(mask: Tensor, size: int) -> Tensor:
    """Lay a mask ``[tasks, rows, columns]`` over images: ``[tasks, size, size]``."""
    rows, columns = (torch.arange(size, device=mask.device) * cells // size for cells in mask.shape[1:])
    return mask[:, rows[:, None], columns]


def _convolve(h: Tensor, weight: Tensor, tasks: int, stride: int, groups: int) -> Tensor:
    """Convolve with one weight for all tasks, or with one weight per task."""
    if weight.ndim == 4:
        return F.conv2d(h, weight, stride=stride, padding=1, groups=groups)
    by_task = h.unflatten(0, (tasks, -1))
    if by_task.shape[1] > GROUPED_UP_TO and _on_cpu(h):
        pairs = zip(by_task, weight, strict=True)
        return torch.cat(
            [
                F.conv2d(task_maps, task_weight, stride=stride, padding=1, groups=groups)
                for task_maps, task_weight in pairs
            ]
        )
    channels = by_task.transpose(0, 1).flatten(1, 2)
    convolved = convolve(channels, weight, stride, groups)
    return convolved.unflatten(1, (tasks, -1)).transpose(0, 1).flatten(0, 1)


def _scale_and_shift(h: Tensor, scale: Tensor, shift: Tensor, tasks: int) -> Tensor:
    """Scale and shift every channel: by ``[channels]`` for all tasks, or by ``[tasks, channels]``."""
    count = len(h) // tasks
    scale, shift = (p[:, None].expand(-1, count, -1).flatten(0, 1) if p.ndim == 2 else p[None] for p in (scale, shift))
    return torch.addcmul(shift[..., None, None], h, scale[..., None, None])
