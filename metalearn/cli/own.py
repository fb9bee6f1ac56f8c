"""A user's own learners and embedders, which the command line takes as ``package.module:Name``."""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.characters.character_set import CharacterSet
    from metalearn.learners.learner import Embedder, Learner


def is_own(name: str | None) -> bool:
    """Whether a name is the user's own: ``package.module:Name``."""
    module, _, attribute = (name or "").partition(":")
    return bool(attribute) and all(part.isidentifier() for part in [*module.split("."), attribute])


def find_own(name: str) -> Any:
    """Import ``package.module:Name``; modules in the current folder are found too.

    Raises MetalearnError where it is not there, or its module cannot be imported.
    """
    module, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise MetalearnError("{name} cannot be imported ({error})", name=name, error=str(error)) from error


def own_learner(name: str) -> "Learner":
    """Return the learner called ``package.module:Name``: an object, or a function or class that makes one."""
    from metalearn.learners.learner import Learner

    found = find_own(name)
    learner = found if isinstance(found, Learner) else found() if callable(found) else found
    if not isinstance(learner, Learner):
        raise MetalearnError(
            "{name} should be a metalearn.Learner, or make one when called; it is of type {found}",
            name=name,
            found=type(learner).__name__,
        )
    return learner


def find_learner(name: str, split_name: str, world: str = "characters") -> "Learner":
    """Return the learner of that name: the user's own, one that ships for the split and world, or one at a path."""
    from metalearn.pretrained.learners import load_learner

    return own_learner(name) if is_own(name) else load_learner(name, split_name, world)


def own_embedder(name: str, characters: "CharacterSet", split_name: str) -> "Embedder":
    """Return the embedder called ``package.module:Name``, fitted to the training characters of a split."""
    from metalearn.characters.splits import split
    from metalearn.tasks.character_tasks import all_character_tasks

    found = find_own(name)
    ready = hasattr(found, "transform") and not isinstance(found, type)
    embedder = found() if callable(found) and not ready else found
    for method in ("fit", "transform"):
        if not hasattr(embedder, method):
            raise MetalearnError("{name} should be an embedder; it has no method {method}", name=name, method=method)
    embedder.fit(all_character_tasks(characters, split_name, split(characters, split_name).train))
    return embedder
