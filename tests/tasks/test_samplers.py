"""Episodes and character tasks: shapes, purity, no leaks, and refusals that say what would work."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError
from metalearn.tasks.character_tasks import CharacterTasks, all_character_tasks
from metalearn.tasks.episodes import Episodes, fitting_episodes
from metalearn.tasks.mixed_questions import MixedQuestions
from metalearn.tasks.questions import QUESTIONS
from metalearn.tasks.single_task import make_task
from metalearn.tasks.task_batch import TaskBatch, join_batches


def episodes(data: CharacterSet, **changed: object) -> Episodes:
    options = {"ways": 3, "shots": 2, "queries": 2, "batch_size": 4} | changed
    return Episodes(data, np.arange(len(data)), **options)


def same(a: TaskBatch, b: TaskBatch) -> bool:
    return all(torch.equal(x, b.tensors()[name]) for name, x in a.tensors().items())


def test_shapes(small: CharacterSet) -> None:
    batch = episodes(small).batch(0)
    assert batch.support_x.shape == (4, 6, 1, 28, 28)
    assert batch.query_y.tolist() == [[0, 0, 1, 1, 2, 2]] * 4
    assert batch.support_x.dtype == torch.float32
    assert 0 <= batch.support_x.min() < batch.support_x.max() <= 1
    assert len(batch[1]) == 1
    assert torch.equal(batch[1].query_x[0], batch.query_x[1])
    assert [len(part) for part in batch.batches(3)] == [3, 1]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    index=st.integers(0, 10_000),
    question=st.sampled_from(["character", "alphabet", "drawer"]),
    within=st.booleans(),
    rotations=st.booleans(),
)
def test_a_batch_follows_from_its_number_and_no_drawing_is_on_both_sides(
    small: CharacterSet, seed: int, index: int, question: str, within: bool, rotations: bool
) -> None:
    sampler = episodes(small, seed=seed, question=question, within_alphabet=within, rotations=rotations)
    batch = sampler.batch(index)
    assert same(batch, replace(sampler).batch(index))
    for support, query in zip(batch.support_ids.tolist(), batch.query_ids.tolist(), strict=True):
        assert not set(support) & set(query)


def test_batches_differ_by_number_and_by_seed(small: CharacterSet) -> None:
    first = episodes(small).batch(0)
    assert not same(first, episodes(small).batch(1))
    assert not same(first, episodes(small, seed=1).batch(0))


def test_pictures_are_the_drawings_that_the_ids_name(small: CharacterSet) -> None:
    batch = episodes(small).batch(0)
    character, drawing = np.divmod(batch.query_ids.numpy(), 6)
    assert np.array_equal(batch.query_x.numpy()[:, :, 0], small.images[character, drawing].astype(np.float32) / 255)


def test_within_one_alphabet(small: CharacterSet) -> None:
    batch = episodes(small, within_alphabet=True, batch_size=20).batch(0)
    alphabet = small.alphabet_ids[batch.support_ids.numpy() // 6]
    assert (alphabet == alphabet[:, :1]).all()
    assert len(np.unique(alphabet)) == 3


def test_each_class_has_its_own_quarter_turn(small: CharacterSet) -> None:
    batch = episodes(small, ways=12, rotations=True, batch_size=1).batch(0)
    character, drawing = np.divmod(batch.support_ids[0].numpy(), 6)
    upright = small.images[character, drawing] / np.float32(255)
    shown = batch.support_x[0, :, 0].numpy()
    turns = [
        [np.array_equal(np.rot90(picture, quarter), seen) for quarter in range(4)].index(True)
        for picture, seen in zip(upright, shown, strict=True)
    ]
    assert set(turns) == {0, 1, 2, 3}
    for own in np.split(np.array(turns), 12):
        assert len(set(own)) == 1


def test_questions_share_their_answer_and_nothing_else(small: CharacterSet) -> None:
    alphabets = episodes(small, question="alphabet").batch(0)
    character = np.concatenate([alphabets.support_ids, alphabets.query_ids], 1) // 6
    label = np.concatenate([alphabets.support_y, alphabets.query_y], 1)
    for row, answers in zip(character, label, strict=True):
        assert len(set(row)) == len(row)
        for answer in range(3):
            assert len(set(small.alphabet_ids[row[answers == answer]])) == 1
    drawers = episodes(small, question="drawer").batch(0)
    ids, label = (
        np.concatenate([drawers.support_ids, drawers.query_ids], 1),
        np.concatenate([drawers.support_y, drawers.query_y], 1),
    )
    for row, answers in zip(ids, label, strict=True):
        assert len(set(small.alphabet_ids[row // 6])) == 1
        assert [len(set(row[answers == answer] % 6)) for answer in range(3)] == [1, 1, 1]


# --- mixed questions -------------------------------------------------------------------------------------------------


def mixed(data: CharacterSet, **changed: object) -> MixedQuestions:
    options = {"ways": 3, "shots": 2, "queries": 2, "batch_size": 9} | changed
    return MixedQuestions(data, np.arange(len(data)), **options)


def question_of(data: CharacterSet, ids: np.ndarray, labels: np.ndarray) -> str:
    """Tell what a task asks from its drawings: what those of a class share, and no two classes do."""
    character, drawer = np.divmod(ids, data.images.shape[1])
    shared = {"character": character, "alphabet": data.alphabet_ids[character], "drawer": drawer}
    by_class = {name: [set(of[labels == c].tolist()) for c in range(3)] for name, of in shared.items()}
    asked = [
        name
        for name, classes in by_class.items()
        if all(len(one) == 1 for one in classes) and len(set.union(*classes)) == 3
    ]
    return asked[0]  # three characters may be of three alphabets too, and tell them apart on the way


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), index=st.integers(0, 10_000))
def test_mixed_questions_come_in_turn_and_follow_from_their_number(small: CharacterSet, seed: int, index: int) -> None:
    batch = mixed(small, seed=seed).batch(index)
    assert same(batch, replace(mixed(small, seed=seed)).batch(index))
    ids = torch.cat([batch.support_ids, batch.query_ids], 1).numpy()
    labels = torch.cat([batch.support_y, batch.query_y], 1).numpy()
    asked = [question_of(small, *task) for task in zip(ids, labels, strict=True)]
    assert asked == [QUESTIONS[t % 3] for t in range(9)]


def test_mixed_batches_differ_by_number_and_by_seed(small: CharacterSet) -> None:
    first = mixed(small).batch(0)
    assert not same(first, mixed(small).batch(1))
    assert not same(first, mixed(small, seed=1).batch(0))


def test_a_sample_of_mixed_questions_goes_on_in_turn(small: CharacterSet) -> None:
    batches = list(mixed(small).sample(20))
    assert [len(batch) for batch in batches] == [9, 9, 2]
    assert same(batches[2], mixed(small).batch(2)[:2])


# --- batches ---------------------------------------------------------------------------------------------------------


def test_tasks_are_chosen_by_their_numbers(small: CharacterSet) -> None:
    batch = episodes(small).batch(0)
    chosen = batch[torch.tensor([3, 1, 3])]
    assert (len(chosen), chosen.ways) == (3, 3)
    for name, tensor in chosen.tensors().items():
        whole = batch.tensors()[name]
        assert torch.equal(tensor, torch.stack([whole[3], whole[1], whole[3]]))


def test_joined_batches_are_one(small: CharacterSet) -> None:
    batch = episodes(small).batch(0)
    assert same(join_batches(batch.batches(3)), batch)
    twice = join_batches([batch, episodes(small).batch(1)])
    assert (len(twice), twice.ways) == (8, 3)
    assert same(twice[4:], episodes(small).batch(1))


# --- what there is too little of -------------------------------------------------------------------------------------


def test_characters_with_too_few_drawings_are_left_out(small: CharacterSet) -> None:
    counts = small.counts.copy()
    counts[:4] = 3
    uneven = replace(small, counts=counts)
    batch = episodes(uneven, batch_size=50).batch(0)
    assert (batch.support_ids // 6).min() >= 4
    tight = episodes(uneven, shots=1, queries=2, batch_size=50).batch(0)
    ids = torch.cat([tight.support_ids, tight.query_ids], 1).numpy()
    assert (ids % 6 < counts[ids // 6]).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ways": 1}, "at least 2 ways"),
        ({"ways": 13}, "too few characters for 13-way"),
        ({"ways": 5, "within_alphabet": True}, "too few characters .* within one alphabet"),
        ({"shots": 5}, "7 drawings .* at most 6"),
        ({"question": "mood"}, "unknown question 'mood'"),
        ({"question": "alphabet", "ways": 4}, "too few characters"),
        ({"question": "drawer", "ways": 7}, "too few drawers"),
    ],
)
def test_what_cannot_be_sampled(small: CharacterSet, changed: dict[str, object], message: str) -> None:
    with pytest.raises(MetalearnError, match=message):
        episodes(small, **changed)


def test_character_tasks_stand_against_the_same_others(small: CharacterSet) -> None:
    tasks = CharacterTasks(small, np.arange(12), others=np.arange(12), shots=4, queries=1, against=5)
    assert len(tasks) == 12
    (everything,) = tasks.batches(12)
    assert everything.ways == 2
    assert everything.support_y.tolist() == [[0] * 5 + [1] * 4] * 12
    assert (everything.support_ids[:, 5:] // 6 == torch.arange(12)[:, None]).all()
    for target, row in enumerate(everything.support_ids[:, :5].tolist()):
        assert target not in {i // 6 for i in row}
    piecewise = list(tasks.batches(5))
    assert torch.equal(torch.cat([part.support_x for part in piecewise]), everything.support_x)


def test_skipping_gives_the_same_task_from_other_drawings(small: CharacterSet) -> None:
    parts = [
        join_batches(CharacterTasks(small, np.arange(12), np.arange(12), shots=2, against=5, skip=skip).batches(4))
        for skip in (0, 2, 4)
    ]
    own = torch.cat([part.support_ids[:, 5:] for part in parts], dim=1)
    assert torch.equal(own.sort(dim=1).values, torch.arange(72).view(12, 6))
    for part in parts:
        assert torch.equal(part.support_ids[:, :5], parts[0].support_ids[:, :5])
    with pytest.raises(MetalearnError, match="7 drawings"):
        CharacterTasks(small, np.arange(12), np.arange(12), shots=2, against=5, skip=6)


def test_characters_with_fewer_drawings_have_tasks_too(small: CharacterSet) -> None:
    """A task takes the drawings that its character has, whatever the others have, and tasks keep their order."""
    counts = np.array([6, 6, 1, 3, 3, 6, 6, 6, 2, 6, 6, 6])
    tasks = CharacterTasks(replace(small, counts=counts), np.arange(12), np.arange(12), shots=4, against=5)
    found = [row for batch in tasks.batches(2) for row in batch.support_ids[:, 5:].tolist()]
    assert [len(row) for row in found] == np.minimum(counts, 4).tolist()
    assert [row[0] // 6 for row in found] == list(range(12))
    alone = CharacterTasks(small, np.array([5]), np.arange(12), shots=4, against=5)
    assert found[5] == next(iter(alone.batches(1))).support_ids[0, 5:].tolist()


def test_a_set_of_ones_own_stands_against_the_glyphs(small: CharacterSet) -> None:
    """So whatever else is in the set, a task stays the same."""
    few = replace(small, images=small.images[:3], characters=small.characters[:3], counts=small.counts[:3])
    (alone,), (among_others,) = (all_character_tasks(data, "article").batches(12) for data in (few, small))
    assert torch.equal(alone.support_x, among_others.support_x[:3])
    assert alone.support_ids[:, :10].eq(-1).all()
    assert alone.support_ids[:, 10:].ge(0).all()


def test_one_task_of_chosen_characters(small: CharacterSet) -> None:
    task = make_task(small, [7, 2], shots=2, queries=3, seed=1)
    assert (task.support_ids[0] // 6).tolist() == [7, 7, 2, 2]
    assert same(task, make_task(small, [7, 2], shots=2, queries=3, seed=1))
    for wrong, message in (([1], "at least two"), ([1, 1], "each once")):
        with pytest.raises(MetalearnError, match=message):
            make_task(small, wrong)
    with pytest.raises(MetalearnError, match="8 drawings"):
        make_task(small, [1, 2], shots=4, queries=4)


def test_mixed_questions_say_at_once_what_they_cannot_do(small: CharacterSet) -> None:
    with pytest.raises(MetalearnError, match="multiple of 3"):
        mixed(small, batch_size=10)
    with pytest.raises(MetalearnError, match="too few"):
        mixed(small, ways=5)


@settings(max_examples=30)
@given(
    counts=st.lists(st.integers(1, 6), min_size=2, max_size=12),
    ways=st.integers(2, 20),
    shots=st.integers(1, 5),
    queries=st.integers(1, 5),
)
def test_episodes_that_fit_are_as_large_as_the_pool_allows(
    small: CharacterSet, counts: list[int], ways: int, shots: int, queries: int
) -> None:
    data = replace(small, counts=np.array(counts + [1] * (12 - len(counts))))
    pool = np.arange(len(counts))
    if sum(count >= 2 for count in counts) < 2:
        with pytest.raises(MetalearnError, match="at least 2 characters with 2 drawings"):
            fitting_episodes(data, pool, ways, shots, queries)
        return
    found = fitting_episodes(data, pool, ways, shots, queries, batch_size=3)
    assert found.ways == min(ways, sum(count >= 2 for count in counts))
    assert 1 <= found.shots <= shots
    assert 1 <= found.queries <= queries
    assert len(found.batch(0)) == 3
    if sum(count >= shots + queries for count in counts) >= ways:
        assert (found.ways, found.shots, found.queries) == (ways, shots, queries)
