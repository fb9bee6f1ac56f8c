"""How fast the kit is: every case beside the plain way to do the same, by turns, in one process; and beside the limit.

The limit is the arithmetic that a step needs, counted, at the rate at which this machine multiplies large matrices or
convolves, whichever is higher.
"""

import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from metalearn import data, families, memory, plain, plots, recipes, train
from metalearn.adapt import SGD
from metalearn.backbone import HEAD, Backbone, Params
from metalearn.data import CharacterSet, split
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.learners.learner import Learner
from metalearn.learners.preinit import EmbeddingInit, LearnedInit
from metalearn.learners.prototypes import PrototypeInit
from metalearn.tasks import Episodes, TaskBatch, Tasks

Row = dict[str, Any]
Way = Callable[[], Any]
STRIDED = Backbone(widths=(64, 64, 64, 64), pools=(), strided=(1, 2, 3, 4))  # MAML's network for Omniglot
PLAIN = "the plain way"


@dataclass(frozen=True)
class Case:
    """Something to time: the kit's way, and how others do the same, the one that ``target`` is about first.

    ``target``: how many times as fast the kit should be; below one, how much longer it may take. ``seconds``: what it
    may take at all. ``counted``: a way whose arithmetic can be counted and is what there is to do.
    """

    name: str
    kit: Way
    others: dict[str, Way] = field(default_factory=dict)
    target: float | None = None
    seconds: float | None = None
    counted: Way | None = None
    repetitions: int = 7


def run(characters: CharacterSet) -> list[Row]:
    """Time every case: a row for each way with its seconds and, for the kit's own, ratio, target and limit."""
    memory.keep_freed()  # as training does
    rate = arithmetic_rate()
    return [timed(case, rate) for case in tqdm(list(cases(characters)), desc="benchmark", unit="case")]


def machine() -> Row:
    """Name what the times are of: the processor, the threads, PyTorch, and operations a second at best."""
    return {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "gflops": round(arithmetic_rate() / 1e9),
    }


def by_turns(ways: dict[str, Way], repetitions: int) -> dict[str, list[float]]:
    """Time each way so many times, in turn, after once for practice: seconds, by name."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for repetition in range(repetitions + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if repetition:
                times[name].append(time.perf_counter() - start)
    return times


def arithmetic_rate() -> float:
    """Return how many float32 operations a second this machine gets through at best.

    Either when it multiplies two large matrices, or in a large convolution: PyTorch leaves the first to its BLAS, the
    second to oneDNN, and which of them gets further depends on the processor.
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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def figure(rows: list[Row], of: Row) -> plots.go.Figure:
    """Draw how many times as long the others take as the kit, with what was aimed at."""
    compared = [row for row in rows if "ratio" in row]
    measured, aimed = ({row["case"]: row[what] for row in compared} for what in ("ratio", "target"))
    title = f"{of['processor']}, {of['threads']} threads"
    return plots.ratios(measured, aimed, "times as long as the kit takes", title)


# --- the cases -------------------------------------------------------------------------------------------------------


def cases(characters: CharacterSet) -> Iterator[Case]:
    """Yield all cases."""
    yield maml(characters, 1, 1, steps=1, second_order=True, target=2.5)
    yield maml(characters, 1, 1, steps=5, second_order=False, target=3)
    yield maml(characters, 5, 15, steps=5, second_order=False, target=1)
    yield conditioned(characters)
    yield prototypical_training(characters)
    yield prototypical_evaluation(characters)
    yield gradient_embedding(characters)
    yield from reading(characters)
    yield from starting()


def maml(characters: CharacterSet, shots: int, queries: int, steps: int, second_order: bool, target: float) -> Case:
    """A meta-step of MAML on 32 tasks: all at once, against one after the other."""
    batch = _episodes(characters, shots, queries)
    init = LearnedInit((*STRIDED.body, *HEAD))
    learner = Learner(STRIDED, init, SGD(0.1), steps=steps, second_order=second_order)
    setting = (STRIDED, learner.shared, batch, steps, 0.1)
    others = {PLAIN: _backward(learner, lambda: plain.maml_loss(*setting, second_order))}
    if second_order:
        others["torch.func.vmap"] = _backward(learner, lambda: plain.vmapped_maml_loss(*setting))
        if importlib.util.find_spec("higher"):
            others["higher"] = _with_higher(learner, batch, steps)
    order = "second" if second_order else "first"
    name = f"{order}-order MAML, 32 tasks, 5-way {shots}-shot, {queries} queries, {steps} inner steps"
    kit = _backward(learner, lambda: train.query_loss(learner, batch))
    return Case(name, kit, others, target, counted=others[PLAIN])  # of a grouped convolution the counter knows nothing


def conditioned(characters: CharacterSet) -> Case:
    """A meta-step of a learner whose start the embedding sets, embedding included, against MAML's plain loop.

    The network is MAML's; the step is of first order, as those of the learners that ship are.
    """
    batch = _episodes(characters, 1, 1)
    embedder = make_pipeline(GradientEmbedding(STRIDED, STRIDED.initial()), PCA(32)).fit(batch)
    learner = Learner(STRIDED, EmbeddingInit(STRIDED, 32), SGD(0.1), embedder=embedder, steps=1)
    setting = (STRIDED, learner.shared, batch, 1, 0.1)
    others = {PLAIN: _backward(learner, lambda: plain.maml_loss(*setting, second_order=True))}
    name = "embedding-conditioned meta-step, the same tasks, against second-order MAML"
    kit = _backward(learner, lambda: train.query_loss(learner, batch))
    return Case(name, kit, others, 5, counted=kit)


def prototypical_training(characters: CharacterSet) -> Case:
    """A step of prototypical training, sampling included."""
    backbone, pool = families.BACKBONE, split(characters, "article").train
    sampler = Episodes(characters, pool, 60, 5, 5, rotations=True, batch_size=1)
    learner = Learner(backbone, PrototypeInit(), SGD(0.1), steps=0)
    draw = plain.episode_sampler(characters, 60, 10)

    def in_python() -> Tensor:
        return plain.prototypical_loss(backbone, learner.shared, draw(), ways=60, shots=5)

    kit = _backward(learner, lambda: train.query_loss(learner, sampler.batch(0)))
    return Case("prototypical training, 60-way 5 + 5", kit, {PLAIN: _backward(learner, in_python)}, 1.5, counted=kit)


def prototypical_evaluation(characters: CharacterSet) -> Case:
    """Answering 100 episodes with a prototypical network."""
    learner = recipes.load_learner("prototypes", "article")
    batch = Episodes(characters, split(characters, "article").test, 5, 1, 15, batch_size=100).batch(0)

    def kit() -> None:
        with torch.inference_mode():
            learner.adapt(batch, every_query=False)

    others = {"easyfsl": _with_easyfsl(learner, batch)} if importlib.util.find_spec("easyfsl") else {}
    return Case("prototypical evaluation, 100 episodes, 5-way 1-shot, 15 queries", kit, others, counted=kit)


def gradient_embedding(characters: CharacterSet) -> Case:
    """The gradient embedding of every character, against one forward and backward pass over the same drawings."""
    tasks = families.character_tasks(characters, "article")
    embedder = families.load_embedder("article")[0]
    assert isinstance(embedder, GradientEmbedding)
    once = {"one forward and backward pass": _one_pass(embedder.backbone, embedder.parameters, tasks)}
    name = f"gradient embedding of {len(tasks):,} character tasks"
    return Case(name, lambda: embedder.transform(tasks), once, 1 / 1.5, repetitions=2)


def reading(characters: CharacterSet) -> Iterator[Case]:
    """Reading Omniglot for the first time, and again; of other data there is nothing to read."""
    if characters.name != "omniglot":
        return

    def read_anew() -> None:
        kept = os.environ.get("METALEARN_CACHE")
        with tempfile.TemporaryDirectory() as empty:
            os.environ["METALEARN_CACHE"] = empty
            try:
                data.omniglot(characters.source)
            finally:
                del os.environ["METALEARN_CACHE"]
                os.environ |= {"METALEARN_CACHE": kept} if kept else {}

    yield Case("first read of Omniglot", read_anew, seconds=15, repetitions=2)
    yield Case("later reads of Omniglot", lambda: data.omniglot(characters.source), seconds=0.5)


def starting() -> Iterator[Case]:
    """Importing the kit, and the command's help, in processes of their own."""

    def python(*arguments: str) -> Way:
        return lambda: subprocess.run((sys.executable, *arguments), check=True, capture_output=True)

    torch_alone = {"import torch": python("-c", "import torch")}
    yield Case("import metalearn", python("-c", "import metalearn"), torch_alone, 1 / 1.5, repetitions=3)
    yield Case(
        "import of all its parts, scikit-learn with them",
        python("-c", "import metalearn.recipes"),
        torch_alone,
        repetitions=3,
    )
    yield Case("metalearn --help", python("-m", "metalearn", "--help"), seconds=0.5, repetitions=3)


def _episodes(characters: CharacterSet, shots: int, queries: int) -> TaskBatch:
    pool = split(characters, "article").train
    return Episodes(characters, pool, 5, shots, queries, rotations=True, batch_size=32).batch(0)


def _backward(learner: Learner, loss: Callable[[], Tensor]) -> Way:
    def step() -> None:
        learner.zero_grad()
        loss().backward()

    return step


def _one_pass(backbone: Backbone, parameters: Params, tasks: Tasks) -> Way:
    learnable = {name: p.detach().clone().requires_grad_() for name, p in parameters.items()}

    def once() -> None:
        for batch in tasks.batches(32):
            backbone.features(learnable, batch.support_x).square().sum().backward()

    return once


# --- other packages, where they are installed ------------------------------------------------------------------------


class _Module(nn.Module):
    """A plain network with a head as a module, which is what other packages take."""

    def __init__(self, learner: Learner, ways: int = 0) -> None:
        super().__init__()
        self.backbone, self.names = learner.backbone, (*learner.backbone.body, *(HEAD if ways else ()))
        start = plain.of_task(learner.shared, ways)
        self.weights = nn.ParameterList([start[name].detach().clone() for name in self.names])

    def forward(self, x: Tensor) -> Tensor:
        parameters = dict(zip(self.names, self.weights, strict=True))
        compute = plain.logits if "head_weight" in parameters else plain.forward
        return compute(self.backbone, parameters, x)


def _with_higher(learner: Learner, batch: TaskBatch, steps: int) -> Way:
    import higher

    module = _Module(learner, batch.ways)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)

    def step() -> None:
        module.zero_grad()
        for task in batch.batches(1):
            with higher.innerloop_ctx(module, optimizer, copy_initial_weights=False) as (fast, inner):
                for _ in range(steps):
                    inner.step(F.cross_entropy(fast(task.support_x[0]), task.support_y[0]))
                (F.cross_entropy(fast(task.query_x[0]), task.query_y[0]) / len(batch)).backward()

    return step


def _with_easyfsl(learner: Learner, batch: TaskBatch) -> Way:
    from easyfsl.methods import PrototypicalNetworks

    model = PrototypicalNetworks(_Module(learner)).eval()

    def evaluate() -> None:
        with torch.inference_mode():
            for task in batch.batches(1):
                model.process_support_set(task.support_x[0], task.support_y[0])
                model(task.query_x[0])

    return evaluate
