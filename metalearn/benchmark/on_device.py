"""The kit on a GPU, measured once and kept in a file: ``python -m metalearn.benchmark.on_device --device cuda``.

It runs on the processor too, which is how it is tested where there is no GPU. ``tests/benchmarks/gpu.sh`` prepares an
environment for it. The file is written anew after each case, so that what was measured is kept if a later one fails.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import metalearn
from metalearn._device import NAMES, find_device
from metalearn._files import write_atomically
from metalearn.benchmark import cases, timing
from metalearn.benchmark.timing import Case, Row, Way
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.load import load_characters
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, Backbone
from metalearn.learners.init_hooks import LearnedInit
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.pretrained.recipes import RECIPES
from metalearn.tasks.episodes import Episodes
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training.objectives import query_loss
from metalearn.training.outer_loop import train
from metalearn.training.schedule import Progress, Schedule

TOLERANCE = 1e-3  # by how much a meta-gradient may differ from the processor's, as a share of its length
TARGET = 0.985  # 5-way 1-shot, validation characters


@dataclass(frozen=True)
class Size:
    """How much is measured: tasks of a meta-step, repetitions, embedded tasks (None: all), and training runs."""

    tasks: tuple[int, ...]
    repetitions: int
    embedded: int | None
    seeds: int
    meta_steps: int


SIZES = {"full": Size((32, 256), 7, None, 3, 1500), "tiny": Size((2,), 1, 4, 1, 1)}


def measure(
    characters: CharacterSet, device: torch.device, size: Size, save: Callable[[Row], None], only: str = ""
) -> Row:
    """Measure every case on a device, or those with ``only`` in their name, and ``save`` the result after each.

    A case that fails leaves its error, and the others are measured all the same. Raises MetalearnError for a name that
    no case has.
    """
    chosen = [(name, rows) for name, rows in _measurements(characters, device, size) if only in name]
    if not chosen:
        known = ", ".join(name for name, _ in _measurements(characters, device, size))
        raise MetalearnError("there is no case {name!r}; there are {known}", name=only, known=known)
    start = time.perf_counter()
    result: Row = {"device": _name(device), "kind": device.type, "metalearn": metalearn.__version__}
    result |= {"torch": torch.__version__, "cuda": torch.version.cuda, "threads": torch.get_num_threads()}
    result |= {"data": characters.name, "rows": []}
    for name, rows in chosen:
        try:
            result["rows"] += rows()
        except Exception as error:
            result["rows"].append({"case": name, "error": f"{type(error).__name__}: {error}"})
        result["seconds"] = round(time.perf_counter() - start, 1)
        save(result)
    return result


def _measurements(
    characters: CharacterSet, device: torch.device, size: Size
) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """Yield what is measured, by name."""
    kind = device.type

    def second_order(tasks: int) -> Callable[[], list[Row]]:
        return lambda: [_timed(cases.maml(characters, 1, 1, 1, True, 20, tasks, kind), device, size)]

    yield "equal to the processor's", lambda: [equal_to_cpu(characters, device, size.tasks[0])]
    for tasks in size.tasks:
        yield f"second-order MAML, {tasks} tasks", second_order(tasks)
    for tasks in size.tasks:
        yield f"CUDA graph, {tasks} tasks", lambda tasks=tasks: [graphed(characters, device, size, tasks)]  # type: ignore[misc]
    yield "bfloat16", lambda: [half_precision(characters, device, size)]
    yield "conditioned", lambda: [_timed(cases.conditioned(characters, size.tasks[0], kind), device, size)]
    yield "prototypical", lambda: [_timed(cases.prototypical_training(characters, kind), device, size)]
    yield "embedding", lambda: [_timed(cases.gradient_embedding(characters, kind, size.embedded), device, size)]
    yield "time to accuracy", lambda: [time_to_accuracy(characters, device, size)]


def equal_to_cpu(characters: CharacterSet, device: torch.device, tasks: int) -> Row:
    """Compare the gradient of a second-order meta-step with the processor's, in full float32 on both."""
    learner, batch = _maml(characters, tasks)
    expected = _gradient(learner, batch)
    with _without_tf32():
        found = _gradient(learner.to(device), batch).cpu()
    difference = ((found - expected).norm() / expected.norm()).item()
    return {
        "case": f"meta-gradient, {tasks} tasks: difference from the processor's, as a share of its length",
        "difference": difference,
        "tolerance": TOLERANCE,
        "reached": difference <= TOLERANCE,
    }


def half_precision(characters: CharacterSet, device: torch.device, size: Size) -> Row:
    """Time a second-order meta-step with convolutions in bfloat16 against float32, and say how the gradients differ."""
    learner, batch = _maml(characters, size.tasks[0])
    learner, batch = learner.to(device), batch.to(device)

    def lower() -> Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            return query_loss(learner, batch)

    full = _gradient(learner, batch)
    learner.zero_grad()
    lower().backward()
    difference = ((_flat(learner) - full).norm() / full.norm()).item()
    ways = {"float32": _step(learner, lambda: query_loss(learner, batch))}
    name = f"second-order MAML, {size.tasks[0]} tasks, convolutions in bfloat16"
    return {**_timed(Case(name, _step(learner, lower), ways), device, size), "difference": difference}


def graphed(characters: CharacterSet, device: torch.device, size: Size, tasks: int) -> Row:
    """Time a second-order meta-step that is recorded once and replayed in one launch (``torch.cuda.graph``)."""
    name = f"second-order MAML, {tasks} tasks, replayed as a CUDA graph"
    if device.type != "cuda":
        return {"case": name, "not_measured": "a CUDA graph needs a CUDA device"}
    plain = cases.maml(characters, 1, 1, 1, True, 50, tasks, device.type)
    learner, batch = _maml(characters, tasks)
    learner, batch = learner.to(device), batch.to(device)
    expected = _gradient(learner, batch)
    replay = record(_step(learner, lambda: query_loss(learner, batch)))
    replay()
    difference = ((_flat(learner) - expected).norm() / expected.norm()).item()
    others = {**plain.others, "without a graph": plain.kit}
    return {**_timed(Case(name, replay, others, target=50), device, size), "difference": difference}


def record(step: Way) -> Way:
    """Record what a step launches on the GPU, and return a function that launches all of it at once.

    What the step reads stays where it is: other tasks are copied into the batch that was recorded.
    """
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):  # libraries choose their algorithms in the first calls, which cannot be recorded
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def time_to_accuracy(characters: CharacterSet, device: torch.device, size: Size) -> Row:
    """Train the quick prototypical network until its validation accuracy, 5-way 1-shot, reaches the target."""
    recipe, sides = RECIPES["prototypes-quick"], split(characters, "article")
    held_out = Episodes(characters, sides.validation, 5, 1, 15, batch_size=100)
    runs = []
    for seed in range(size.seeds):
        learner = recipe.build(None, seed).to(device)
        progress = train(
            learner,
            recipe.practice(characters, sides, seed),
            validation=held_out,
            meta_steps=min(size.meta_steps, recipe.meta_steps),
            schedule=Schedule(recipe.learning_rate, validate_every=25, half_precision=recipe.half_precision),
            objective=recipe.objective,
            stop=_accurate,
        )
        accuracy = progress.validation[-1][1]
        runs.append({"seed": seed, "seconds": round(progress.wall_s, 2), "accuracy": accuracy, "steps": progress.step})
    seconds = [run["seconds"] for run in runs if run["accuracy"] >= TARGET]
    return {
        "case": f"prototypical training to {100 * TARGET} % of 5-way 1-shot validation tasks",
        "median_s": statistics.median(seconds) if len(seconds) == len(runs) else None,
        "runs": runs,
    }


def _accurate(progress: Progress) -> bool:
    return bool(progress.validation) and progress.validation[-1][1] >= TARGET


def _timed(case: Case, device: torch.device, size: Size) -> Row:
    """Time a case, and add the most memory that the kit's way takes on a GPU."""
    times = timing.by_turns({"kit": case.kit, **case.others}, size.repetitions)
    medians = {name: statistics.median(found) for name, found in times.items()}
    row: Row = {"case": case.name, "target": case.target, "kit_s": medians["kit"]}
    row["spread_s"] = {name: [min(found), max(found)] for name, found in times.items()}
    row["ratios"] = {name: median / medians["kit"] for name, median in medians.items() if name != "kit"}
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        case.kit()
        row["peak_mb"] = round(torch.cuda.max_memory_allocated() / 1e6)
    return row


def _maml(characters: CharacterSet, tasks: int) -> tuple[Learner, TaskBatch]:
    """Return a learner by second-order MAML, with weights that are no longer all zero in its head, and tasks."""
    network: Backbone = cases.STRIDED
    learner = Learner(network, LearnedInit((*network.body, *HEAD)), SGD(0.1), steps=1, second_order=True)
    with torch.no_grad():
        learner.start["head_weight"].normal_(generator=torch.Generator().manual_seed(0))
    pool = split(characters, "article").train
    return learner, Episodes(characters, pool, 5, 1, 1, rotations=True, batch_size=tasks).batch(0)


def _step(learner: Learner, loss: Callable[[], Tensor]) -> Way:
    def step() -> None:
        learner.zero_grad()
        loss().backward()

    return step


def _gradient(learner: Learner, batch: TaskBatch) -> Tensor:
    _step(learner, lambda: query_loss(learner, batch))()
    return _flat(learner).clone()


def _flat(learner: Learner) -> Tensor:
    return torch.cat([p.grad.flatten() for p in learner.parameters() if p.grad is not None])


@contextmanager
def _without_tf32() -> Iterator[None]:
    """Convolve in full float32: on a GPU, PyTorch rounds to 10 bits by default."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else f"{device.type}: {timing.machine_name()}"


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", choices=NAMES, default="auto")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--only", default="", metavar="NAME", help="measure the cases with this in their name")
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--data-dir", type=Path, help="a folder with Omniglot")
    options = parser.parse_args(arguments)

    def save(result: dict[str, Any]) -> None:
        write_atomically(options.output, json.dumps(result, indent=1).encode())

    try:
        device = find_device(options.device)
        result = measure(load_characters(options.data_dir), device, SIZES[options.size], save, options.only)
    except MetalearnError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return any("error" in row for row in result["rows"])


if __name__ == "__main__":
    sys.exit(main())
