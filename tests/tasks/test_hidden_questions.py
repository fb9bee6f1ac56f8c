"""Hidden questions: every attribute is what it is called, and a task's classes are levels of the one that it asks."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.hidden_questions import HiddenQuestions
from metalearn.tasks.questions import HIDDEN_QUESTIONS
from metalearn.tasks.rendering import LEVELS, USUAL, Fields, distance_field, render
from metalearn.tasks.task_batch import TaskBatch


def world(data: CharacterSet, **changed: Any) -> HiddenQuestions:
    options: dict[str, Any] = {"ways": 3, "shots": 2, "queries": 2, "attributes": 8, "batch_size": 8} | changed
    return HiddenQuestions(data, np.arange(len(data)), **options)


def same(a: TaskBatch, b: TaskBatch) -> bool:
    return all(torch.equal(tensor, b.tensors()[name]) for name, tensor in a.tensors().items())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), index=st.integers(0, 10_000), attributes=st.integers(1, 8))
def test_a_batch_follows_from_its_number(small: CharacterSet, seed: int, index: int, attributes: int) -> None:
    sampler = world(small, seed=seed, attributes=attributes, batch_size=2 * attributes)
    batch = sampler.batch(index)
    assert same(batch, replace(sampler).batch(index))
    assert not same(batch, sampler.batch(index + 1))
    assert 0 <= batch.support_x.min() <= batch.support_x.max() <= 1
    for support, query in zip(batch.support_ids.tolist(), batch.query_ids.tolist(), strict=True):
        assert len({*support, *query}) == 12  # no drawing comes twice


def test_a_question_about_the_character_has_one_in_each_class(small: CharacterSet) -> None:
    batch = world(small, attributes=3, batch_size=9).batch(0)
    for task in range(0, 9, 3):
        ids = torch.cat([batch.support_ids[task].view(3, 2), batch.query_ids[task].view(3, 2)], dim=1)
        characters = ids // small.images.shape[1]
        assert (characters == characters[:, :1]).all()
        assert len(characters[:, 0].unique()) == 3


def test_more_attributes_are_more_questions(small: CharacterSet) -> None:
    few = world(small, attributes=4)
    assert replace(few, attributes=8).questions == HIDDEN_QUESTIONS
    assert replace(few, attributes=2).questions == HIDDEN_QUESTIONS[:2]


def test_tasks_may_have_no_queries(small: CharacterSet) -> None:
    assert world(small, queries=0).batch(0).query_x.shape == (8, 0, 1, 28, 28)


def test_what_is_not_about_characters_needs_few_drawings_of_each(small: CharacterSet) -> None:
    many = world(small, asked=("pen",), shots=6, queries=6).batch(0)  # each character has six
    assert many.support_x.shape[1] == 18


@pytest.mark.parametrize("asked", HIDDEN_QUESTIONS[1:])
def test_classes_are_levels_of_what_is_asked(small: CharacterSet, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn_with = []

    def watched(fields: torch.Tensor, levels: dict[str, np.ndarray]) -> torch.Tensor:
        drawn_with.append({name: level.reshape(8, 3, 4) for name, level in levels.items()})
        return render(fields, levels)

    monkeypatch.setattr("metalearn.tasks.hidden_questions.render", watched)
    world(small, asked=(asked,)).batch(0)
    (of,) = drawn_with  # support and query drawings of each class, together
    assert (of[asked] == of[asked][..., :1]).all()
    assert all(len(set(task)) == 3 for task in of[asked][..., 0].tolist())
    for other in set(USUAL) - {asked}:
        assert (of[other] != of[other][..., :1]).any()


def test_what_does_not_vary_is_as_usual(small: CharacterSet) -> None:
    only_characters = world(small, attributes=1).batch(0)
    drawings = only_characters.support_ids.flatten().numpy()
    usual = {name: np.full(len(drawings), level) for name, level in USUAL.items()}
    expected = render(Fields(small).of(drawings), usual)
    torch.testing.assert_close(only_characters.support_x.flatten(0, 1), expected)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"attributes": 9}, "1 to 8 attributes can vary, not 9"),
        ({"attributes": 2, "asked": ("size",)}, "'size' does not vary; there are character, pen"),
        ({"batch_size": 12}, "is a multiple of 8, not 12"),
        ({"ways": 6}, "needs 2 to 5 ways"),
        ({"shots": 0}, "at least 1 shot"),
        ({"queries": -1}, "no negative number"),
        ({"shots": 300}, "too few characters"),
        ({"shots": 300, "asked": ("pen",)}, "too few characters"),
    ],
)
def test_what_cannot_be_asked_is_said(small: CharacterSet, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(MetalearnError, match=message):
        world(small, **changed)


# --- rendering -------------------------------------------------------------------------------------------------------


def drawn(images: torch.Tensor, **levels: int) -> torch.Tensor:
    chosen = {name: np.full(len(images), level) for name, level in (USUAL | levels).items()}
    return render(distance_field(images), chosen)[:, 0]


@pytest.fixture
def cross() -> torch.Tensor:
    images = torch.zeros(1, 1, 28, 28)
    images[..., 13:15, 6:22] = images[..., 6:22, 13:15] = 1
    return images


def test_a_distance_is_one_from_the_edge_of_the_ink(cross: torch.Tensor) -> None:
    field = distance_field(cross)[0]
    assert field.shape == (42, 42)
    assert field[20, 20] == pytest.approx(-1, abs=0.5)  # in the middle of strokes two pixels wide
    assert field[20, 0] == pytest.approx(6 - 0.33, abs=0.5)  # an arm begins at 6


def test_each_level_of_a_pen_and_a_size_has_more_ink(cross: torch.Tensor) -> None:
    for name in ("pen", "size"):
        ink = [drawn(cross, **{name: level}).sum() for level in range(LEVELS)]
        assert all(more > 1.1 * less for less, more in itertools.pairwise(ink))


def test_places_move_the_drawing(cross: torch.Tensor) -> None:
    row, column = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    for name, position, sign in (("across", column, 1), ("up", row, -1)):
        images = [drawn(cross, size=0, **{name: level})[0] for level in range(LEVELS)]
        middles = torch.stack([(image * position).sum() / image.sum() for image in images])
        torch.testing.assert_close(sign * middles.diff(), torch.full((4,), 0.16 * 14), atol=0.5, rtol=0)


def test_a_turn_turns_the_line_under_the_drawing(cross: torch.Tensor) -> None:
    upright, turned, back = (drawn(cross, turn=level)[0] for level in (2, 3, 1))
    torch.testing.assert_close(upright, upright.flip(1), atol=0.01, rtol=0)
    torch.testing.assert_close(turned, back.flip(1), atol=0.01, rtol=0)
    assert (turned - upright).abs().max() > 0.9


def test_the_line_under_the_drawing_is_always_there() -> None:
    every = np.stack(np.meshgrid(*[np.arange(LEVELS)] * 5), axis=-1).reshape(-1, 5)
    levels = dict(zip(("pen", "size", "turn", "across", "up"), every.T, strict=True))
    levels |= {name: np.zeros(len(every), np.int64) for name in ("paper", "frame")}
    inked, empty = (render(torch.full((len(every), 42, 42), distance), levels)[:, 0] for distance in (-5.0, 9.0))
    assert empty.sum((1, 2)).min() > 6  # the line alone, wherever the drawing is
    beside = F.max_pool2d(empty, 5, stride=1, padding=2) > 0.4
    lightest = torch.where(beside, inked, 1.0).amin((1, 2))
    assert lightest.max() < 0.4  # no ink hides it


def test_papers_and_frames_lie_beneath_the_ink(cross: torch.Tensor) -> None:
    plain = drawn(cross)
    for name in ("paper", "frame"):
        kinds = torch.cat([drawn(cross, **{name: level}) for level in range(LEVELS)])
        assert (kinds >= plain - 1e-6).all()
        assert len({tuple(kind.flatten().tolist()) for kind in kinds}) == LEVELS


def test_no_ink_is_no_drawing(cross: torch.Tensor) -> None:
    empty = drawn(torch.zeros(1, 1, 28, 28))[0]
    assert 4 < (empty > 0.5).sum() < 20  # the line under it, and nothing else
    assert not empty[:16].any()
