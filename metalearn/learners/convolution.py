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
    """Convolve as ``torch.nn.functional.conv2d`` does, with one pixel of padding; cheaper to differentiate twice.

    Parameters
    ----------
    x : Tensor
        The maps, ``[n, channels, h, w]``.
    weight : Tensor
        The kernels, ``[out, channels // groups, 3, 3]``.
    stride, groups : int
        As in ``conv2d``.

    Returns
    -------
    Tensor
        ``[n, out, h', w']``, in the type of autocast where that is on.
    """
    if torch.is_autocast_enabled(x.device.type):
        x, weight = (t.to(torch.get_autocast_dtype(x.device.type)) for t in (x, weight))
    return _Convolution.apply(x, weight, stride, groups)


class _Bilinear(Function):
    """A function of two tensors, a stride and groups, that is linear in each of the two tensors."""

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        a, b, *ctx.settings = inputs
        ctx.save_for_backward(a, b)


class _Convolution(_Bilinear):
    @staticmethod
    def forward(x: Tensor, weight: Tensor, stride: int, groups: int) -> Tensor:
        return torch.convolution(x, weight, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], groups)

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
        return _gradients(gradient, gradient.new_empty(shape), weight, stride, groups, (True, False, False))[0]

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
        return _gradients(gradient, x, gradient.new_empty(shape), stride, groups, (False, True, False))[1]

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


def _needed(ctx: Any, which: int, function: type[_Bilinear], *arguments: Any) -> Tensor | None:
    return function.apply(*arguments) if ctx.needs_input_grad[which] else None


def _gradients(
    gradient: Tensor, x: Tensor, weight: Tensor, stride: int, groups: int, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, ...]:
    # Of the tensor whose gradient is wanted, only the shape counts.
    backward: Callable[..., tuple[Tensor, ...]] = torch.ops.aten.convolution_backward
    return backward(gradient, x, weight, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], groups, wanted)
