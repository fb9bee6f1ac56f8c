"""The outer loop: meta-training with validation, checkpoints and resuming."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from metalearn import distributed, memory, store
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.tasks import TaskBatch

# A loss; of several processes, each gives its part, and the parts add up to it.
Objective = Callable[[Learner, TaskBatch], Tensor]


class Sampler(Protocol):
    """Anything whose batch ``i`` is always the same."""

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How long to meta-train and how fast: AdamW with a short warm-up and a cosine to zero, in each of ``cycles``.

    A second cycle starts anew at the full rate (Loshchilov and Hutter 2017, "SGDR"). Meta-parameters of hooks learn
    ``hook_speed`` times as fast as those of the backbone. With ``half_precision``, convolutions are computed in
    bfloat16 where the processor can.
    """

    meta_steps: int
    learning_rate: float = 3e-3
    cycles: int = 1
    hook_speed: float = 1.0
    weight_decay: float = 5e-4
    validate_every: int = 250
    clip: float = 10.0
    half_precision: bool = False

    def factor(self, step: int) -> float:
        """The share of the learning rate that meta-step ``step`` uses."""
        warm_up = min(1.0, (step + 1) / 20)
        period = math.ceil(self.meta_steps / self.cycles)
        into_cycle = step - period * min(step // period, self.cycles - 1)
        return warm_up * 0.5 * (1 + math.cos(math.pi * into_cycle / period))


@dataclass
class Progress:
    """What training has seen so far: losses, (meta-step, validation accuracy) pairs, and the time it took."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0


def query_loss(learner: Learner, batch: TaskBatch) -> Tensor:
    """The loss of the adapted learner on the query sets, averaged over tasks (Finn et al. 2017)."""
    return learner.adapt(distributed.share(batch), every_query=False).query_loss[-1].sum() / len(batch)


def reptile_distance(learner: Learner, batch: TaskBatch) -> Tensor:
    """Half the squared distance from φ to where tasks end; its gradient φ - φ_S is Reptile's (Nichol et al. 2018)."""
    end = learner.adapt(distributed.share(batch), every_query=False).parameters[-1]
    distances = [(learner.start[name] - p.detach()).square().flatten(1).sum(1) for name, p in end.items()]
    return 0.5 * torch.stack(distances).sum() / len(batch)


def all_pairs_loss(learner: Learner, batch: TaskBatch) -> Tensor:
    """The prototypical one-shot loss with every drawing in turn the only example of its class.

    The tasks of the batch are taken as one, with the classes of all. Drawing k of each class makes a support set, and
    all other drawings are its queries: K support sets of K - 1 queries a class for the price of K drawings a class
    (Snell et al. 2017, equation 2, with every choice of the support set).
    """
    batch = batch.to(learner.device)
    parts = [x.unflatten(1, (batch.ways, -1)) for x in (batch.support_x, batch.query_x)]
    x = torch.cat(parts, dim=2).flatten(0, 1)
    classes, each = x.shape[:2]
    own = distributed.share(range(classes))
    queries = learner.backbone.features(learner.shared, x[own.start : own.stop].flatten(0, 1)[None])[0].to(x)
    supports = distributed.from_all(queries, own.start * each, classes * each)
    with torch.autocast(x.device.type, enabled=False):  # small differences of large numbers: in full precision
        lengths = supports.square().sum(1)
        own_lengths = lengths[own.start * each : own.stop * each, None]
        distances = own_lengths + lengths - 2 * queries @ supports.T
    logits = -distances.view(len(own), each, classes, each).transpose(2, 3)  # class, query, support, class
    answers = torch.tensor(own, device=x.device)[:, None, None].expand(-1, each, each)
    others = ~torch.eye(each, dtype=torch.bool, device=x.device).expand(len(own), -1, -1)
    return F.cross_entropy(logits[others], answers[others], reduction="sum") / (classes * each * (each - 1))


def train(
    learner: Learner,
    tasks: Sampler,
    validation: Sequence[TaskBatch],
    schedule: Schedule,
    objective: Objective = query_loss,
    folder: Path | None = None,
    title: str = "meta-training",
    stop: Callable[[Progress], bool] = lambda progress: False,
) -> Progress:
    """Meta-train ``learner`` in place and leave it at its best validation accuracy.

    With a ``folder``, the run is kept there at every validation, and a run found there goes on where it was: the end
    is the same as without the interruption. Processes that torchrun started share the tasks of every batch, and the
    first of them keeps the run. ``stop`` is asked after every meta-step. Raises MetalearnError where the
    folder holds a run with other settings.
    """
    memory.keep_freed()
    optimizer = torch.optim.AdamW(_groups(learner, schedule), weight_decay=schedule.weight_decay)
    run = _Run(learner, optimizer, schedule, folder)
    progress = run.progress
    clock, cpu_clock = time.perf_counter() - progress.wall_s, time.process_time() - progress.cpu_s
    with tqdm(total=schedule.meta_steps, initial=progress.step, desc=title, unit="step") as bar:
        while progress.step < schedule.meta_steps:
            loss = _meta_step(learner, tasks.batch(progress.step), optimizer, schedule, progress.step, objective)
            progress.losses.append(loss)
            progress.step += 1
            progress.wall_s, progress.cpu_s = time.perf_counter() - clock, time.process_time() - cpu_clock
            stopped = stop(progress)
            if stopped or progress.step % schedule.validate_every == 0 or progress.step == schedule.meta_steps:
                run.validated(mean_accuracy(learner, validation))
                bar.set_postfix(loss=f"{loss:.3f}", validation=f"{progress.validation[-1][1]:.2%}")
            bar.update()
            if stopped:
                break
    run.restore_best()
    return progress


def mean_accuracy(learner: Learner, batches: Sequence[TaskBatch]) -> float:
    """Query accuracy after adaptation, averaged over all tasks of ``batches``."""
    with torch.no_grad():
        total = torch.zeros((), device=learner.device)
        for batch in batches[distributed.number() :: distributed.count()]:  # more processes than batches: some wait
            total += learner.adapt(batch, every_query=False).query_accuracy[-1].sum()
        distributed.add_up([total])
    return total.item() / sum(map(len, batches))


def _groups(learner: Learner, schedule: Schedule) -> list[dict[str, Any]]:
    hooks = [p for name, p in learner.named_parameters() if not name.startswith("start.")]
    return [{"params": list(learner.start.parameters()), "speed": 1.0}, {"params": hooks, "speed": schedule.hook_speed}]


def _meta_step(
    learner: Learner,
    batch: TaskBatch,
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    step: int,
    objective: Objective,
) -> float:
    for group in optimizer.param_groups:
        group["lr"] = group["speed"] * schedule.learning_rate * schedule.factor(step)
    optimizer.zero_grad()
    with torch.autocast(learner.device.type, torch.bfloat16, schedule.half_precision and _has_bfloat16(learner.device)):
        loss = objective(learner, batch)
    loss.backward()
    distributed.add_up([loss.detach(), *(p.grad for p in learner.parameters() if p.grad is not None)])
    torch.nn.utils.clip_grad_norm_(learner.parameters(), schedule.clip)
    optimizer.step()
    return loss.item()


def _has_bfloat16(device: torch.device) -> bool:
    """Whether the processor computes in bfloat16 by itself; where that is emulated it takes longer than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()


class _Run:
    """The state of a training run: in memory, and in a checkpoint if it has a folder."""

    def __init__(
        self, learner: Learner, optimizer: torch.optim.Optimizer, schedule: Schedule, folder: Path | None
    ) -> None:
        self.learner, self.optimizer, self.schedule = learner, optimizer, schedule
        self.path = folder / "checkpoint" if folder else None
        self.progress = Progress()
        self.best: dict[str, Tensor] = {}
        if self.path and self.path.with_name("checkpoint.json").exists():
            self._resume(self.path)

    def validated(self, accuracy: float) -> None:
        """Note a validation result, remember the learner if it is the best so far, and write the checkpoint."""
        if not self.best or accuracy > max(found for _, found in self.progress.validation):
            self.best = {name: value.detach().clone() for name, value in self.learner.state_dict().items()}
        self.progress.validation.append((self.progress.step, accuracy))
        if self.path and distributed.first():
            store.save(
                self.path, self._arrays(), {"schedule": asdict(self.schedule), "progress": asdict(self.progress)}
            )

    def restore_best(self) -> None:
        """Put the learner back to where validation was best."""
        self.learner.load_state_dict(self.best)

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {f"now/{name}": value for name, value in self.learner.state_dict().items()}
        arrays |= {f"best/{name}": value for name, value in self.best.items()}
        for index, of_parameter in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{index}/{name}": value for name, value in of_parameter.items()}
        return {name: value.detach().cpu().numpy() for name, value in arrays.items()}

    def _resume(self, path: Path) -> None:
        arrays, description = store.load(path)
        if description["schedule"] != json.loads(json.dumps(asdict(self.schedule))):
            raise MetalearnError(f"{path.parent} holds a run with another schedule; name another folder or remove it")
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self.learner.load_state_dict(store.below("now/", tensors))
        self.best = store.below("best/", tensors)
        state: dict[int, dict[str, Any]] = {}
        for name, value in store.below("optimizer/", tensors).items():
            index, key = name.split("/")
            state.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
        saved = description["progress"]
        self.progress = Progress(**{**saved, "validation": [tuple(pair) for pair in saved["validation"]]})
