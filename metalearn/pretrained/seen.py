"""Which characters a learner has seen in training, so that it is not tested on them unnoticed."""

from functools import cache

import numpy as np

from metalearn import artifacts
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.maps.task_map import TaskMap
from metalearn.pretrained.names import locate
from metalearn.pretrained.recipes import RECIPES


def seen_in_training(name: str, split_name: str, characters: CharacterSet, tested: np.ndarray) -> np.ndarray:
    """Return those of the ``tested`` characters on which a learner was trained or validated, as positions.

    Characters are compared by their names. ``name`` is that of a learner that ships, or a path; nothing is known of one
    that you saved yourself.
    """
    path = locate("learner", name, RECIPES, split_name)
    description = artifacts.describe(path.with_name(f"{path.name}.json"))
    if "trained_on" in description:
        names = set(description["trained_on"])
    elif description.get("data") == "omniglot":
        names = _of_omniglot(description["split"])
    else:
        names = set()
    return tested[np.isin(np.array(characters.characters)[tested], list(names))]


@cache
def _of_omniglot(split_name: str) -> set[str]:
    """Return the names of the characters that learners of a split were trained or validated on."""
    names = TaskMap.load(artifacts.PRETRAINED / "lake" / "map-gradient").names  # all of Omniglot's, in its order
    omniglot = CharacterSet(
        name="omniglot",
        images=np.zeros((len(names), 1, 28, 28), np.uint8),
        characters=names,
        drawers=("nobody",),
        source="the names alone",
        citation="none",
        counts=np.ones(len(names), int),
    )
    sides = split(omniglot, split_name)
    return {names[i] for i in (*sides.train, *sides.validation)}
