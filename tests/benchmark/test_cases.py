"""Both sides of a comparison compute the same, and what is timed is told in full."""

import numpy as np
import pytest
import torch
from torch import Tensor

from metalearn.benchmark import cases, growth, reference, scaling, timing
from metalearn.characters.character_set import CharacterSet
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import LearnedInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training.objectives import query_loss

NETWORKS = (Backbone(widths=(4, 8), groups=2), Backbone(widths=(4, 4), groups=2, pools=(), strided=(1, 2)))
each_network = pytest.mark.parametrize("backbone", NETWORKS, ids=("pooled", "strided"))


def doubles(small: CharacterSet, shots: int = 2) -> TaskBatch:
    sampler = Episodes(small, np.arange(12), ways=3, shots=shots, queries=2, batch_size=4)
    return sampler.batch(0).to(torch.float64)


def gradients(learner: Learner, loss: Tensor) -> list[Tensor]:
    learner.zero_grad()
    loss.backward()
    return [loss.detach(), *(p.grad for p in learner.parameters() if p.grad is not None)]


@each_network
@pytest.mark.parametrize("second_order", [True, False])
def test_a_task_at_a_time_comes_to_the_same_as_all_at_once(
    small: CharacterSet, backbone: Backbone, second_order: bool
) -> None:
    batch = doubles(small)
    init = LearnedInit((*backbone.body, *HEAD))
    learner = Learner(backbone, init, SGD(0.1), steps=2, second_order=second_order).double()
    found = gradients(learner, query_loss(learner, batch))
    expected = gradients(learner, reference.maml_loss(backbone, learner.shared, batch, 2, 0.1, second_order))
    torch.testing.assert_close(found, expected)
    if second_order:
        vmapped = gradients(learner, reference.vmapped_maml_loss(backbone, learner.shared, batch, 2, 0.1))
        torch.testing.assert_close(vmapped, expected)


@each_network
def test_the_plain_prototypical_loss_is_the_kits(small: CharacterSet, backbone: Backbone) -> None:
    batch = doubles(small)[0]
    learner = Learner(backbone, PrototypeInit(), SGD(0.1), steps=0).double()
    found = gradients(learner, query_loss(learner, batch))
    by_class = torch.cat([batch.support_x.unflatten(1, (3, 2)), batch.query_x.unflatten(1, (3, 2))], dim=2)
    x = by_class.flatten(0, 2)
    expected = gradients(learner, reference.prototypical_loss(backbone, learner.shared, x, ways=3, shots=2))
    torch.testing.assert_close(found, expected)


def test_episodes_drawn_in_python_have_classes_of_one_character_each(small: CharacterSet) -> None:
    drawn = reference.episode_sampler(small, ways=3, each=4, seed=1)()
    assert drawn.shape == (12, 1, 28, 28)
    of_small = {small.images[c, d].tobytes(): c for c in range(12) for d in range(6)}
    owners = []
    for picture in drawn:
        turned = [np.rot90(np.round(255 * picture[0].numpy()).astype(np.uint8), -k) for k in range(4)]
        owners += [of_small[t.tobytes()] for t in turned if t.tobytes() in of_small]
    assert [len(set(owners[i : i + 4])) for i in (0, 4, 8)] == [1, 1, 1]


def test_a_case_tells_ratio_target_spread_and_limit() -> None:
    matrix = torch.randn(300, 300)
    slow = {"ten of them": lambda: [matrix @ matrix for _ in range(10)]}
    row = timing.timed(
        timing.Case("a product", lambda: matrix @ matrix, slow, target=2.0, counted=lambda: matrix @ matrix),
        rate=1e9,
    )
    assert row["ratio"] == row["others"]["ten of them"]["ratio"] > 1
    assert row["reached"] == (row["ratio"] >= 2)
    assert row["spread_s"][0] <= row["kit_s"] <= row["spread_s"][1]
    assert row["share_of_limit"] == pytest.approx(2 * 300**3 / 1e9 / row["kit_s"])


def test_a_time_that_is_aimed_at_is_reached_or_not() -> None:
    def reached(seconds: float) -> bool:
        row = timing.timed(timing.Case("nothing", lambda: None, seconds=seconds), rate=1.0)
        return bool(row["reached"])

    assert reached(1.0)
    assert not reached(0.0)


def test_every_case_is_named_once_and_runs(characters: CharacterSet) -> None:
    found = list(cases.all_cases(characters))
    assert len({case.name for case in found}) == len(found) >= 9
    assert all(case.target or case.seconds or case.others for case in found if "evaluation" not in case.name)
    found[0].kit()
    found[0].others[cases.PLAIN]()


def test_the_figure_has_a_bar_for_every_ratio() -> None:
    rows = [{"case": "one", "ratio": 2.0, "target": 1.5}, {"case": "two", "kit_s": 1.0}]
    drawn = timing.figure(rows, {"processor": "some", "threads": 2})
    assert list(drawn.data[0].y) == ["one"]
    assert list(drawn.data[1].x) == [1.5]


def test_a_stream_costs_as_much_a_task_and_is_told_so(characters: CharacterSet) -> None:
    rows = scaling.measure(characters, (40, 80))
    assert [row["tasks"] for row in rows] == [40, 80]
    assert all(row["peak_mb"] > 100 and row["ms_a_task"] > 0 for row in rows)
    assert len(scaling.figure(rows).data) == 2


def test_growth_has_a_row_and_a_point_for_every_size(characters: CharacterSet) -> None:
    sizes = {"tasks": (1, 2), "ways": (2, 3), "shots": (1, 2), "steps": (1, 2), "pixels": (14, 56)}
    usual = growth.MetaStep(tasks=1, ways=2)
    rows = growth.measure(characters, sizes, 1, usual)
    assert [(row["grows"], row["size"]) for row in rows] == [(what, size) for what in sizes for size in sizes[what]]
    assert all(0 < row["spread_ms"][0] <= row["ms"] <= row["spread_ms"][1] for row in rows)
    assert [tuple(curve.x) for curve in growth.figure(rows).data] == list(sizes.values())
