"""The convolution for each task: PyTorch's numbers and derivatives of every order, in as many calls for many tasks."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.utils._python_dispatch import TorchDispatchMode

from metalearn.learners.convolution import convolve

Convolution = Callable[..., Tensor]


def plain(x: Tensor, weight: Tensor, stride: int, groups: int) -> Tensor:
    """Convolve one task after the other."""
    parts = zip(x.chunk(len(weight), dim=1), weight, strict=True)
    return torch.cat([F.conv2d(part, w, stride=stride, padding=1, groups=groups) for part, w in parts], dim=1)


def inputs(count: int, side: int, tasks: int, groups: int = 1, each: int = 2, out: int = 2) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(side)
    x = torch.randn(count, tasks * groups * each, side, side + 1, generator=generator, dtype=torch.float64)
    weight = torch.randn(tasks, groups * out, each, 3, 3, generator=generator, dtype=torch.float64)
    return x.requires_grad_(), weight.requires_grad_()


def expanded(tasks: int, stride: int, groups: int) -> Convolution:
    """Return a convolution with one weight that all tasks share."""
    return lambda x, weight: convolve(x, weight.expand(tasks, *weight.shape), stride, groups)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("tasks", [1, 3])
def test_derivatives_of_first_and_second_order_are_those_of_finite_differences(stride: int, tasks: int) -> None:
    x, weight = inputs(1, 3, tasks, each=1)
    assert gradcheck(convolve, (x, weight, stride, 1))
    assert gradgradcheck(convolve, (x, weight, stride, 1))
    one = weight[0].detach().requires_grad_()
    assert gradcheck(expanded(tasks, stride, 1), (x, one))
    assert gradgradcheck(expanded(tasks, stride, 1), (x, one))


def derivatives(result: Tensor, of: tuple[Tensor, ...]) -> list[Tensor]:
    """Return the result and, of a number made from it, derivatives of first, second and third order."""
    found, number = [result], result.pow(3).sum()
    for _ in range(3):
        gradients = torch.autograd.grad(number, of, create_graph=True)
        found += gradients
        number = sum(((g * g.detach().cos()).sum() for g in gradients), torch.zeros(()))
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 4), st.integers(1, 2), st.integers(1, 3), st.booleans())
def test_everything_up_to_the_third_order_is_what_pytorch_makes_of_it(
    count: int, side: int, tasks: int, groups: int, stride: int, shared: bool
) -> None:
    x, own = inputs(count, side, tasks, groups)
    leaf = own[0].detach().requires_grad_() if shared else own
    weight = leaf.expand(own.shape)
    found, expected = (derivatives(c(x, weight, stride, groups), (x, weight, leaf)) for c in (convolve, plain))
    torch.testing.assert_close(found, expected, rtol=3e-7, atol=1e-9)


@pytest.mark.parametrize("which", [0, 1])
def test_where_one_of_the_two_is_fixed_the_other_has_all_its_derivatives(which: int) -> None:
    both = inputs(2, 5, 3)
    both[1 - which].requires_grad_(False)
    found, expected = (derivatives(c(*both, 2, 1), both[which : which + 1]) for c in (convolve, plain))
    torch.testing.assert_close(found, expected, rtol=3e-7, atol=1e-9)


class Calls(TorchDispatchMode):
    """Counts what PyTorch is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count[str(function)] += 1
        return function(*args, **(kwargs or {}))


def test_many_tasks_take_as_many_calls_as_few() -> None:
    counted = []
    for tasks in (2, 9):
        x, weight = inputs(2, 4, tasks)
        with Calls() as calls:
            derivatives(convolve(x, weight, 2, 1), (x, weight))
        counted.append(calls.count)
    assert counted[0] == counted[1]
    assert counted[0]["aten.convolution_backward.default"] > 2


def test_a_weight_that_all_tasks_share_is_not_copied_for_each_of_them() -> None:
    x, weight = inputs(2, 4, 3)
    with Calls() as calls:
        convolve(x, weight[0].expand(3, -1, -1, -1, -1))
    assert not calls.count["aten.clone.default"]
    assert not calls.count["aten.copy_.default"]


def test_autocast_lowers_the_type_as_it_does_for_pytorch() -> None:
    x, weight = (t.detach().float().requires_grad_() for t in inputs(2, 5, 2))
    found = []
    for convolution in (convolve, plain):
        with torch.autocast("cpu", torch.bfloat16):
            result = convolution(x, weight, 1, 1)
        found.append([result, *torch.autograd.grad(result.float().pow(2).sum(), (x, weight))])
    assert found[0][0].dtype == torch.bfloat16
    assert found[0][1].dtype == torch.float32
    torch.testing.assert_close(found[0], found[1], rtol=0.02, atol=0.02)


def test_it_can_be_mapped_over_and_differentiated_as_a_function() -> None:
    x, weight = (t.detach() for t in inputs(2, 4, 2))
    weights = torch.stack([weight, 2 * weight])

    def slope(w: Tensor) -> Tensor:
        return torch.func.grad(lambda v: convolve(x, v, 1, 1).pow(2).sum())(w)

    together = torch.func.vmap(slope)(weights)
    torch.testing.assert_close(together, torch.stack([slope(w) for w in weights]))
