"""Tasks as pictures on a page: the drawings that stand for them, and their names."""

import streamlit as st

from dashboard.components.pictures import picture
from metalearn.data import CharacterSet
from metalearn.maps import TaskMap


def of_tasks(characters: CharacterSet, shown: TaskMap, tasks: list[int], columns: int) -> None:
    """Show the drawings of each task in rows, with its name."""
    drawings = characters.images.reshape(-1, 28, 28)
    for start in range(0, len(tasks), columns):
        for column, task in zip(st.columns(columns), tasks[start : start + columns], strict=False):
            size = 84 if shown.drawings.shape[1] == 1 else 28
            column.image([picture(drawings[i]) for i in shown.drawings[task]], width=size)
            column.caption(name(shown, task))


def name(shown: TaskMap, task: int) -> str:
    """Return "Greek 01" for "Greek/character01", "drawer 12" for an episode."""
    kind, _, number = shown.names[task].rpartition("/")
    return f"{kind.replace('_', ' ')} {number.removeprefix('character').removeprefix('episode')}"
