"""Where artifacts are: those that ship have a name, those of a user a path."""

from collections.abc import Collection
from pathlib import Path

from metalearn import artifacts
from metalearn.errors import MetalearnError


def artifact_folder(split: str, world: str = "characters") -> str:
    """Return the folder of everything that was trained in a world, on the characters of a split."""
    return split if world == "characters" else f"{split}-{world}"


def locate(kind: str, name: str, known: Collection[str], split: str, world: str = "characters") -> Path:
    """Return the path of an artifact, without ``.json``; ``kind`` is what an error calls it.

    A name in ``known`` is one that ships for the split and world; anything else is a path. Raises MetalearnError
    where it is neither.
    """
    if name in known:
        return artifacts.PRETRAINED / artifact_folder(split, world) / name
    path = Path(name).expanduser()
    if not name or (path.parent == Path() and not artifacts.exists(path)):
        raise MetalearnError(
            "unknown {kind} {name!r}; there are {known}, and the paths of those you saved",
            kind=kind,
            name=name,
            known=", ".join(known),
        )
    return path
