"""The inner loop against the plain one-task loop, MAML's outer gradient against finite differences, and its hooks."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from metalearn.learners.backbone import HEAD, Backbone, Params
from metalearn.learners.hooks import Move, Support
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.inner_loop import adapt
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
EVERYTHING = (*NETWORK.body, *HEAD)
ADAPTED = {"head": HEAD, "head and scales": (*NETWORK.scales_and_shifts, *HEAD), "everything": EVERYTHING}


def batch(tasks: int = 3, ways: int = 3, seed: int = 0) -> TaskBatch:
    generator = torch.Generator().manual_seed(seed)

    def part(each: int) -> tuple[Tensor, Tensor]:
        x = torch.rand(tasks, ways * each, 1, 28, 28, generator=generator, dtype=torch.float64)
        return x, torch.arange(ways).repeat_interleave(each).expand(tasks, -1)

    (support_x, support_y), (query_x, query_y) = part(2), part(3)
    ids = torch.full_like(support_y, -1), torch.full_like(query_y, -1)
    return TaskBatch(support_x, support_y, query_x, query_y, ways, *ids)


def parameters() -> Params:
    generator = torch.Generator().manual_seed(7)
    return {
        name: p.double() + 0.3 * torch.randn(p.shape, generator=generator, dtype=torch.float64)
        for name, p in NETWORK.initial().items()
    }


def plain_network(p: Params, x: Tensor) -> Tensor:
    """The same network, written the ordinary way for one task."""
    for i in NETWORK.blocks:
        x = F.conv2d(x, p[f"conv{i}"], stride=2 if i == 1 else 1, padding=1)
        x = F.group_norm(x, NETWORK.groups, p[f"scale{i}"], p[f"shift{i}"]).relu()
        x = x if i == 1 else F.max_pool2d(x, 2, ceil_mode=True)
    return F.linear(x.flatten(1) * 8 / NETWORK.features_size**0.5, p["head_weight"], p["head_bias"])


def plain_loop(
    p: Params, names: tuple[str, ...], task: TaskBatch, steps: int, size: float, second_order: bool
) -> list[tuple[Tensor, Tensor]]:
    """MAML's inner loop for one task (Finn et al. 2017, algorithm 1): (support loss, query logits) at each step."""
    p = dict(p)
    p["head_weight"] = p["head_weight"].expand(task.ways, -1)
    p["head_bias"] = p["head_bias"].expand(task.ways)
    seen = []
    for step in range(steps + 1):
        loss = F.cross_entropy(plain_network(p, task.support_x[0]), task.support_y[0])
        seen.append((loss, plain_network(p, task.query_x[0])))
        if step < steps:
            gradients = torch.autograd.grad(loss, [p[name] for name in names], create_graph=second_order)
            p |= {name: p[name] - size * g for name, g in zip(names, gradients, strict=True)}
    return seen


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("names", ADAPTED.values(), ids=ADAPTED)
def test_all_tasks_at_once_equal_the_plain_loop(names: tuple[str, ...], second_order: bool) -> None:
    shared = {name: p.requires_grad_() for name, p in parameters().items()}
    tasks = batch()
    together = adapt(
        NETWORK, shared, tasks, init=LearnedInit(names), update=SGD(0.3), steps=3, second_order=second_order
    )
    outer = together.query_loss[-1].mean()
    found = torch.autograd.grad(outer, list(shared.values()), allow_unused=True)

    losses = []
    for t in range(len(tasks)):
        seen = plain_loop(shared, names, tasks[t], 3, 0.3, second_order)
        for step, (support_loss, query_logits) in enumerate(seen):
            torch.testing.assert_close(together.support_loss[step, t], support_loss.detach(), rtol=0, atol=1e-9)
            torch.testing.assert_close(together.query_logits[step, t], query_logits.detach(), rtol=0, atol=1e-9)
        losses.append(F.cross_entropy(seen[-1][1], tasks.query_y[t]))
    expected = torch.autograd.grad(torch.stack(losses).mean(), list(shared.values()), allow_unused=True)
    for mine, plain in zip(found, expected, strict=True):
        assert (mine is None) == (plain is None)
        if plain is not None:
            torch.testing.assert_close(mine, plain, rtol=0, atol=1e-9)


@pytest.mark.parametrize("names", ADAPTED.values(), ids=ADAPTED)
def test_the_outer_gradient_agrees_with_finite_differences(names: tuple[str, ...]) -> None:
    shared, tasks = parameters(), batch(tasks=2)

    def outer(p: Params) -> Tensor:
        options: dict[str, Any] = {"init": LearnedInit(names), "update": SGD(0.3), "steps": 2, "second_order": True}
        return adapt(NETWORK, p, tasks, every_query=False, **options).query_loss[-1].mean()

    generator = torch.Generator().manual_seed(1)
    direction = {name: torch.randn(p.shape, generator=generator, dtype=p.dtype) for name, p in shared.items()}
    tracked = {name: p.clone().requires_grad_() for name, p in shared.items()}
    gradients = torch.autograd.grad(outer(tracked), list(tracked.values()), allow_unused=True)
    slope = sum((g * d).sum() for g, d in zip(gradients, direction.values(), strict=True) if g is not None)
    h = 1e-6
    ahead, behind = (outer({n: p + s * h * direction[n] for n, p in shared.items()}).item() for s in (1, -1))
    assert float(slope) == pytest.approx((ahead - behind) / (2 * h), rel=1e-4)


def test_evaluation_takes_the_same_steps_and_keeps_no_graph() -> None:
    shared = {name: p.requires_grad_() for name, p in parameters().items()}
    options: dict[str, Any] = {"init": LearnedInit(EVERYTHING), "update": SGD(0.3), "steps": 2}
    learning = adapt(NETWORK, shared, batch(), **options)
    before = {name: p.clone() for name, p in shared.items()}
    with torch.no_grad():
        evaluating = adapt(NETWORK, shared, batch(), **options)
    torch.testing.assert_close(evaluating.query_logits, learning.query_logits)
    assert not evaluating.query_logits.requires_grad
    assert not any(p.requires_grad and p.grad_fn for moment in evaluating.parameters for p in moment.values())
    assert all(torch.equal(p, before[name]) for name, p in shared.items())


def test_a_trajectory_tells_the_whole_story() -> None:
    with torch.no_grad():
        seen = adapt(NETWORK, parameters(), batch(), init=LearnedInit(HEAD), update=SGD(0.05), steps=4)
    assert seen.steps == 4
    assert seen.support_loss.shape == seen.query_loss.shape == seen.query_accuracy.shape == (5, 3)
    assert seen.query_logits.shape == (5, 3, 9, 3)
    for step in range(4):
        size = seen.step_sizes[step]["head_bias"]
        torch.testing.assert_close(size, torch.full((3,), 0.05, dtype=torch.float64))
        moved = seen.parameters[step]["head_bias"] - size[:, None] * seen.gradients[step]["head_bias"]
        torch.testing.assert_close(moved, seen.parameters[step + 1]["head_bias"])
    assert (seen.support_loss[-1] < seen.support_loss[0]).all()


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("names", ADAPTED.values(), ids=ADAPTED)
def test_the_end_alone_is_the_end_of_the_whole_story(names: tuple[str, ...], steps: int) -> None:
    options: dict[str, Any] = {"init": LearnedInit(names), "update": SGD(0.3), "steps": steps}
    with torch.no_grad():
        whole = adapt(NETWORK, parameters(), batch(), **options)
        end = adapt(NETWORK, parameters(), batch(), every_query=False, **options)
    torch.testing.assert_close(end.query_logits, whole.query_logits[-1:])
    torch.testing.assert_close(end.query_loss, whole.query_loss[-1:])
    torch.testing.assert_close(end.support_loss, whole.support_loss[:-1])
    assert len(end.parameters) == len(whole.parameters) == steps + 1


def test_tasks_do_not_touch_one_another() -> None:
    tasks = batch()
    with torch.no_grad():
        together = adapt(NETWORK, parameters(), tasks, init=LearnedInit(EVERYTHING), update=SGD(0.3), steps=2)
        alone = adapt(NETWORK, parameters(), tasks[1], init=LearnedInit(EVERYTHING), update=SGD(0.3), steps=2)
    torch.testing.assert_close(together.query_logits[:, 1:2], alone.query_logits)


def test_hooks_see_the_support_set_and_the_embedding_and_have_their_say() -> None:
    embedding = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)

    def update(support: Support, step: int, p: Params, gradients: Params, memory: Any) -> Move:
        assert (memory or 0) == step
        assert support.embedding is not None
        sizes = dict.fromkeys(gradients, 0.1 * support.embedding[:, 0] / (step + 1))
        change = {n: -sizes[n].view(-1, *[1] * (g.ndim - 1)) * g for n, g in gradients.items()}
        return Move(change, sizes, step + 1)

    def modulate(support: Support, p: Params) -> tuple[Params, Tensor]:
        assert support.embedding is not None
        attention = torch.softmax(torch.cat([support.embedding, -support.embedding], 1), 1)
        return {**p, "scale1": p["scale1"] * attention[:, :1]}, attention

    with torch.no_grad():
        seen = adapt(
            NETWORK,
            parameters(),
            batch(),
            init=LearnedInit(HEAD),
            update=update,
            modulate=modulate,
            embedding=embedding,
            steps=2,
        )
    assert seen.attention is not None
    assert seen.attention.shape == (3, 3, 2)
    torch.testing.assert_close(seen.step_sizes[1]["head_weight"], 0.05 * embedding[:, 0])


@given(st.integers(2, 6), st.integers(2, 40))
@settings(max_examples=10, deadline=None)
def test_steps_are_as_long_for_each_class_as_on_the_tasks_they_were_learned_on(ways: int, learned_on: int) -> None:
    tasks = batch(ways=ways)
    with torch.no_grad():
        seen = adapt(
            NETWORK, parameters(), tasks, init=LearnedInit(EVERYTHING), update=SGD(0.3), steps=2, step_ways=learned_on
        )
        same = adapt(
            NETWORK, parameters(), tasks, init=LearnedInit(EVERYTHING), update=SGD(0.3 * ways / learned_on), steps=2
        )
    torch.testing.assert_close(seen.query_logits, same.query_logits)
    torch.testing.assert_close(seen.support_loss, same.support_loss)  # it is the mean over classes, as ever
