"""Distorted drawings: each in its own way, mildly, the same way again from the same seed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.tasks.augment import Distorted, displace, displacements
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def episodes(data: CharacterSet) -> Episodes:
    return Episodes(data, np.arange(12), ways=3, shots=2, queries=2, batch_size=8)


def same(a: TaskBatch, b: TaskBatch) -> bool:
    return all(torch.equal(x, b.tensors()[name]) for name, x in a.tensors().items())


def distort(pictures: torch.Tensor, seed: int = 0, strength: float = 1.0) -> torch.Tensor:
    return displace(pictures, displacements(len(pictures), seeded(seed), strength))


def test_no_strength_changes_nothing(small: CharacterSet) -> None:
    pictures = episodes(small).batch(0).support_x[0]
    torch.testing.assert_close(distort(pictures, strength=0), pictures, atol=1e-4, rtol=0)


def test_every_picture_has_a_distortion_of_its_own(small: CharacterSet) -> None:
    picture = episodes(small).batch(0).support_x[0, :1]
    once = distort(picture.repeat(6, 1, 1, 1))
    assert once.shape == (6, 1, 28, 28)
    assert 0 <= once.min() < once.max() <= 1
    for i in range(6):
        assert (once[i] - picture[0]).abs().mean() > 0.01
        assert all((once[i] - once[j]).abs().mean() > 0.01 for j in range(i))


def test_the_generator_decides(small: CharacterSet) -> None:
    pictures = episodes(small).batch(0).support_x[0]
    assert torch.equal(distort(pictures, 1), distort(pictures, 1))
    assert not torch.equal(distort(pictures, 1), distort(pictures, 2))


def test_a_dot_moves_by_a_few_pixels() -> None:
    """Two pixels along each axis, about one more by the elastic field, and a fifth of that by the stretch."""
    dot = torch.zeros(1, 1, 28, 28)
    dot[..., 13:15, 13:15] = 1
    seen = distort(dot.repeat(300, 1, 1, 1))[:, 0]
    places = torch.stack(torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")) - 13.5
    moved = torch.einsum("nij,aij->na", seen, places) / seen.sum((1, 2))[:, None]
    assert (seen.sum((1, 2)) > 1).all()
    assert moved.abs().max() < 7
    assert 1 < moved.norm(dim=1).mean() < 3
    assert moved.mean(0).abs().max() < 0.5


def test_a_distorted_batch_follows_from_its_number(small: CharacterSet) -> None:
    sampler = Distorted(episodes(small), seed=3)
    batch, plain = sampler.batch(5), episodes(small).batch(5)
    assert same(batch, replace(sampler).batch(5))
    assert not torch.equal(batch.support_x, Distorted(episodes(small), seed=4).batch(5).support_x)
    assert not torch.equal(batch.support_x, plain.support_x)
    assert not torch.equal(batch.query_x, plain.query_x)
    for name in ("support_y", "query_y", "support_ids", "query_ids"):
        assert torch.equal(batch.tensors()[name], plain.tensors()[name])
    assert batch.ways == 3


def test_tasks_are_mirrored_as_a_whole_or_not_at_all(small: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(count: int, generator: torch.Generator, strength: float = 1.0) -> Tensor:
        return torch.zeros(count, 28, 28, 2)

    monkeypatch.setattr("metalearn.tasks.augment.displacements", none)
    batch, plain = Distorted(episodes(small)).batch(0), episodes(small).batch(0)
    mirrored = []
    for task, original in ((batch[i], plain[i]) for i in range(8)):
        mirrored.append(not torch.allclose(task.support_x, original.support_x, atol=1e-4))
        for x, as_drawn in ((task.support_x, original.support_x), (task.query_x, original.query_x)):
            torch.testing.assert_close(x, as_drawn.flip(-1) if mirrored[-1] else as_drawn, atol=1e-4, rtol=0)
    assert 0 < sum(mirrored) < 8


def test_drawings_of_a_class_share_a_distortion(small: CharacterSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one of their own, what was the same drawing stays the same within a class, and differs between them."""
    drawn = episodes(small).batch(0)
    alike = replace(
        drawn, support_x=drawn.support_x[:1, :1].expand_as(drawn.support_x), query_x=drawn.query_x[:, :0],
        query_y=drawn.query_y[:, :0],
    )  # fmt: skip

    class Alike:
        def batch(self, index: int) -> TaskBatch:
            return alike

    def of_classes(count: int, generator: torch.Generator, strength: float = 1.0) -> Tensor:
        return strength * displacements(count, generator) if strength < 1 else torch.zeros(count, 28, 28, 2)

    monkeypatch.setattr("metalearn.tasks.augment.displacements", of_classes)
    x = Distorted(Alike()).batch(0).support_x.unflatten(1, (3, 2))
    assert torch.equal(x[:, :, 0], x[:, :, 1])
    assert (x[:, 0] - x[:, 1]).abs().mean() > 0.01
