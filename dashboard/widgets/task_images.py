"""Tasks on a page: the drawings that stand for them, and their names."""

import streamlit as st

from dashboard.type_size import pixels
from dashboard.widgets.images import drawing_of, image_address
from metalearn.characters.character_set import CharacterSet
from metalearn.maps.task_map import TaskMap


def show(characters: CharacterSet, task_map: TaskMap, tasks: list[int], columns: int) -> None:
    """Show the drawings of each task in rows, with its name."""
    drawings = characters.images.reshape(-1, 28, 28)
    size = pixels(84 if task_map.drawings.shape[1] == 1 else 28)
    for start in range(0, len(tasks), columns):
        for column, task in zip(st.columns(columns), tasks[start : start + columns], strict=False):
            shown = [image_address(drawings[i]) for i in task_map.drawings[task]]
            column.image(shown, width=size, alt=[drawing_of(name(task_map, task))] * len(shown))
            column.caption(name(task_map, task))


def name(task_map: TaskMap, task: int) -> str:
    """Return the name of a task as it is shown."""
    return shown_name(task_map.names[task])


def shown_name(name: str) -> str:
    """Return "Greek 01" for "Greek/character01", "drawer 12" for "drawer/episode12"."""
    kind, _, number = name.rpartition("/")
    return f"{kind.replace('_', ' ')} {number.removeprefix('character').removeprefix('episode')}"
