"""The base model: a small convolutional network, written as a function of its parameters.

Every parameter may come in one of two forms, and the network takes whichever it is given:

* *shared*, in its plain shape: one for all tasks, so that a whole batch of tasks goes through one convolution call;
* as a *task parameter*, with a leading task dimension: task ``t`` has its own.

Which parameters a learner turns into task parameters is what tells ANIL (the head), feature-wise modulation (the head
and the scales and shifts) and full MAML (all of them) apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from metalearn.data import SIZE

Params = dict[str, Tensor]

HEAD = ("head_weight", "head_bias")
# Pictures a task above which tasks with convolutions of their own are convolved one after the other: calls are then
# large enough by themselves, and grouped convolutions are slow (measured on CPUs; metalearn benchmark).
MANY = 24
# Pictures that go through a network at a time on a CPU: with more, what becomes of them no longer fits into its caches,
# and takes twice as long.
AT_ONCE = 250


@dataclass(frozen=True)
class Backbone:
    """Blocks of 3x3 convolution, normalisation, scale and shift, and ReLU; then a linear head.

    One block for each of ``widths``. Those numbered in ``strided``, the first, halve the picture by their stride, those
    in ``pools`` by 2x2 max-pooling, and the channels grow as the picture shrinks: at the same cost as four blocks of 64
    with strides it learns twice as fast.

    By default each picture is normalised by itself (group normalisation, Wu and He 2018), so that a prediction depends
    on that picture and the parameters alone. ``transductive=True`` normalises with the statistics of all pictures of
    the task that are classified together, as MAML's published code does: predictions on the query set then depend on
    one another, which must be reported.

    With ``copies``, so many such networks stand side by side and share nothing but what they see; the features of all
    are the features. ``widths`` and ``groups`` are those of each.

    The head starts from one vector for all classes (Ye and Chao 2022, "UNICORN-MAML"), so that it fits any number of
    ways and the order of the classes cannot matter.
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
        side = SIZE
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

    def for_tasks(self, parameters: Params, names: tuple[str, ...], tasks: int, ways: int) -> Params:
        """Give the named shared parameters a leading task dimension (views, no copies); a head also its ways."""
        return {
            name: parameters[name].expand(*((tasks, ways) if name in HEAD else (tasks,)), *parameters[name].shape)
            for name in names
        }

    def features(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the features ``[tasks, n, features_size]`` of pictures ``[tasks, n, 1, 28, 28]``.

        They are scaled by 8 / sqrt(features_size): 64 times the mean square is their squared length, whatever their
        number, so that one inner step size suits networks of any width.
        """
        tasks, count = x.shape[:2]
        own = {name for name in self.body if parameters[name].ndim == (5 if name.startswith("conv") else 2)}
        if all(f"conv{i}" in own for i in self.blocks):
            return self._scaled(self._apart(parameters, own, x))
        if not own and not self.transductive:
            x = x.flatten(0, 1)[:, None]  # whose picture it is makes no difference
        at_once = max(1, len(x) if x.is_cuda else AT_ONCE // max(1, x.shape[1]))
        pieces = {name: parameters[name].split(at_once) for name in own}
        parts = [
            self._together({**parameters, **{name: of_all[k] for name, of_all in pieces.items()}}, some)
            for k, some in enumerate(x.split(at_once))
        ]
        return self._scaled(torch.cat(parts).unflatten(0, (tasks, count)))

    def classify(self, parameters: Params, features: Tensor) -> Tensor:
        """Return the logits ``[tasks, n, ways]`` of features; the head's parameters must be task parameters."""
        return torch.baddbmm(parameters["head_bias"][:, None], features, parameters["head_weight"].mT)

    def _scaled(self, maps: Tensor) -> Tensor:
        return (8 / self.features_size**0.5) * maps.flatten(2)

    def _together(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the last maps ``[tasks * n, channels, h, w]`` where tasks share convolutions, or some of them."""
        tasks = len(x)
        # Channels last, for a CPU's sake. Of a single channel, contiguous() would leave the strides as they are.
        h = x.flatten(0, 2)[..., None].movedim(-1, 1)
        for i in self.blocks:
            h = _convolve(h, parameters[f"conv{i}"], tasks, self._stride(i), self._apart_in(i))
            h = self._pooled(i, F.relu_(self._normalise(h, parameters[f"scale{i}"], parameters[f"shift{i}"], tasks)))
        return h

    def _apart(self, parameters: Params, own: set[str], x: Tensor) -> Tensor:
        """Return the last maps ``[tasks, n, channels, h, w]`` where every task has convolutions of its own."""
        tasks, count = x.shape[:2]
        apart = {name: parameters[name] if name in own else parameters[name].expand(tasks, -1) for name in self.body}
        if count <= MANY:
            return self._side_by_side(apart, x)
        # Not p[t]: the gradient of that is as large as p, for each task.
        each = zip(*(p.unbind() for p in apart.values()), strict=True)
        alone = (dict(zip(apart, of_one, strict=True)) for of_one in each)
        return torch.stack([self._together(of_one, x[t : t + 1]) for t, of_one in enumerate(alone)])

    def _side_by_side(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the last maps ``[tasks, n, channels, h, w]`` where every task has parameters of its own.

        The tasks are one network with all their channels, in groups that never meet; it sees a picture of each at once.
        """
        tasks = len(x)
        h = x[:, :, 0].transpose(0, 1)
        for i in self.blocks:
            scale, shift = parameters[f"scale{i}"].flatten(), parameters[f"shift{i}"].flatten()
            groups = tasks * self._apart_in(i)
            h = F.conv2d(h, parameters[f"conv{i}"].flatten(0, 1), stride=self._stride(i), padding=1, groups=groups)
            if self.transductive:
                h = F.batch_norm(h, None, None, scale, shift, training=True)
            else:
                h = F.group_norm(h, tasks * self._normal_groups, scale, shift)
            h = self._pooled(i, F.relu_(h))
        return h.unflatten(1, (tasks, -1)).transpose(0, 1)

    def _stride(self, block: int) -> int:
        return 2 if block in self.strided else 1

    def _apart_in(self, block: int) -> int:
        """How many networks have an input of their own in a block: all see the same picture in the first."""
        return 1 if block == 1 else self.copies

    @property
    def _normal_groups(self) -> int:
        return self.copies * self.groups

    def _pooled(self, block: int, h: Tensor) -> Tensor:
        return F.max_pool2d(h, 2, ceil_mode=True) if block in self.pools else h

    def _normalise(self, h: Tensor, scale: Tensor, shift: Tensor, tasks: int) -> Tensor:
        if not self.transductive:
            if scale.ndim == shift.ndim == 1:
                # The same in one pass, and fewer to differentiate.
                return F.group_norm(h, self._normal_groups, scale, shift)
            return _scale_and_shift(F.group_norm(h, self._normal_groups), scale, shift, tasks)
        per_task = h.unflatten(0, (tasks, -1))
        variance, mean = torch.var_mean(per_task, dim=(1, 3, 4), keepdim=True, correction=0)
        normal = ((per_task - mean) * torch.rsqrt(variance + 1e-5)).flatten(0, 1)
        return _scale_and_shift(normal, scale, shift, tasks)


def side_by_side(networks: Sequence[Params]) -> Params:
    """Return the parameters of networks of one shape, none with a head of its own, as those of so many ``copies``."""
    together = {name: torch.cat([p[name] for p in networks]) for name in networks[0] if name != "head_bias"}
    return {**together, "head_bias": networks[0]["head_bias"]}


def _convolve(h: Tensor, weight: Tensor, tasks: int, stride: int, groups: int) -> Tensor:
    """Convolve with one weight for all, or with one a task: in one call, or in one a task where these are large."""
    if weight.ndim == 4:
        return F.conv2d(h, weight, stride=stride, padding=1, groups=groups)
    by_task = h.unflatten(0, (tasks, -1))
    if by_task.shape[1] > MANY:
        each = zip(by_task, weight, strict=True)
        return torch.cat(
            [F.conv2d(of_one, its_own, stride=stride, padding=1, groups=groups) for of_one, its_own in each]
        )
    channels = by_task.transpose(0, 1).flatten(1, 2)
    convolved = F.conv2d(channels, weight.flatten(0, 1), stride=stride, padding=1, groups=tasks * groups)
    return convolved.unflatten(1, (tasks, -1)).transpose(0, 1).flatten(0, 1)


def _scale_and_shift(h: Tensor, scale: Tensor, shift: Tensor, tasks: int) -> Tensor:
    """Apply a scale and shift per channel, ``[channels]`` for all or ``[tasks, channels]``."""
    each = len(h) // tasks
    scale, shift = (p[:, None].expand(-1, each, -1).flatten(0, 1) if p.ndim == 2 else p[None] for p in (scale, shift))
    return torch.addcmul(shift[..., None, None], h, scale[..., None, None])
