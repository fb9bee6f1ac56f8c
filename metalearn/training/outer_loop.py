"""The outer loop: meta-training with validation, checkpoints and resuming."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.tasks.sampler import Sampler, characters_of, sample_tasks
from metalearn.tasks.task_batch import TaskBatch
from metalearn.training import distributed
from metalearn.training.checkpoint import Run
from metalearn.training.divergence import diverged, find_diverged_task
from metalearn.training.objectives import Objective, is_collective, query_loss
from metalearn.training.request import Request, describe_request
from metalearn.training.schedule import Progress, Schedule


def train(
    learner: Learner,
    tasks: Sampler,
    *,
    validation: Sampler,
    meta_steps: int,
    schedule: Schedule | None = None,
    objective: Objective = query_loss,
    validation_tasks: int = 100,
    folder: Path | str | None = None,
    title: str = "meta-training",
    stop: Callable[[Progress], bool] = lambda progress: False,
    about: Mapping[str, Any] | None = None,
) -> Progress:
    """Meta-train a learner in place, and leave it as it was when validation was best.

    Parameters
    ----------
    learner : Learner
        What is trained: the start in its backbone, and the meta-parameters of its hooks.
    tasks : Sampler
        Batch ``i`` is what meta-step ``i`` learns from. Processes that torchrun started share each batch.
    validation : Sampler
        Its first ``validation_tasks`` tasks decide when the learner was best. They must not be test tasks.
    meta_steps : int
        How long to train.
    schedule : Schedule, optional
        How fast.
    objective : callable
        ``objective(learner, batch)`` is the loss, a mean over the tasks of the batch.
    folder : path, optional
        Where to keep the run, at every validation. A run found there goes on where it was, and ends as it would have
        ended without the interruption. It has to be the run that is asked for: learner, tasks, schedule and the kit's
        version are compared.
    title : str
        What the progress bar says.
    stop : callable
        Asked after every meta-step; True ends the training after one more validation.
    about : mapping, optional
        What else to compare before a run goes on, by name: that of a recipe, for example.

    Returns
    -------
    Progress
        The loss of every meta-step, the validation accuracies (for regression, squared errors below zero), and the time
        it took.

    Raises
    ------
    MetalearnError
        Where the folder holds another run, ``tasks`` or ``validation`` is no sampler, or the training diverges: the
        message names the meta-step and the task, and the last checkpoint stays.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> sides = ml.split(characters, "lake")
    >>> tasks, held_out = (ml.Episodes(characters, pool, queries=3, batch_size=4) for pool in (sides.train, sides.test))
    >>> learner = ml.Learner(ml.Backbone(), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
    >>> ml.train(learner, tasks, validation=held_out, meta_steps=2, validation_tasks=8).step
    2
    """
    _check_samplers(tasks=tasks, validation=validation)
    schedule = schedule or Schedule()
    held_out = list(sample_tasks(validation, validation_tasks))
    seen = _seen(learner, tasks, validation)
    optimizer = _optimizer(learner, schedule)
    request: Request = {}
    if folder:
        request = describe_request(learner, tasks, validation, meta_steps, schedule, objective, validation_tasks)
    # If the folder holds an interrupted run, this puts learner, optimizer and progress back to its last checkpoint.
    run = Run(learner, optimizer, Path(folder) if folder else None, {**(about or {}), **request})
    progress, learner.trained_on = run.progress, seen
    clock, cpu_clock = time.perf_counter() - progress.wall_s, time.process_time() - progress.cpu_s
    with tqdm(total=meta_steps, initial=progress.step, desc=title, unit="step") as bar:
        while progress.step < meta_steps:
            for group in optimizer.param_groups:
                factor = schedule.factor(progress.step, meta_steps)
                group["lr"] = group["speed"] * schedule.learning_rate * factor
            # Batch i of a sampler is always the same, so a resumed run sees exactly the tasks it would have seen.
            batch = tasks.batch(progress.step)
            loss = _meta_step(learner, batch, optimizer, schedule, objective)
            if not math.isfinite(loss):
                raise diverged(title, learner, progress.step + 1, find_diverged_task(learner, batch, objective))
            progress.losses.append(loss)
            progress.step += 1
            progress.wall_s, progress.cpu_s = time.perf_counter() - clock, time.process_time() - cpu_clock
            stopped = stop(progress)
            if stopped or progress.step % schedule.validate_every == 0 or progress.step == meta_steps:
                score = mean_score(learner, held_out)
                if not math.isfinite(score + sum(p.sum().item() for p in learner.parameters())):
                    raise diverged(title, learner, progress.step, "validation")
                run.validated(score)
                bar.set_postfix(loss=f"{loss:.3f}", validation=_shown(progress, held_out[0]))
            bar.update()
            if stopped:
                break
    # The last learner is not always the best: go back to the one that validation liked most.
    run.restore_best()
    learner.trained_on = seen
    return progress


def _seen(learner: Learner, *samplers: Sampler) -> frozenset[str] | None:
    """Return the characters that a learner will have seen after a training; None where that is unknown."""
    names = [learner.trained_on, *map(characters_of, samplers)]
    known = [some for some in names if some is not None]
    return frozenset[str]().union(*known) if len(known) == len(names) else None


def _shown(progress: Progress, held_out: TaskBatch) -> str:
    """Return the last validation as the progress bar shows it."""
    score = progress.validation[-1][1]
    return f"squared error {-score:.3f}" if held_out.is_regression else f"{score:.2%}"


def _check_samplers(**samplers: Sampler) -> None:
    for name, sampler in samplers.items():
        if not hasattr(sampler, "batch"):
            raise MetalearnError(
                "{name} should be a sampler, with a method batch(index); {found} has none",
                name=name,
                found=type(sampler).__name__,
            )


def _optimizer(learner: Learner, schedule: Schedule) -> torch.optim.Optimizer:
    """Make AdamW for two groups: the start is often trained already, the hooks are new, and may learn faster."""
    start = list(learner.start.parameters())
    hooks = [p for p in learner.parameters() if not any(p is shared for shared in start)]
    groups: list[dict[str, Any]] = [
        {"params": start, "speed": 1.0},
        {"params": hooks, "speed": schedule.hook_speed},
    ]
    return torch.optim.AdamW(groups, weight_decay=schedule.weight_decay)


def part_of_loss(learner: Learner, batch: TaskBatch, objective: Objective) -> Tensor:
    """Return this process's part of the loss of a batch; the parts of all processes add up to the whole."""
    if distributed.count() == 1 or is_collective(objective):
        return objective(learner, batch)
    own = distributed.share(batch)
    # The objective is a mean over its tasks. Processes may get unequal shares, so each
    # is weighted by its number of tasks.
    return objective(learner, own) * (len(own) / len(batch))


def mean_score(learner: Learner, batches: Sequence[TaskBatch]) -> float:
    """Return the query accuracy after adaptation, averaged over all tasks of ``batches``.

    For regression, it is the squared error below zero, so that more is better.
    """
    with torch.no_grad():
        total = torch.zeros((), device=learner.device)
        for batch in batches[distributed.number() :: distributed.count()]:  # with few batches, some processes just wait
            total += learner.adapt(batch, every_query=False).query_score[-1].sum()
        distributed.add_up([total])
    return total.item() / sum(map(len, batches))


def _meta_step(
    learner: Learner, batch: TaskBatch, optimizer: torch.optim.Optimizer, schedule: Schedule, objective: Objective
) -> float:
    """Take one outer step, and return the loss before it; where loss or gradient is not finite, take none."""
    optimizer.zero_grad()
    with torch.autocast(learner.device.type, torch.bfloat16, schedule.half_precision and _has_bfloat16(learner.device)):
        loss = part_of_loss(learner, batch, objective)
    loss.backward()
    distributed.add_up([loss.detach(), *(p.grad for p in learner.parameters() if p.grad is not None)])
    # On a rare task the inner loop diverges and its gradient is huge: that one task must not undo all learning so far.
    length = torch.nn.utils.clip_grad_norm_(learner.parameters(), schedule.clip).item()
    if not math.isfinite(length):
        return math.nan
    found = loss.item()
    if math.isfinite(found):
        optimizer.step()
    return found


def _has_bfloat16(device: torch.device) -> bool:
    """Whether the processor has bfloat16; where it only emulates it, it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    ask = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)  # not in builds without oneDNN, as for macOS
    return device.type == "cpu" and ask is not None and ask()
