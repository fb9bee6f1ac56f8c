"""The maps that ship: where they are, and loading them. Nothing here needs torch."""

from pathlib import Path

from metalearn import artifacts
from metalearn.maps.task_map import EPISODE_MAP, TaskMap

MAPPED_FAMILIES = ("gradient", "adaptation", "collaborative", "generative")  # one of each kind of embedding has a map


def map_path(split_name: str, family: str = "gradient", data: str = "omniglot", root: Path | None = None) -> Path:
    """Return the path of a map, without ``.json``. The map of episodes is with what was trained on mixed questions."""
    folder = f"{split_name}-mixed" if family == EPISODE_MAP else split_name
    return (root or artifacts.PRETRAINED) / folder / (f"map-{family}" if data == "omniglot" else f"map-{family}-{data}")


def load_map(name: str = "gradient", split: str = "lake", data: str = "omniglot") -> TaskMap:
    """Load a map of the task space.

    Parameters
    ----------
    name : str
        The embedding of a map that ships ("gradient", "adaptation", "collaborative", "generative"; "episodes" for the
        map of mixed questions), or the path of a map that was saved, without ``.json``.
    split : str
        The split that the embedding was fitted on, for a map that ships: "article" or "lake".
    data : str
        The characters that are mapped, for a map that ships: "omniglot" or "glyphs".

    Returns
    -------
    TaskMap
        Tasks as points, with clusters and difficulty.

    Raises
    ------
    MetalearnError
        Where there is no such map, or the file was altered.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.load_map("gradient", "lake")
    <TaskMap: 1,623 tasks of omniglot, gradient embedding of 256 numbers, lake split>
    """
    known = name in (*MAPPED_FAMILIES, EPISODE_MAP)
    return TaskMap.load(map_path(split, name, data) if known else Path(name).expanduser())
