"""Making maps with trained embedders and learners: those that ship, and those of a user's own characters."""

from pathlib import Path

from metalearn.characters.character_set import CharacterSet
from metalearn.maps.build import build_map
from metalearn.maps.task_map import EPISODE_MAP, TaskMap
from metalearn.pretrained.embedders import find_family, load_embedder
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.maps import map_path

DIFFICULTY_LEARNER = "film"  # whose query loss says how hard a task is


def make_named_map(
    characters: CharacterSet, split_name: str, family: str = "gradient", root: Path | None = None, seed: int = 0
) -> TaskMap:
    """Build the map of ``characters``, with the embedder and the learner in ``root``; by default, those that ship."""
    folder = map_path(split_name, family, root=root).parent
    drawings = None if family == EPISODE_MAP else find_family(family).drawings
    embedder, learner = load_embedder(str(folder / family)), load_learner(str(folder / DIFFICULTY_LEARNER))
    return build_map(characters, split_name, family, embedder, learner, drawings, seed)
