"""A trajectory's answers: where classes tie there is none, and it counts as the guess that it would be."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metalearn.learners.trajectory import NO_ANSWER, Trajectory, answers


def accuracy(logits: torch.Tensor, y: torch.Tensor) -> float:
    nothing = torch.zeros(1, 1)
    return Trajectory(nothing, nothing, logits[None, None], y[None], ({},), (), ()).query_accuracy.item()


@pytest.mark.parametrize(
    ("logits", "answer", "right"),
    [
        ([0.0, 0.0, 0.0], NO_ANSWER, [1 / 3, 1 / 3, 1 / 3]),
        ([28.0, 28.0, 28.000002], NO_ANSWER, [1 / 3, 1 / 3, 1 / 3]),  # equal on paper, and not after rounding
        ([2.0, 2.0, 1.0], NO_ANSWER, [1 / 2, 1 / 2, 0]),
        ([0.0, 0.0001, 0.0], 1, [0, 1, 0]),
        ([-700.0, -690.0, -710.0], 1, [0, 1, 0]),
        ([float("nan"), 1.0, 0.0], NO_ANSWER, [0, 0, 0]),
    ],
)
def test_one_rule_for_ties(logits: list[float], answer: int, right: list[float]) -> None:
    row = torch.tensor(logits)
    assert answers(row).item() == answer
    assert [accuracy(row[None], torch.tensor([y])) for y in range(3)] == pytest.approx(right)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=8), st.randoms())
def test_the_order_of_classes_does_not_matter(logits: list[int], random: st.DataObject) -> None:
    row = torch.tensor(logits, dtype=torch.float32)
    order = list(range(len(logits)))
    random.shuffle(order)
    given_first, given_after = answers(row).item(), answers(row[order]).item()
    assert given_after == (NO_ANSWER if given_first == NO_ANSWER else order.index(given_first))
    shares = [accuracy(row[None], torch.tensor([y])) for y in range(len(logits))]
    assert sum(shares) == pytest.approx(1)  # whoever guesses is right once
