"""Which characters a learner has seen in training, so that it is not tested on them unnoticed."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import SPLITS, split
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.maps.task_map import TaskMap
from metalearn.schema import check_entries


def seen_in_training(learner: Learner, characters: CharacterSet, tested: np.ndarray) -> np.ndarray | None:
    """Return those of the ``tested`` characters on which a learner was trained or validated, as positions.

    Characters are compared by their names. None where it is unknown what the learner was trained on.
    """
    if learner.trained_on is None:
        return None
    return tested[np.isin(np.array(characters.characters)[tested], list(learner.trained_on))]


def count_seen(
    learner: Learner, name: str, characters: CharacterSet, tested: np.ndarray, allowed: bool
) -> int | Literal["unknown"]:
    """Return how many of the ``tested`` characters a learner has seen in training, for a result.

    Raises MetalearnError where there are any and that is not ``allowed``.
    """
    seen = seen_in_training(learner, characters, tested)
    if seen is None:
        return "unknown"
    if len(seen) and not allowed:
        raise MetalearnError(
            "{learner} was trained or validated on {count} of the {all} characters it is to be tested on; use the "
            "split it was trained on, or say --allow-seen",
            learner=name,
            count=len(seen),
            all=len(tested),
        )
    return len(seen)


def seen_of_lakes_runs(learner: Learner) -> int | Literal["unknown"]:
    """Return on how many of the characters of Lake's runs, those of his evaluation alphabets, a learner was trained."""
    omniglot = _names_of_omniglot()
    seen = seen_in_training(learner, omniglot, split(omniglot, "lake").test)
    return "unknown" if seen is None else len(seen)


def trained_on(path: Path, description: Mapping[str, Any]) -> frozenset[str] | None:
    """Return what the file of a learner says that it was trained on; None where it does not say.

    Raises MetalearnError where that is no list of names.
    """
    names = description.get("trained_on")
    check_entries(path, {"trained_on": names}, {"trained_on": list[str] | None})
    if names is not None:
        return frozenset(names)
    if description.get("data") != "omniglot" or description.get("split") not in SPLITS:
        return None
    # What ships leaves the names out: they are those of its split.
    omniglot = _names_of_omniglot()
    sides = split(omniglot, description["split"])
    return frozenset(omniglot.characters[i] for i in (*sides.train, *sides.validation))


@cache
def _names_of_omniglot() -> CharacterSet:
    """Return Omniglot without its drawings, which need not be on this machine."""
    names = TaskMap.load(artifacts.PRETRAINED / "lake" / "map-gradient").names  # all of Omniglot's, in its order
    return CharacterSet(
        name="omniglot",
        images=np.zeros((len(names), 1, 28, 28), np.uint8),
        characters=names,
        drawers=("nobody",),
        source="the names alone",
        citation="none",
        counts=np.ones(len(names), int),
    )
