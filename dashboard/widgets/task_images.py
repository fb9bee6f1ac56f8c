"""Tasks on a page: the drawings that stand for them, and their names."""

import streamlit as st

from dashboard.type_size import pixels
from dashboard.widgets.images import drawing_of, image_address
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import TaskMap

CELL, DRAWING = 92, 84  # pixels, of a task that is one drawing
EPISODE, SMALL = 180, 28  # of a task that has many


def show(characters: CharacterSet, task_map: TaskMap, tasks: list[int]) -> None:
    """Show the drawings of each task, with its name; as many tasks in a row as it has room for."""
    drawings = characters.images.reshape(-1, 28, 28)
    cell, size = (CELL, DRAWING) if task_map.drawings.shape[1] == 1 else (EPISODE, SMALL)
    row = st.container(horizontal=True, gap="small")
    for task in tasks:
        shown = [image_address(drawings[i]) for i in task_map.drawings[task]]
        place = row.container(width=pixels(cell), gap=None)
        place.image(shown, width=pixels(size), alt=[drawing_of(name(task_map, task))] * len(shown))
        place.caption(name(task_map, task))


def name(task_map: TaskMap, task: int) -> str:
    """Return the name of a task as it is shown."""
    return shown_name(task_map.names[task])


def shown_name(name: str) -> str:
    """Return "Greek 01" for "Greek/character01", "drawer 12" for "drawer/episode12"."""
    kind, _, number = name.rpartition("/")
    return f"{kind.replace('_', ' ')} {number.removeprefix('character').removeprefix('episode')}"
