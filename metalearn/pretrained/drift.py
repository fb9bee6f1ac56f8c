"""Whether the tables that ship still hold: a part of each is measured again, and compared with its interval.

    METALEARN_DATA=… python -m metalearn.pretrained.drift

This is what ``make drift`` runs, in ten minutes at most on two processors. Learners are those that ship. Each result is
printed, and the exit code is 1 where one lies outside the interval that ships with it.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from metalearn import artifacts
from metalearn.characters.load import load_characters
from metalearn.errors import MetalearnError
from metalearn.evaluation.tables import CIRCUMSTANCES, Row
from metalearn.pretrained.measure_tables import TABLES
from metalearn.pretrained.measure_worlds import Case, worlds
from metalearn.pretrained.measurement import Measurement, Setting
from metalearn.pretrained.results import load_table

# What a row says beside what it is of. From how many seeds a learner was trained is left out too: here it is one.
LEFT_OUT = CIRCUMSTANCES | {"mean", "ci95", "tasks", "training_seeds"}


@dataclass(frozen=True)
class Part:
    """A part of a table: the measurements that are ``about`` this, and of each only the ``first`` results."""

    table: str
    about: Row
    first: int | None = None

    def measurements(self, setting: Setting) -> list[Measurement]:
        """Return the table's measurements that belong to this part."""
        if self.table == "worlds":
            # Trained from one seed, not from three. One of three values is always within the interval of their mean.
            everything = worlds(setting, [Case("which-part", ())])
        else:
            everything = TABLES[self.table](setting)
        return [m for m in everything if self.about.items() <= m.about.items()]


ALPHABETS, BEFORE_TRANSFER = 3, 5  # a family's first results; those on transfer, which follow, take minutes
PARTS = (
    Part("families", {"split": "article", "embedding": "gradient", "reducer": "raw"}, ALPHABETS),
    Part(
        "families",
        {"split": "article", "embedding": "collaborative", "reducer": "raw", "entries": None},
        BEFORE_TRANSFER,
    ),
    Part("families", {"split": "lake", "embedding": "generative", "reducer": "raw"}, BEFORE_TRANSFER),
    Part("learners", {"what": "steps", "learner": "anil"}),
    Part("learners", {"what": "steps", "learner": "preinit"}),
    Part("learners", {"what": "steps", "learner": "attention"}),
    Part("mixed", {"learner": "prototypes-twin"}),
    Part("mixed", {"learner": "film"}),
    Part("headline", {"split": "article", "ways": 5, "shots": 1}),
    Part("worlds", {"embedding": "prototype-gradient"}),
    Part("transplants", {"learner": "in-context", "tasks_are": "labelled by one question"}),
)


@dataclass(frozen=True)
class Result:
    """A result that ships, and the same one measured again."""

    table: str
    of: Row
    shipped: float
    ci95: float
    now: float

    @property
    def holds(self) -> bool:
        """Whether the new mean is within the interval that ships."""
        return abs(self.now - self.shipped) <= self.ci95

    def __str__(self) -> str:
        of = ", ".join(str(value) for value in self.of.values() if value is not None)
        drifted = "" if self.holds else "  DRIFTED"
        return f"{self.shipped:8.4f} ± {self.ci95:.4f}  now {self.now:8.4f}  {self.table}: {of}{drifted}"


def measure_again(setting: Setting, parts: tuple[Part, ...] = PARTS) -> Iterator[Result]:
    """Yield every result of these parts. Raises MetalearnError where one does not ship, or a part is empty."""
    for part in parts:
        shipped = load_table(part.table)
        measurements = part.measurements(setting)
        if not measurements:
            raise MetalearnError("nothing in the table {table} is about {about}", table=part.table, about=part.about)
        for measurement in measurements:
            for details, estimate in islice(measurement.measure(), part.first):
                of = {key: v for key, v in (measurement.about | details).items() if key not in LEFT_OUT}
                row = next((row for row in shipped if _of(row) == of), None)
                if row is None:
                    raise MetalearnError("the table {table} has no row of {of}", table=part.table, of=of)
                yield Result(part.table, of, row["mean"], row["ci95"], estimate.mean)


def _of(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in LEFT_OUT}


def _take_what_ships(runs: Path) -> None:
    """Put the learners that ship where those of the first training seed are looked for, and are not trained again."""
    for folder in artifacts.PRETRAINED.glob("lake-*"):
        shutil.copytree(folder, runs / "seed-0" / folder.name)


def main() -> int:
    """Print every result beside its new value; return 1 where one has drifted, 2 where nothing can be measured."""
    try:
        characters = load_characters()
        if characters.name != "omniglot":
            raise MetalearnError("what ships was measured on Omniglot; this is {name}", name=characters.name)
        with tempfile.TemporaryDirectory() as runs:
            _take_what_ships(Path(runs))
            drifted = 0
            for result in measure_again(Setting(characters, runs=Path(runs))):
                print(result, flush=True)
                drifted += not result.holds
    except MetalearnError as error:
        print(f"drift: {error}", file=sys.stderr)
        return 2
    print(f"{drifted} results have drifted" if drifted else "every result is within its interval")
    return int(drifted > 0)


if __name__ == "__main__":
    sys.exit(main())
