"""Which characters a learner has seen in training, so that it is not tested on them unnoticed."""

from functools import cache
from typing import Any

import numpy as np

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.errors import MetalearnError
from metalearn.maps.task_map import TaskMap
from metalearn.pretrained.names import locate
from metalearn.pretrained.recipes import RECIPES


def seen_in_training(name: str, split_name: str, characters: CharacterSet, tested: np.ndarray) -> np.ndarray:
    """Return those of the ``tested`` characters on which a learner was trained or validated, as positions.

    Characters are compared by their names. ``name`` is that of a learner that ships, or a path; nothing is known of one
    that you saved yourself.
    """
    path = locate("learner", name, RECIPES, split_name)
    names = _trained_on(artifacts.describe(path.with_name(f"{path.name}.json")))
    return tested[np.isin(np.array(characters.characters)[tested], names)]


def count_seen(name: str, split_name: str, characters: CharacterSet, tested: np.ndarray, allowed: bool) -> int:
    """Return how many of the ``tested`` characters a learner has seen in training.

    Raises MetalearnError where there are any and that is not ``allowed``.
    """
    count = len(seen_in_training(name, split_name, characters, tested))
    if count and not allowed:
        raise MetalearnError(
            "{learner} was trained or validated on {count} of the {all} characters it is to be tested on; use the "
            "split it was trained on, or say --allow-seen",
            learner=name,
            count=count,
            all=len(tested),
        )
    return count


def seen_of_lakes_runs(name: str, split_name: str) -> int:
    """Return on how many of the characters of Lake's runs, those of his evaluation alphabets, a learner was trained."""
    omniglot = _names_of_omniglot()
    return len(seen_in_training(name, split_name, omniglot, split(omniglot, "lake").test))


def _trained_on(description: dict[str, Any]) -> list[str]:
    if "trained_on" in description:
        names: list[str] = description["trained_on"]
        return names
    if description.get("data") != "omniglot":
        return []
    # What ships was written before descriptions held the names.
    omniglot = _names_of_omniglot()
    sides = split(omniglot, description["split"])
    return [omniglot.characters[i] for i in (*sides.train, *sides.validation)]


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
