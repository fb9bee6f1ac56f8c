"""Measures, against small cases worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from metalearn import evaluate
from metalearn.adapt import SGD
from metalearn.backbone import Backbone
from metalearn.data import CharacterSet, shrink
from metalearn.errors import MetalearnError
from metalearn.evaluate import Estimate
from metalearn.learners.learner import Learner
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import CharacterTasks, Episodes

NETWORK = Backbone(widths=(4, 4, 8), groups=2)
LEARNER = Learner(NETWORK, PrototypeInit(), SGD(0.0), steps=0)


def test_an_interval_is_196_standard_errors() -> None:
    found = Estimate.of(np.array([0.0, 1.0, 1.0, 0.0]))
    assert found.mean == 0.5
    assert found.ci95 == pytest.approx(1.96 * np.sqrt(1 / 3) / 2)
    assert found.count == 4


def test_an_interval_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    hits = [abs((found := Estimate.of(rng.random(100) < 0.7)).mean - 0.7) <= found.ci95 for _ in range(1000)]
    assert 0.92 < np.mean(hits) < 0.97


def test_accuracies_are_per_task_and_per_step(small: CharacterSet) -> None:
    sampler = Episodes(small, np.arange(12), ways=3, queries=2, batch_size=4)
    found = evaluate.query_accuracies(LEARNER, sampler.sample(10), steps=2)
    assert found.shape == (3, 10)
    with torch.no_grad():
        np.testing.assert_allclose(found[:, :4], LEARNER.adapt(sampler.batch(0), steps=2).query_accuracy)


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
    runs = evaluate.lake_runs(tmp_path)
    assert [run.ways for run in runs] == [3, 3]
    assert sorted(runs[0].query_y[0].tolist()) == [0, 1, 2]
    for query, answer in zip(runs[0].query_x[0], runs[0].query_y[0], strict=True):
        assert torch.equal(query, runs[0].support_x[0, answer])
    paper = np.asarray(Image.open(tmp_path / "run01" / "training" / "class01.png").convert("L"))
    expected = shrink((paper < 128).astype(np.float32)[None])[0] / np.float32(255)
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
        evaluate.lake_runs(tmp_path)


def test_a_folder_without_runs(tmp_path: Path) -> None:
    with pytest.raises(MetalearnError, match="holds no runs"):
        evaluate.lake_runs(tmp_path)


def test_quality_of_a_perfect_and_of_a_meaningless_embedding() -> None:
    labels = np.repeat(np.arange(4), 20)
    rng = np.random.default_rng(0)
    perfect = evaluate.embedding_quality(np.eye(4)[labels] + 0.01 * rng.normal(size=(80, 4)), labels)
    assert perfect["retrieval_1nn"] == perfect["precision_at_10"] == 1
    assert perfect["nmi"] == pytest.approx(1)
    random = evaluate.embedding_quality(rng.normal(size=(80, 16)), labels)
    assert random["retrieval_1nn"] < 0.5
    assert random["nmi"] < 0.3


def test_controls_see_the_tasks_own_class_alone(small: CharacterSet) -> None:
    tasks = CharacterTasks(small, np.arange(12), others=np.arange(12), shots=6, against=5)
    pixels = evaluate.mean_pixels(tasks.batches(5))
    np.testing.assert_allclose(pixels, small.images.mean(1).reshape(12, -1) / 255, atol=1e-6)
    features = evaluate.mean_features(LEARNER, tasks.batches(5))
    own = NETWORK.features(LEARNER.shared, torch.from_numpy(small.images[0])[None, :, None].float() / 255)
    np.testing.assert_allclose(features[0], own[0].mean(0).detach(), atol=1e-5)
