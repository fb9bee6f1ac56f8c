"""A convolution for each task, in one call, whose derivatives of any order are convolutions for each task again.

PyTorch differentiates a grouped convolution twice by a loop over its groups, one small convolution after the other. The
loop is not needed. Convolution and its two gradients are the three derivatives of one number that is linear in the
image, in the weight and in the incoming gradient:

    <gradient, convolve(image, weight)> = <image, input_gradient(gradient, weight)>
                                        = <weight, weight_gradient(gradient, image)>

So the derivative of each of the three is given by the other two, to any order, and each is one grouped call.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def convolve(x: Tensor, weight: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """Convolve the images of each task with the task's own 3x3 kernels, with one pixel of padding.

    Where the weight is one that all tasks still share, as before the first inner step, and only expanded to them, the
    images of all tasks are convolved as those of one.

    Parameters
    ----------
    x : Tensor
        One image of every task, laid in its channels: ``[n, tasks * channels, h, w]``.
    weight : Tensor
        The kernels, ``[tasks, out, channels // groups, 3, 3]``.
    stride, groups : int
        Of each task's convolution.

    Returns
    -------
    Tensor
        ``[n, tasks * out, h', w']``, in the type of autocast where that is on.
    """
    kind = x.device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        x, weight = (t.to(torch.get_autocast_dtype(kind)) for t in (x, weight))
    return _Convolution.apply(x, weight, stride, groups)


class _Bilinear(Function):
    """A function of two tensors and of settings, which is linear in each of the two tensors."""

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        a, b, *ctx.settings = inputs
        ctx.save_for_backward(a, b)


class _Convolution(_Bilinear):
    @staticmethod
    def forward(x: Tensor, weight: Tensor, stride: int, groups: int) -> Tensor:
        images, kernels, groups = _as_one_task(x, weight, groups)
        maps = torch.convolution(images, kernels, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], groups)
        return maps.reshape(len(x), len(weight) * weight.shape[1], *maps.shape[2:])  # also of no image

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        return (
            _needed(ctx, 0, _InputGradient, gradient, weight, *ctx.settings, x.shape),
            _needed(ctx, 1, _WeightGradient, gradient, x, *ctx.settings, weight.shape),
            None,
            None,
        )


class _InputGradient(_Bilinear):
    @staticmethod
    def forward(gradient: Tensor, weight: Tensor, stride: int, groups: int, shape: torch.Size) -> Tensor:
        x, kernels, groups = _as_one_task(gradient.new_empty(shape), weight, groups)
        gradient = gradient.reshape(len(x), -1 if len(x) else len(kernels), *gradient.shape[2:])
        return _gradients(gradient, x, kernels, stride, groups, (True, False, False))[0].reshape(shape)

    @staticmethod
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        gradient, weight = ctx.saved_tensors
        stride, groups, _ = ctx.settings
        return (
            _needed(ctx, 0, _Convolution, outer, weight, stride, groups),
            _needed(ctx, 1, _WeightGradient, gradient, outer, stride, groups, weight.shape),
            None,
            None,
            None,
        )


class _WeightGradient(_Bilinear):
    @staticmethod
    def forward(gradient: Tensor, x: Tensor, stride: int, groups: int, shape: torch.Size) -> Tensor:
        weight = gradient.new_empty(shape).flatten(0, 1)
        return _gradients(gradient, x, weight, stride, shape[0] * groups, (False, True, False))[1].view(shape)

    @staticmethod
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, ...]:
        gradient, x = ctx.saved_tensors
        stride, groups, _ = ctx.settings
        return (
            _needed(ctx, 0, _Convolution, x, outer, stride, groups),
            _needed(ctx, 1, _InputGradient, gradient, outer, stride, groups, x.shape),
            None,
            None,
            None,
        )


def _as_one_task(x: Tensor, weight: Tensor, groups: int) -> tuple[Tensor, Tensor, int]:
    """Return images, kernels and groups of the one convolution that does those of all tasks."""
    if weight.stride(0) == 0:  # expanded: every task's is the first one's
        return x.reshape(len(x) * len(weight), x.shape[1] // len(weight), *x.shape[2:]), weight[0], groups
    return x, weight.flatten(0, 1), len(weight) * groups


def _needed(ctx: Any, which: int, function: type[_Bilinear], *arguments: Any) -> Tensor | None:
    return function.apply(*arguments) if ctx.needs_input_grad[which] else None


def _gradients(
    gradient: Tensor, x: Tensor, weight: Tensor, stride: int, groups: int, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, ...]:
    # Of the tensor whose gradient is wanted, only the shape counts.
    backward: Callable[..., tuple[Tensor, ...]] = torch.ops.aten.convolution_backward
    return backward(gradient, x, weight, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], groups, wanted)
