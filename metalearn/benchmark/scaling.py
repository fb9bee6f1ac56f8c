"""What many tasks cost: time per task and peak memory, when tasks are made, embedded and reduced in a stream."""

import importlib.util
import sys
import time
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import torch
from tqdm import tqdm

from metalearn import plots
from metalearn._workers import workers
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.maps.projections import pca_in_chunks
from metalearn.pretrained.embedders import load_embedder
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.sampler import TaskStream

Row = dict[str, Any]
COUNTS = (1_000, 10_000, 100_000)
SPLIT = "lake"


def check() -> None:
    """Raise MetalearnError on a system that does not say how much memory a process has used."""
    if importlib.util.find_spec("resource") is None:
        raise MetalearnError("the peak memory cannot be measured on this system; use Linux or macOS")


def measure(characters: CharacterSet, counts: tuple[int, ...] = COUNTS) -> list[Row]:
    """Embed so many 5-way 1-shot episodes and reduce them to 32 numbers each; one row for each of ``counts``.

    Every count has its own process, because the peak memory of a process only grows. It starts at more than a gigabyte
    for PyTorch, the drawings and one batch, whatever the number of tasks.
    """
    rows = []
    for count in tqdm(counts, desc="streaming", unit="size"):
        with workers(1, _start, torch.get_num_threads()) as process:
            rows.append(process.submit(_measure, characters, count).result())
    return rows


def _start(threads: int) -> None:
    torch.set_num_threads(threads)


def _measure(characters: CharacterSet, count: int) -> Row:
    episodes = Episodes(characters, split(characters, SPLIT).train, 5, 1, 0, batch_size=500)
    embedder = load_embedder("gradient", SPLIT)[0]
    start = time.perf_counter()
    rows = pca_in_chunks(embedder, TaskStream(episodes, count), size=32)
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
    import resource  # where `check` has found it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def figure(rows: list[Row]) -> go.Figure:
    """Draw the time per task and the peak memory over the number of tasks: flat lines if all is well."""
    titles = {"milliseconds a task": "ms_a_task", "peak memory, MB": "peak_mb"}
    series: dict[str, Sequence[float]] = {title: [row[name] for row in rows] for title, name in titles.items()}
    return plots.over_sizes([row["tasks"] for row in rows], series, "tasks, embedded and reduced in a stream")
