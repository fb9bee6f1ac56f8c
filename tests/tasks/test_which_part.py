"""Pages of four characters: one place makes the class, and the others say nothing of it."""

import numpy as np
import pytest
import torch

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.questions import PLACES
from metalearn.tasks.which_part import WhichPart


def part(images: torch.Tensor, place: int) -> torch.Tensor:
    """Return one place ``[..., 14, 14]`` of pages ``[..., 1, 28, 28]``."""
    row, column = divmod(place, 2)
    return images[..., 0, 14 * row : 14 * row + 14, 14 * column : 14 * column + 14]


def test_the_class_is_the_character_in_the_place_that_is_asked_about(small: CharacterSet) -> None:
    batch = WhichPart(small, np.arange(12), ways=4, shots=2, queries=1, batch_size=8).batch(0)
    assert batch.question is not None
    assert [PLACES[q] for q in batch.question.tolist()] == [*PLACES, *PLACES]
    for task, place in enumerate(batch.question.tolist()):
        for y, drawing, x in zip(batch.support_y[task], batch.support_ids[task], batch.support_x[task], strict=True):
            character, number = divmod(int(drawing), 6)
            drawn = torch.from_numpy(small.images[character, number].astype(np.float32) / 255).view(14, 2, 14, 2)
            torch.testing.assert_close(part(x, place), (1.6 * drawn.mean((1, 3))).clamp_max(1))
            first = batch.support_ids[task][batch.support_y[task] == y][0]
            assert character == int(first) // 6
        drawings = torch.cat([batch.support_ids[task], batch.query_ids[task]])
        assert len(drawings.unique()) == len(drawings)


def test_the_other_places_vary_within_a_class(small: CharacterSet) -> None:
    batch = WhichPart(small, np.arange(12), ways=4, shots=4, queries=1, batch_size=4).batch(0)
    for task in range(4):
        for place in range(4):
            drawings = part(batch.support_x[task], place).unflatten(0, (4, 4)).flatten(2)
            means = drawings.mean(1, keepdim=True)
            assert (drawings - means).abs().sum() > 0  # other drawings, and in other places other characters
    again = WhichPart(small, np.arange(12), ways=4, shots=4, queries=1, batch_size=4).batch(0)
    torch.testing.assert_close(batch.support_x, again.support_x, rtol=0, atol=0)
    other = WhichPart(small, np.arange(12), ways=4, shots=4, queries=1, batch_size=4, seed=1).batch(0)
    assert not torch.equal(batch.support_x, other.support_x)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"batch_size": 6}, "multiple of 4, not 6"),
        ({"ways": 1}, "at least 2 ways"),
        ({"shots": 0}, "1 shot"),
        ({"queries": -1}, "no negative number"),
        ({"shots": 5, "queries": 2}, "too few characters for 5-way 5-shot tasks with 2 queries: 0 may be used"),
        ({"ways": 13}, "too few characters for 13-way"),
    ],
)
def test_what_cannot_be_asked_is_refused(small: CharacterSet, changed: dict[str, int], says: str) -> None:
    with pytest.raises(MetalearnError, match=says):
        WhichPart(small, np.arange(12), **changed)


def test_samples_and_says_what_it_is(small: CharacterSet) -> None:
    sampler = WhichPart(small, np.arange(12), ways=3)
    assert sampler.questions == PLACES
    assert [len(batch) for batch in sampler.sample(12)] == [8, 4]
    assert repr(sampler) == (
        "<WhichPart: 3-way 2-shot, 3 queries per class, pages of 4 from 12 characters of small, seed 0>"
    )
