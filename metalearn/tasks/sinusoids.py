"""The sampler of waves: small regression tasks, on which the whole loop can be seen in a minute."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from metalearn.errors import MetalearnError
from metalearn.tasks.sampler import sample_tasks
from metalearn.tasks.task_batch import TaskBatch

FAR = 5.0  # points lie between -FAR and FAR


@dataclass(frozen=True, repr=False)
class Sinusoids:
    """Sampler of regression tasks: each is a wave of its own height and phase, seen at a few points.

    A task's wave is ``height * sin(frequency * x + phase)``. The frequency is one of a few, and nobody says which. Task
    t of a batch has frequency ``frequencies[t % len(frequencies)]``. Answers are numbers instead of classes, so the
    loss of a task is the mean squared error.

    Parameters
    ----------
    frequencies : tuple of float
        The frequencies that waves have, in turn.
    shots, queries : int
        Points in the support set and in the query set.
    batch_size : int
        Tasks in a batch, a multiple of the number of frequencies.
    seed : int
        Another seed gives other tasks.

    Raises
    ------
    MetalearnError
        For another batch size, no frequency, and fewer than one shot.

    References
    ----------
    Finn, Abbeel and Levine 2017 (MAML), §5.1; Vuorio et al. 2019, "Multimodal model-agnostic meta-learning" (tasks of
    several kinds).

    Examples
    --------
    >>> import metalearn as ml
    >>> batch = ml.Sinusoids(batch_size=4).batch(0)
    >>> batch
    <TaskBatch: 4 tasks, regression, 5 points, 20 queries>
    >>> batch.support_x.shape, batch.support_y.shape
    (torch.Size([4, 5, 1]), torch.Size([4, 5]))
    """

    frequencies: tuple[float, ...] = (0.7, 1.4)
    shots: int = 5
    queries: int = 20
    batch_size: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.frequencies or self.batch_size % len(self.frequencies):
            raise MetalearnError(
                "a batch of waves is a multiple of the number of frequencies, {count}, not {batch_size}",
                count=len(self.frequencies),
                batch_size=self.batch_size,
            )
        if self.shots < 1 or self.queries < 0:
            raise MetalearnError("a task needs at least 1 shot, and no negative number of queries")

    def __repr__(self) -> str:
        frequencies = ", ".join(f"{frequency:g}" for frequency in self.frequencies)
        return (
            f"<Sinusoids: {self.shots} points, {self.queries} queries, waves of frequency {frequencies}, "
            f"seed {self.seed}>"
        )

    @property
    def questions(self) -> tuple[str, ...]:
        """What is hidden, in turn: the frequency."""
        return tuple(f"{frequency:g}" for frequency in self.frequencies)

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``: the same tasks every time, the frequencies in turn."""
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + index)
        tasks, points = self.batch_size, self.shots + self.queries
        kind = torch.arange(tasks) % len(self.frequencies)
        height = 0.5 + torch.rand(tasks, 1, generator=generator)
        phase = math.tau * torch.rand(tasks, 1, generator=generator)
        x = FAR * (2 * torch.rand(tasks, points, generator=generator) - 1)
        y = height * torch.sin(torch.tensor(self.frequencies)[kind, None] * x + phase)
        nowhere = torch.full(y.shape, -1)
        parts = {"x": x[..., None], "y": y, "ids": nowhere}
        support = {f"support_{name}": part[:, : self.shots] for name, part in parts.items()}
        query = {f"query_{name}": part[:, self.shots :] for name, part in parts.items()}
        return TaskBatch(ways=1, question=kind, **support, **query)

    def sample(self, tasks: int) -> Iterator[TaskBatch]:
        """Yield the first ``tasks`` tasks in batches; the last batch may be shorter."""
        return sample_tasks(self, tasks)
