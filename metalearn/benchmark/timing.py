"""Timing: the kit's way and other ways to do the same, in turn and in one process, compared with the machine's limit.

The limit is the time that the arithmetic alone would take: its operations are counted, and the machine's rate is that
at which it multiplies large matrices or convolves, whichever is higher.
"""

import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from metalearn import plots

Row = dict[str, Any]
Way = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """Something to time.

    Parameters
    ----------
    name : str
        What is timed.
    kit : callable
        The kit's way.
    others : dict of str to callable
        Other ways to do the same; the first is the one that ``target`` is about.
    target : float, optional
        How many times as fast the kit should be; below one, it may be slower.
    seconds : float, optional
        How long the kit may take at all.
    counted : callable, optional
        A way whose operations can be counted, for the limit.
    repetitions : int
        How many times each way is timed.
    """

    name: str
    kit: Way
    others: dict[str, Way] = field(default_factory=dict)
    target: float | None = None
    seconds: float | None = None
    counted: Way | None = None
    repetitions: int = 7


def machine() -> Row:
    """Describe the machine: its processor, threads and PyTorch, and how many operations per second it can do."""
    return {
        "processor": machine_name(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "gflops": round(arithmetic_rate() / 1e9),
    }


def by_turns(ways: dict[str, Way], repetitions: int) -> dict[str, list[float]]:
    """Time all ways in turn, so many times each, after one round that does not count: seconds, by name."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for repetition in range(repetitions + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            wait()
            if repetition:
                times[name].append(time.perf_counter() - start)
    return times


def wait() -> None:
    """Wait until the accelerator, if there is one, has done what it was given: a call returns before that."""
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()


def arithmetic_rate() -> float:
    """Return how many float32 operations per second this machine can do.

    This is the higher rate of two: a product of large matrices, which PyTorch leaves to its BLAS, and a large
    convolution, which it leaves to oneDNN. Which is faster depends on the processor.
    """
    a, b = torch.randn(2, 2048, 2048).unbind(0)
    maps = torch.randn(64, 64, 14, 14).contiguous(memory_format=torch.channels_last)
    kernels = torch.randn(64, 64, 3, 3)
    ways = {"product": lambda: a @ b, "convolution": lambda: F.conv2d(maps, kernels, padding=1)}
    operations = {"product": 2 * 2048**3, "convolution": 2 * maps.numel() * kernels[0].numel()}
    return max(operations[name] / min(times) for name, times in by_turns(ways, repetitions=10).items())


def timed(case: Case, rate: float) -> Row:
    """Time one case; ``rate`` is what :func:`arithmetic_rate` returns."""
    times = by_turns({"kit": case.kit, **case.others}, case.repetitions)
    medians = {name: statistics.median(found) for name, found in times.items()}
    row: Row = {"case": case.name, "kit_s": medians.pop("kit"), "target": case.target, "target_s": case.seconds}
    row["spread_s"] = [min(times["kit"]), max(times["kit"])]
    row["others"] = {
        name: {"s": median, "spread_s": [min(times[name]), max(times[name])], "ratio": median / row["kit_s"]}
        for name, median in medians.items()
    }
    if case.target is not None:
        row["ratio"] = next(iter(row["others"].values()))["ratio"]
        row["reached"] = row["ratio"] >= case.target
    if case.seconds is not None:
        row["reached"] = row["kit_s"] <= case.seconds
    if case.counted is not None:
        with FlopCounterMode(display=False) as counter:
            case.counted()
        row["share_of_limit"] = counter.get_total_flops() / rate / row["kit_s"]
    return row


def machine_name() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def figure(rows: list[Row], of: Row) -> go.Figure:
    """Draw how many times as long the others take as the kit, and the targets."""
    compared = [row for row in rows if "ratio" in row]
    measured, aimed = ({row["case"]: row[what] for row in compared} for what in ("ratio", "target"))
    title = f"{of['processor']}, {of['threads']} threads"
    return plots.ratios(measured, aimed, "times as long as the kit takes", title)
