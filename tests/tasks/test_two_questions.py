"""Two questions about the same drawings: every drawing is of a class by each, and the two never say the same."""

from typing import Any

import numpy as np
import pytest
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.hidden_questions import HIDDEN_QUESTIONS
from metalearn.tasks.rendering import render
from metalearn.tasks.two_questions import TwoQuestions

PAIRS = [("pen", "size"), ("turn", "character"), ("character", "paper")]


def sampler(data: CharacterSet, asked: tuple[str, ...] = PAIRS[0], **changed: Any) -> TwoQuestions:
    options: dict[str, Any] = {"ways": 4, "shots": 2, "queries": 3, "batch_size": 4} | changed
    return TwoQuestions(data, np.arange(len(data)), asked=asked, **options)


@pytest.mark.parametrize("asked", PAIRS)
@pytest.mark.parametrize("agree", [False, True])
def test_drawings_have_the_classes_that_they_are_given(
    small: CharacterSet, asked: tuple[str, str], agree: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_with = []

    def watched(fields: torch.Tensor, levels: dict[str, np.ndarray]) -> torch.Tensor:
        drawn_with.append({name: level.reshape(4, 4, 5) for name, level in levels.items()})
        return render(fields, levels)

    monkeypatch.setattr("metalearn.tasks.hidden_questions.render", watched)
    pair = sampler(small, asked, agree=agree).pair(0)
    (levels,) = drawn_with
    for question, batch in zip(asked, pair, strict=True):
        for side, columns in (("support", slice(2)), ("query", slice(2, 5))):
            x, y, ids = (batch.tensors()[f"{side}_{name}"] for name in ("x", "y", "ids"))
            torch.testing.assert_close(x, pair[0].tensors()[f"{side}_x"])
            values = ids // small.images.shape[1]
            if question != "character":
                values = torch.from_numpy(levels[question][:, :, columns].reshape(4, -1))
            for task in range(4):
                of_class = {(int(c), int(v)) for c, v in zip(y[task], values[task], strict=True)}
                assert len(of_class) == len({value for _, value in of_class}) == 4  # a class is one level, and no other
            assert (torch.nn.functional.one_hot(y, 4).sum(1) == len(y[0]) // 4).all()  # balanced
        assert batch.question is not None
        assert batch.question.tolist() == [HIDDEN_QUESTIONS.index(question)] * 4


def test_the_two_never_agree_about_a_query(small: CharacterSet) -> None:
    for agree in (False, True):
        first, second = sampler(small, agree=agree).pair(3)
        assert (first.query_y != second.query_y).all()
        assert ((first.support_y == second.support_y) == agree).all()


def test_a_class_by_one_question_says_nothing_about_the_other(small: CharacterSet) -> None:
    first, second = sampler(small).pair(0)
    for task in range(4):
        for way in range(4):  # the two drawings of a class are of two classes by the other question
            assert len(second.support_y[task][first.support_y[task] == way].unique()) == 2
            assert len(first.support_y[task][second.support_y[task] == way].unique()) == 2


def test_a_batch_follows_from_its_number(small: CharacterSet) -> None:
    one, again, other = sampler(small).pair(1)[1], sampler(small).pair(1)[1], sampler(small).pair(2)[1]
    assert all(torch.equal(tensor, again.tensors()[name]) for name, tensor in one.tensors().items())
    assert not torch.equal(one.support_x, other.support_x)
    assert torch.equal(sampler(small).batch(1).query_y, sampler(small).pair(1)[0].query_y)


@pytest.mark.parametrize(
    ("asked", "changed", "message"),
    [
        ((), {"batch_size": 5}, "name them both"),
        (("pen",), {}, "name them both"),
        (("pen", "pen"), {}, "name them both"),
        (("pen", "size"), {"shots": 4}, "use fewer shots"),
        (("pen", "up"), {}, "'up' does not vary"),
    ],
)
def test_what_cannot_be_asked_is_said(
    small: CharacterSet, asked: tuple[str, ...], changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(MetalearnError, match=message):
        sampler(small, asked, **changed)
