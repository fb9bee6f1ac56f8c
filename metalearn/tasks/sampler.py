"""What a sampler is: batch ``i`` follows from the data, the settings, the seed and ``i``, and from nothing else.

That is all it takes to resume a run, to share it among processes, and to open one very episode again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from metalearn.tasks.task_batch import TaskBatch


class Sampler(Protocol):
    """Anything whose batch ``i`` is always the same."""

    def batch(self, index: int) -> TaskBatch:
        """Return batch ``index``."""
        ...


def characters_of(sampler: object) -> set[str] | None:
    """Return the names of the characters that a sampler may draw; None for a sampler that does not tell.

    It tells by its attributes ``characters`` and ``pool``, or by the ``sampler`` that it changes the batches of.
    """
    if hasattr(sampler, "characters") and hasattr(sampler, "pool"):
        return {sampler.characters.characters[i] for i in sampler.pool}
    return characters_of(sampler.sampler) if hasattr(sampler, "sampler") else None


def sample_tasks(sampler: Sampler, tasks: int) -> Iterator[TaskBatch]:
    """Yield the first ``tasks`` tasks of a sampler in batches; the last batch may be shorter."""
    made, index = 0, 0
    while made < tasks:
        batch = sampler.batch(index)[: tasks - made]
        yield batch
        made, index = made + len(batch), index + 1


@dataclass(frozen=True)
class TaskStream:
    """The first ``count`` tasks of a sampler, for an embedder: made when they are needed, and not kept in memory."""

    sampler: Sampler
    count: int

    def __len__(self) -> int:
        return self.count

    def batches(self, size: int) -> Iterator[TaskBatch]:
        """Yield the tasks, at most ``size`` at a time; batches of the sampler are cut, never joined."""
        for batch in sample_tasks(self.sampler, self.count):
            yield from batch.batches(size)
