"""What measured gains say: in which worlds an embedding helps, for which learners, and over what."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.language import _
from metalearn.evaluation.embedding_sources import SAME_QUESTION
from metalearn.evaluation.tables import Row


@dataclass(frozen=True)
class Case:
    """The gains of one learner in one world, as rows of a table.

    ``controls``: over its twin, and over itself told something else. A task of the same question says the same, so
    that the gain over its embedding is left out. ``rivals``: over other learners, which are told nothing.
    """

    world: str
    learner: str
    controls: tuple[Row, ...]
    rivals: tuple[Row, ...]

    @property
    def least(self) -> Row:
        """The gain over a control whose interval reaches lowest: the one most in doubt."""
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
        """The gain over the best of the rivals, if there are any."""
        return min(self.rivals, key=lambda row: float(row["mean"]), default=None)


def _low(row: Row) -> float:
    return float(row["mean"]) - float(row["ci95"])


def cases(rows: list[Row]) -> list[Case]:
    """Return a case for each learner in each world that has gains over all tasks, the surest first.

    A world that was trained in from one seed alone makes no case: it is a setting of the dial, which shows it.
    """
    learners = {row["learner"] for row in rows if "learner" in row}
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        of_all = row["measure"] == "gain" and row.get("question") is None and row.get("training_seeds") != 1
        if of_all and row["over"] != SAME_QUESTION:
            found.setdefault((world_of(row), row["learner"]), []).append(row)
    made = []
    for (world, learner), gains in found.items():
        rivals = tuple(row for row in gains if row["over"] in learners)
        controls = tuple(row for row in gains if row["over"] not in learners)
        if controls:
            made.append(Case(world, learner, controls, rivals))
    return sorted(made, key=lambda case: -_low(case.least))


def world_of(row: Row) -> str:
    """Return the world that a row was measured in; some tables call it the protocol."""
    return str(row.get("world") or row["protocol"])


def by_world(found: list[Case]) -> dict[str, list[Case]]:
    """Return the cases of each world; the worlds are in the order in which they first come."""
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
    """Compare a learner with the best one that is told nothing; this ends the sentence."""
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
    """Write a gain and its interval in percentage points: "+1.2 ± 0.3"."""
    return f"{100 * row['mean']:+.1f} ± {100 * row['ci95']:.1f}"
