"""What measured gains say: in which worlds an embedding helps, for which learners, and over what."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.language import _
from metalearn.evaluation.embedding_sources import SAME_QUESTION
from metalearn.evaluation.tables import Row


@dataclass(frozen=True)
class Case:
    """A learner in a world: its gains over what it is told instead or over its twin, and over learners told nothing.

    ``controls`` and ``rivals`` are rows of a table; a gain over another task's embedding of the same question is in
    neither, as that embedding says the same.
    """

    world: str
    learner: str
    controls: tuple[Row, ...]
    rivals: tuple[Row, ...]

    @property
    def least(self) -> Row:
        """The gain that is most in doubt: the one whose interval reaches lowest."""
        return min(self.controls, key=_low)

    @property
    def helps(self) -> bool:
        """Whether all gains over controls are larger than their ±."""
        return _low(self.least) > 0

    @property
    def over_twin(self) -> Row | None:
        """The gain over the same learner without an embedding, if it was measured."""
        return next((row for row in self.controls if row["over"] == "twin"), None)

    @property
    def strongest_rival(self) -> Row | None:
        """The gain over the best learner that is told nothing, if there is one."""
        return min(self.rivals, key=lambda row: float(row["mean"]), default=None)


def _low(row: Row) -> float:
    return float(row["mean"]) - float(row["ci95"])


def cases(rows: list[Row]) -> list[Case]:
    """Return every learner in every world that tables have gains of over all tasks, the surest gains first."""
    learners = {row["learner"] for row in rows if "learner" in row}
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["measure"] == "gain" and row.get("question") is None and row["over"] != SAME_QUESTION:
            found.setdefault((world_of(row), row["learner"]), []).append(row)
    made = []
    for (world, learner), gains in found.items():
        rivals = tuple(row for row in gains if row["over"] in learners)
        controls = tuple(row for row in gains if row["over"] not in learners)
        if controls:
            made.append(Case(world, learner, controls, rivals))
    return sorted(made, key=lambda case: -_low(case.least))


def world_of(row: Row) -> str:
    """Return the world that a row was measured in; older tables call it a protocol."""
    return str(row.get("world") or row["protocol"])


def by_world(found: list[Case]) -> dict[str, list[Case]]:
    """Return the cases of each world, in the order in which the worlds first come."""
    worlds = dict.fromkeys(case.world for case in found)
    return {world: [case for case in found if case.world == world] for world in worlds}


def verdict(found: list[Case], called: Callable[[str], str]) -> str:
    """Say in a sentence whether an embedding helps in a world; ``found`` are its cases, the surest first.

    ``called`` says what names in tables are called on the page.
    """
    best, helped = found[0], sum(case.helps for case in found)
    said = {
        "world": called(best.world)[:1].upper() + called(best.world)[1:],
        "learner": called(best.learner),
        "helped": helped,
        "count": len(found),
        "least": points(best.least),
        "control": called(best.least["over"]),
    }
    if not helped:
        return _(
            "**{world}: no.** None of {count} learners gains over all controls; the nearest is “{learner}”, whose "
            "least gain is {least} points ({control})."
        ).format(**said)
    says = _(
        "**{world}: yes, for {helped} of {count} learners.** The least gain of “{learner}” is {least} points "
        "({control})"
    )
    return says.format(**said) + _against_rival(best, called)


def _against_rival(case: Case, called: Callable[[str], str]) -> str:
    """Say how a learner stands to the best one that is told nothing, and end the sentence."""
    rival = case.strongest_rival
    if rival is None:
        return _(".")
    says = (
        _("; over the best learner that is told nothing, “{rival}”, {gain}.")
        if _low(rival) > 0
        else _("; but “{rival}”, which is told nothing, does as well ({gain}).")
    )
    return says.format(rival=called(rival["over"]), gain=points(rival))


def points(row: Row) -> str:
    """Return a gain in percentage points, with its ±."""
    return f"{100 * row['mean']:+.1f} ± {100 * row['ci95']:.1f}"
