"""How long the things take that someone waits for. Run alone: python -m pytest tests/benchmarks

Not part of the test run: a time depends on the machine and on what else it does, so nothing here can fail for it.
"""

from pathlib import Path

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.glyphs import make_glyphs
from metalearn.characters.omniglot import load_omniglot
from metalearn.characters.splits import split
from metalearn.pretrained.embedders import load_embedder
from metalearn.pretrained.learners import load_learner
from metalearn.tasks.character_tasks import all_character_tasks
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.single_task import make_task


def test_first_read_of_omniglot(benchmark: BenchmarkFixture, omniglot: CharacterSet, tmp_path: Path) -> None:
    fresh = iter(range(100))

    def read() -> CharacterSet:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("METALEARN_CACHE", str(tmp_path / str(next(fresh))))
            return load_omniglot(omniglot.source)

    assert len(benchmark.pedantic(read, rounds=3)) == 1623


def test_cached_read_of_omniglot(benchmark: BenchmarkFixture, omniglot: CharacterSet) -> None:
    assert len(benchmark.pedantic(lambda: load_omniglot(omniglot.source), rounds=5)) == 1623


def test_generate_the_glyphs(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    fresh = iter(range(100))

    def generate() -> CharacterSet:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("METALEARN_CACHE", str(tmp_path / str(next(fresh))))
            return make_glyphs()

    assert len(benchmark.pedantic(generate, rounds=3)) >= 800


def test_embed_all_character_tasks(benchmark: BenchmarkFixture, characters: CharacterSet) -> None:
    embedder, tasks = load_embedder("gradient", "article"), all_character_tasks(characters, "article")
    assert len(benchmark.pedantic(lambda: embedder.transform(tasks), rounds=3)) == len(characters)


@pytest.mark.parametrize("name", ["prototypes", "anil", "film", "preinit", "maml"])
def test_adapt_to_five_characters_with_five_shots_in_ten_steps(
    benchmark: BenchmarkFixture, characters: CharacterSet, name: str
) -> None:
    learner = load_learner(name, "article")
    task = make_task(characters, [10, 200, 400, 500, 600], shots=5, queries=5)

    with torch.no_grad():
        seen = benchmark.pedantic(lambda: learner.adapt(task, steps=10), rounds=10, warmup_rounds=2)
    assert len(seen.query_accuracy) == 11


def test_one_episode_batch(benchmark: BenchmarkFixture, characters: CharacterSet) -> None:
    sampler = Episodes(characters, split(characters, "article").train, 5, 1, 5, rotations=True, batch_size=16)
    assert benchmark(lambda: sampler.batch(3)).ways == 5
