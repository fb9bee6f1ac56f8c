"""What a result table is made of: measurements, each of which finds one or more results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metalearn.characters.character_set import CharacterSet
from metalearn.evaluation.estimate import Estimate
from metalearn.evaluation.tables import Row

Found = tuple[Row, Estimate]  # what exactly was measured, and the result


@dataclass(frozen=True)
class Measurement:
    """One thing to measure: ``about`` says what it is, and ``measure`` yields one or more results."""

    about: Row
    measure: Callable[[], Iterator[Found]]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all measurements of a run share: the data, how many tasks, the seed, and where to train what is measured."""

    characters: CharacterSet
    tasks: int = 600
    seed: int = 0
    runs: Path = Path("runs")
