"""What many tasks cost: the time a task and the peak memory where tasks are made, embedded and reduced in a stream."""

import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch
from tqdm import tqdm

from metalearn import families, plots
from metalearn.data import CharacterSet, split
from metalearn.reduce import pca_in_chunks
from metalearn.tasks import Episodes, Stream

Row = dict[str, Any]
COUNTS = (1_000, 10_000, 100_000)


def measure(characters: CharacterSet, counts: tuple[int, ...] = COUNTS, split_name: str = "lake") -> list[Row]:
    """Embed so many 5-way 1-shot episodes and reduce them to 32 numbers each; a row for each of ``counts``.

    Every count has a process of its own, as a process never gives back the peak of its memory. It starts with
    more than a gigabyte for PyTorch, the drawings and one batch, whatever the number of tasks.
    """
    rows = []
    for count in tqdm(counts, desc="streaming", unit="size"):
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawn, _start, (torch.get_num_threads(),)) as process:
            rows.append(process.submit(_measure, characters, count, split_name).result())
    return rows


def _start(threads: int) -> None:
    torch.set_num_threads(threads)


def _measure(characters: CharacterSet, count: int, split_name: str) -> Row:
    episodes = Episodes(characters, split(characters, split_name).train, 5, 1, 0, batch_size=500)
    embedder = families.load_embedder(split_name)[0]
    start = time.perf_counter()
    rows = pca_in_chunks(embedder, Stream(episodes, count), size=32)
    seconds = time.perf_counter() - start
    assert len(rows) == count
    return {
        "data": characters.name,
        "tasks": count,
        "seconds": round(seconds, 2),
        "ms_a_task": round(1000 * seconds / count, 3),
        "peak_mb": round(_peak_bytes() / 1e6),
    }


def _peak_bytes() -> int:
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def figure(rows: list[Row]) -> plots.go.Figure:
    """Draw the time a task and the peak memory over the number of tasks: flat lines, where all is well."""
    says = {"milliseconds a task": "ms_a_task", "peak memory, MB": "peak_mb"}
    series: dict[str, Sequence[float]] = {title: [row[name] for row in rows] for title, name in says.items()}
    return plots.over_sizes([row["tasks"] for row in rows], series, "tasks, embedded and reduced in a stream")
