"""The network as a function: the same numbers whether parameters are shared or every task has its own."""

from dataclasses import replace

import pytest
import torch

from metalearn.learners.backbone import GROUPED_UP_TO, HEAD, IMAGES_AT_ONCE, Backbone, side_by_side

SMALL = Backbone(widths=(8, 8, 16), groups=4)


def pictures(tasks: int = 3, count: int = 4, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(tasks, count, 1, 28, 28, generator=generator, dtype=torch.float64)


def parameters(seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed + 100)
    return {
        name: p.double() + 0.1 * torch.randn(p.shape, generator=generator, dtype=torch.float64)
        for name, p in SMALL.initial(seed).items()
    }


@pytest.mark.parametrize("transductive", [False, True])
def test_task_parameters_equal_to_the_shared_ones_change_nothing(transductive: bool) -> None:
    network = Backbone(SMALL.widths, SMALL.groups, transductive)
    shared = parameters()
    own = network.for_tasks(shared, network.body, tasks=3, ways=5)
    torch.testing.assert_close(network.features({**shared, **own}, pictures()), network.features(shared, pictures()))


@pytest.mark.parametrize("transductive", [False, True])
def test_every_task_uses_its_own_parameters(transductive: bool) -> None:
    network = Backbone(SMALL.widths, SMALL.groups, transductive)
    of_each = [parameters(seed) for seed in range(3)]
    stacked = {name: torch.stack([p[name] for p in of_each]) for name in SMALL.body}
    together = network.features(stacked, pictures())
    for task in range(3):
        alone = network.features(of_each[task], pictures()[task : task + 1])
        torch.testing.assert_close(together[task], alone[0])


@pytest.mark.parametrize("names", [("conv2",), ("scale1",), tuple(f"conv{i}" for i in SMALL.blocks), SMALL.body])
def test_many_pictures_a_task_make_no_difference_but_in_speed(names: tuple[str, ...]) -> None:
    x = pictures(tasks=12, count=GROUPED_UP_TO + 1)  # more than AT_ONCE too
    of_each = [parameters(seed) for seed in range(12)]
    own = {name: torch.stack([p[name] for p in of_each]).requires_grad_() for name in names}
    at_once = SMALL.features({**of_each[0], **own}, x)
    in_parts = torch.cat([SMALL.features({**of_each[0], **own}, part) for part in x.split(5, dim=1)], dim=1)
    torch.testing.assert_close(at_once, in_parts)
    gradients, expected = (torch.autograd.grad(f.square().sum(), list(own.values())) for f in (at_once, in_parts))
    torch.testing.assert_close(gradients, expected)


def test_channels_come_last_in_memory_from_the_first_block_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have one channel, of which PyTorch believes any order."""
    orders = []

    def convolve(h: torch.Tensor, *arguments: object, **options: object) -> torch.Tensor:
        orders.append(h.stride(1))
        return convolution(h, *arguments, **options)

    convolution = torch.nn.functional.conv2d
    monkeypatch.setattr(torch.nn.functional, "conv2d", convolve)
    SMALL.features(parameters(), pictures())
    assert orders == [1, 1, 1]


@pytest.mark.parametrize("transductive", [False, True])
def test_more_pictures_than_go_through_at_once_are_what_fewer_are(transductive: bool) -> None:
    network = Backbone(SMALL.widths, SMALL.groups, transductive)
    x = pictures(tasks=3, count=IMAGES_AT_ONCE // 2)
    alone = torch.cat([network.features(parameters(), task[None]) for task in x])
    torch.testing.assert_close(network.features(parameters(), x), alone)


def test_a_prediction_depends_on_its_picture_alone_unless_transductive() -> None:
    x = pictures()
    some = SMALL.features(parameters(), x[:, :2])
    torch.testing.assert_close(some, SMALL.features(parameters(), x)[:, :2])
    transductive = Backbone(SMALL.widths, SMALL.groups, transductive=True)
    with_fewer = transductive.features(parameters(), x[:, :2])
    assert not torch.allclose(with_fewer, transductive.features(parameters(), x)[:, :2])


@pytest.mark.parametrize("transductive", [False, True])
@pytest.mark.parametrize("own", [(), ("conv1", "scale2"), SMALL.body])
@pytest.mark.parametrize("count", [4, GROUPED_UP_TO + 1])
def test_copies_side_by_side_see_what_each_sees_alone(transductive: bool, own: tuple[str, ...], count: int) -> None:
    alone = Backbone(SMALL.widths, SMALL.groups, transductive)
    together = replace(alone, copies=3)
    networks = [parameters(seed) for seed in range(3)]
    joined = side_by_side(networks)
    assert {name: p.shape for name, p in joined.items()} == {name: p.shape for name, p in together.initial().items()}
    joined |= together.for_tasks(joined, own, tasks=3, ways=5)
    x = pictures(count=count)
    expected = torch.cat([alone.features(network, x) for network in networks], dim=2) / 3**0.5
    torch.testing.assert_close(together.features(joined, x), expected)


def test_the_head_fits_any_number_of_ways_and_starts_without_an_opinion() -> None:
    shared = SMALL.initial()
    for ways in (2, 7):
        head = SMALL.for_tasks(shared, HEAD, tasks=3, ways=ways)
        logits = SMALL.classify(head, torch.rand(3, 4, SMALL.features_size))
        assert logits.shape == (3, 4, ways)
        assert (logits == logits[..., :1]).all()


def test_shapes_and_seeds() -> None:
    network = Backbone()
    shared = network.initial(1)
    assert network.features(shared, torch.rand(2, 3, 1, 28, 28)).shape == (2, 3, network.features_size)
    assert set(shared) == {*network.body, *HEAD}
    assert all(torch.equal(p, network.initial(1)[name]) for name, p in shared.items())
    assert not torch.equal(shared["conv1"], network.initial(2)["conv1"])


def test_no_pictures_give_no_features() -> None:
    assert SMALL.features(SMALL.initial(), torch.zeros(2, 0, 1, 28, 28)).shape == (2, 0, SMALL.features_size)
