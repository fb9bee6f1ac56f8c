"""The loss of a task: a mean over classes of the means over their drawings."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.learner import Learner
from metalearn.learners.task_loss import class_balance, task_losses
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.single_task import task_from_images


@given(sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5), seed=st.integers(0, 99))
def test_every_class_counts_the_same(sizes: list[int], seed: int) -> None:
    y = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    logits = torch.randn(len(y), len(sizes), generator=torch.Generator().manual_seed(seed))
    by_class = [F.cross_entropy(logits[y == c], y[y == c]) for c in range(len(sizes))]
    torch.testing.assert_close(task_losses(logits[None], y[None])[0], torch.stack(by_class).mean())
    weights = class_balance(y[None], len(sizes))[0]
    torch.testing.assert_close(weights.mean(), torch.tensor(1.0))


def test_a_class_without_drawings_does_not_count() -> None:
    y, logits = torch.tensor([[0, 2, 2]]), torch.randn(1, 3, 4)
    expected = (F.cross_entropy(logits[0, :1], y[0, :1]) + F.cross_entropy(logits[0, 1:], y[0, 1:])) / 2
    torch.testing.assert_close(task_losses(logits, y)[0], expected)


def test_classes_of_one_size_give_the_plain_mean_to_the_last_bit() -> None:
    y, logits = torch.tensor([[0, 1, 2, 0, 1, 2]]), torch.randn(1, 6, 3)
    assert class_balance(y, 3).eq(1).all()
    plain = F.cross_entropy(logits[0], y[0], reduction="none").mean()
    assert task_losses(logits, y)[0] == plain


def test_nothing_to_answer_is_no_loss() -> None:
    assert task_losses(torch.zeros(3, 0, 5), torch.zeros(3, 0, dtype=torch.int64)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("adapted", [HEAD, (*Backbone(widths=(4, 4, 8), groups=2).scales_and_shifts, *HEAD)])
def test_a_class_with_one_drawing_is_learned_beside_one_with_many(adapted: tuple[str, ...]) -> None:
    """Two classes that a few steps tell apart: nine drawings of a left bar, one of a right bar."""

    def bar(column: int, row: int) -> Tensor:
        image = torch.zeros(28, 28, dtype=torch.uint8)
        image[row : row + 18, column : column + 4] = 255
        return image

    classes = [[bar(5, row).numpy() for row in range(9)], [bar(20, 4).numpy()]]
    learner = Learner(Backbone(widths=(4, 4, 8), groups=2), LearnedInit(adapted), SGD(0.1), steps=8)
    with torch.no_grad():
        found = learner.adapt(task_from_images(classes, [bar(20, row).numpy() for row in range(9)]))
    assert (found.query_logits[-1, 0].argmax(-1) == 1).float().mean() > 0.7
