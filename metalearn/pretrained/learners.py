"""Loading the learners that ship, and those that were trained here."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import Backbone
from metalearn.learners.learner import Learner
from metalearn.pretrained.embedders import used_embedder
from metalearn.pretrained.names import artifact_folder, locate
from metalearn.pretrained.recipes import RECIPES
from metalearn.pretrained.restore import restore_learner
from metalearn.pretrained.seen import trained_on
from metalearn.pretrained.worlds import WORLDS
from metalearn.schema import check_arrays, check_entries, layout_of

# What the file of a learner of the kit has to say; what one of the user's own says is in ``restore.py``.
ENTRIES = {"learner": str, "world": str, "backbone": dict, "seed": int}


def load_learner(
    name: str | Path, split: str = "lake", world: str = "characters", *, custom: Iterable[Any] = ()
) -> Learner:
    """Load a learner that ships, or one that was trained or saved here.

    Parameters
    ----------
    name : str
        A learner that ships (a key of ``RECIPES``), or the path of one that was saved, without ``.json``.
    split : str
        The split it was trained on, for one that ships: "article", "lake" or "vinyals".
    world : str
        The tasks it was trained on, for one that ships: "characters", "mixed", "which-part" or "hidden-5".
    custom : iterable
        Hooks, networks and embedders of your own that the saved learner is made of: classes, functions or objects. They
        are found by their names.

    Returns
    -------
    Learner
        Ready to adapt; in evaluation mode.

    Raises
    ------
    MetalearnError
        For a name that is neither, for a file that is missing or altered, and where a part of your own is missing.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.load_learner("prototypes", "lake")
    <Learner: PrototypeInit, SGD, 0 steps, no embedder, 102,689 parameters>
    """
    name = str(name)
    path = locate("learner", name, RECIPES, split, world)
    arrays, description = artifacts.load(path, "learner")
    if "init" in description:
        learner = restore_learner(path, arrays, description, custom)
        learner.trained_on = trained_on(path, description)
        return learner
    check_entries(path, description, ENTRIES)
    known = description["learner"] in RECIPES and description["world"] in WORLDS
    recipe = WORLDS[description["world"]].recipe(description["learner"]) if known else None
    if recipe is None or _settings(Backbone()) | description["backbone"] != _settings(recipe.backbone):
        raise MetalearnError("{path} is not a learner of this version; make it again with 'metalearn train'", path=path)
    embedder = used_embedder(path.parent, description.get("embedding") or "own") if recipe.twin else None
    learner = recipe.build(embedder, description["seed"])
    check_arrays(path, arrays, layout_of(learner.state_dict()))
    learner.load_state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
    learner.trained_on = trained_on(path, description)
    return learner.eval()


def _settings(backbone: Backbone) -> dict[str, Any]:
    """Return a network's settings as they are after JSON: tuples have become lists."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(backbone).items()}


def best_learner(split_name: str, world: str = "characters") -> str:
    """Return the name of the learner with the best validation accuracy, of those that ship for a split and world."""
    folder = artifacts.PRETRAINED / artifact_folder(split_name, world)
    described = [artifacts.describe(path) for path in sorted(folder.glob("*.json"))]
    learners = [d for d in described if d.get("kind") == "learner"]
    if not learners:
        raise MetalearnError(
            "no learner ships for the {split} split and the world {world}; train one there ('metalearn train --split "
            "{split} --world {world} --learner prototypes'), and name its path with --learner",
            split=split_name,
            world=world,
        )
    return max(learners, key=lambda d: d["validation"])["learner"]
