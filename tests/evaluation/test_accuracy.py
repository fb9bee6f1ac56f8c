"""Measures of learners, against small cases worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.images import shrink_images
from metalearn.errors import MetalearnError
from metalearn.evaluation.accuracy import evaluate, query_accuracies
from metalearn.evaluation.estimate import Estimate
from metalearn.learners.backbone import HEAD, Backbone, Params
from metalearn.learners.hooks import Support
from metalearn.learners.init_hooks import EmbeddingInit, LearnedInit, PrototypeInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.lake_runs import load_lake_runs
from metalearn.tasks.task_batch import Tasks

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
LEARNER = Learner(NETWORK, PrototypeInit(), SGD(0.0), steps=0)


def test_an_interval_of_many_is_196_standard_errors() -> None:
    found = Estimate.of(np.tile([0.0, 1.0, 1.0, 0.0], 50))
    assert found.mean == 0.5
    assert found.ci95 == pytest.approx(1.96 * np.sqrt(50 / 199 / 200))
    assert found.count == 200


def test_an_interval_of_few_is_students() -> None:
    """Student's t for three degrees of freedom is 3.182."""
    assert Estimate.of(np.array([0.0, 1.0, 1.0, 0.0])).ci95 == pytest.approx(3.182 * np.sqrt(1 / 3) / 2, rel=1e-3)
    single = Estimate.of(np.array([0.5]))
    assert np.isnan(single.ci95)
    assert str(single) == "50.0 %"


def test_samples_that_go_together_count_as_one() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.5])
    doubled = Estimate.of(np.repeat(values, 2), groups=np.repeat(np.arange(4), 2))
    plain = Estimate.of(values)
    assert (doubled.mean, doubled.count) == (plain.mean, 8)
    assert doubled.ci95 == pytest.approx(plain.ci95)


def test_an_interval_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    hits = [abs((found := Estimate.of(rng.random(100) < 0.7)).mean - 0.7) <= found.ci95 for _ in range(1000)]
    assert 0.92 < np.mean(hits) < 0.97
    few = [abs((found := Estimate.of(rng.normal(size=5))).mean) <= found.ci95 for _ in range(2000)]
    assert 0.935 < np.mean(few) < 0.965


def test_within_an_alphabet_the_alphabets_are_what_is_independent(small: CharacterSet) -> None:
    sampler = Episodes(small, np.arange(12), ways=3, queries=2, within_alphabet=True, batch_size=4)
    found = evaluate(LEARNER, sampler, tasks=30)
    assert found.alphabets is not None
    assert [len(found.alphabets), *sorted(set(found.alphabets))] == [30, "Ash", "Birch", "Cedar"]
    assert found.estimate == Estimate.of(found.accuracies[-1], groups=found.alphabets)
    means = [estimate.mean for estimate in found.by_alphabet.values()]
    assert means == sorted(means)
    assert sum(estimate.count for estimate in found.by_alphabet.values()) == 30
    anywhere = evaluate(LEARNER, Episodes(small, np.arange(12), ways=3, queries=2, batch_size=4), tasks=8)
    assert anywhere.alphabets is None
    assert anywhere.by_alphabet == {}


def test_drawers_are_told_apart_within_an_alphabet(small: CharacterSet) -> None:
    sampler = Episodes(small, np.arange(12), ways=3, queries=2, question="drawer", batch_size=4)
    found = evaluate(LEARNER, sampler, tasks=12)
    assert found.alphabets is not None
    assert found.estimate == Estimate.of(found.accuracies[-1], groups=found.alphabets)
    mixed = Episodes(small, np.arange(12), ways=3, queries=2, question="alphabet", within_alphabet=True, batch_size=4)
    assert evaluate(LEARNER, mixed, tasks=8).alphabets is None


def test_accuracies_are_per_task_and_per_step(small: CharacterSet) -> None:
    sampler = Episodes(small, np.arange(12), ways=3, queries=2, batch_size=4)
    found = query_accuracies(LEARNER, sampler.sample(10), steps=2)
    assert found.shape == (3, 10)
    with torch.no_grad():
        np.testing.assert_allclose(found[:, :4], LEARNER.adapt(sampler.batch(0), steps=2).query_accuracy)


def test_the_end_alone_is_what_every_step_ends_with(small: CharacterSet) -> None:
    sampler = Episodes(small, np.arange(12), ways=3, queries=2, batch_size=4)
    learner = Learner(NETWORK, LearnedInit(HEAD), SGD(0.5), steps=3)
    every_step = query_accuracies(learner, sampler.sample(8))
    at_the_end = query_accuracies(learner, sampler.sample(8), every_query=False)
    assert (every_step.shape, at_the_end.shape) == ((4, 8), (1, 8))
    np.testing.assert_array_equal(at_the_end[0], every_step[-1])


# --- a learner that is told something else ---------------------------------------------------------------------------


class Numbered:
    """An embedder that gives the tasks of a batch the numbers 1, 2, 3, …"""

    def transform(self, tasks: Tasks) -> np.ndarray:
        return np.arange(1, len(tasks) + 1, dtype=np.float32)[:, None].repeat(6, axis=1)


def told(small: CharacterSet, embedding: str) -> list[Tensor]:
    """What a learner that is embedded by number is told about two batches of eight tasks."""
    heard = []

    def init(support: Support) -> Params:
        heard.append(support.embedding)
        return LearnedInit(HEAD)(support)

    learner = Learner(NETWORK, init, SGD(0.1), embedder=Numbered(), steps=1)
    batches = Episodes(small, np.arange(12), ways=3, queries=2, batch_size=8).sample(16)
    assert query_accuracies(learner, batches, embedding=embedding).shape == (2, 16)
    return heard


def test_a_shuffled_embedding_is_another_tasks_of_the_batch(small: CharacterSet) -> None:
    own = torch.from_numpy(Numbered().transform(range(8)))
    for heard in told(small, "own"):
        assert torch.equal(heard, own)
    shuffled = told(small, "shuffled")
    for heard in shuffled:
        assert (heard != own).all()
        assert torch.equal(heard.sort(dim=0).values, own)
    assert not torch.equal(*shuffled)


def test_zeros_and_noise_say_nothing(small: CharacterSet) -> None:
    for heard in told(small, "zero"):
        assert heard.shape == (8, 6)
        assert not heard.any()
    first, second = told(small, "random")
    assert first.shape == second.shape == (8, 6)
    assert not torch.equal(first, second)
    assert torch.cat([first, second]).std().item() == pytest.approx(1, abs=0.25)
    assert all(torch.equal(a, b) for a, b in zip(told(small, "random"), (first, second), strict=True))


def test_what_it_is_told_changes_what_a_conditioned_learner_answers(small: CharacterSet) -> None:
    init = EmbeddingInit(NETWORK, embedding_size=6)
    torch.nn.init.normal_(init.offsets.weight, std=0.5, generator=torch.Generator().manual_seed(0))
    sampler = Episodes(small, np.arange(12), ways=3, queries=4, batch_size=8)
    conditioned = Learner(NETWORK, init, SGD(0.3), embedder=Numbered(), steps=2)
    unconditioned = Learner(NETWORK, PrototypeInit(), SGD(0.3), steps=2)
    for learner, changes in ((conditioned, True), (unconditioned, False)):
        own, other = (query_accuracies(learner, sampler.sample(16), embedding=e) for e in ("own", "random"))
        assert (own != other).any() == changes


def test_an_unknown_kind_of_embedding_is_refused(small: CharacterSet) -> None:
    batches = Episodes(small, np.arange(12), ways=3, queries=2).sample(4)
    with pytest.raises(MetalearnError, match="'inverted'; there are own, shuffled, zero, random"):
        query_accuracies(LEARNER, batches, embedding="inverted")


# --- Lake's runs -----------------------------------------------------------------------------------------------------


def published_run(folder: Path, classes: int = 3, seed: int = 0) -> Path:
    """One run in the published layout, whose test drawings are copies of the training ones, listed backwards."""
    rng = np.random.default_rng(seed)
    (folder / "training").mkdir(parents=True)
    (folder / "test").mkdir()
    lines = []
    for i in range(1, classes + 1):
        paper = Image.fromarray(np.where(rng.random((105, 105)) < 0.1 * i, 0, 255).astype(np.uint8)).convert("1")
        paper.save(folder / "training" / f"class{i:02d}.png")
        paper.save(folder / "test" / f"item{classes + 1 - i:02d}.png")
        lines.append(f"{folder.name}/test/item{classes + 1 - i:02d}.png {folder.name}/training/class{i:02d}.png")
    (folder / "class_labels.txt").write_text("\n".join(lines) + "\n")
    return folder


def test_lakes_runs_are_read_as_published(tmp_path: Path) -> None:
    published_run(tmp_path / "run01")
    published_run(tmp_path / "run02", seed=1)
    runs = load_lake_runs(tmp_path)
    assert [run.ways for run in runs] == [3, 3]
    assert sorted(runs[0].query_y[0].tolist()) == [0, 1, 2]
    for query, answer in zip(runs[0].query_x[0], runs[0].query_y[0], strict=True):
        assert torch.equal(query, runs[0].support_x[0, answer])
    paper = np.asarray(Image.open(tmp_path / "run01" / "training" / "class01.png").convert("L"))
    expected = shrink_images((paper < 128).astype(np.float32)[None])[0] / np.float32(255)
    assert np.array_equal(runs[0].support_x[0, 0, 0].numpy(), expected)
    with torch.no_grad():
        assert LEARNER.adapt(runs[0]).query_accuracy[-1].item() == 1


@pytest.mark.parametrize("damage", ["labels", "training", "picture"])
def test_runs_that_are_not_whole(tmp_path: Path, damage: str) -> None:
    run = published_run(tmp_path / "run01")
    if damage == "labels":
        (run / "class_labels.txt").write_text("one two three\n")
    elif damage == "training":
        (run / "training" / "class02.png").unlink()
    else:
        (run / "test" / "item01.png").write_bytes(b"nothing")
    with pytest.raises(MetalearnError):
        load_lake_runs(tmp_path)


def test_a_folder_without_runs(tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="holds no runs"):
        load_lake_runs(tmp_path)
