"""Drawings as pictures on a page."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from metalearn.data import CharacterSet


def picture(ink: np.ndarray, size: int = 3) -> np.ndarray:
    """Return a drawing, uint8 ``[28, 28]`` with ink high, dark on white and ``size`` times as large."""
    return np.kron(255 - ink, np.ones((size, size), np.uint8))


def strip(characters: CharacterSet, positions: list[int] | np.ndarray, columns: int) -> None:
    """Show the first drawing of each character in rows, with its name."""
    for start in range(0, len(positions), columns):
        row = positions[start : start + columns]
        for column, position in zip(st.columns(columns), row, strict=False):
            column.image(picture(characters.images[position, 0]), short_name(characters, position), width=84)


def choices(
    characters: CharacterSet, positions: np.ndarray, picked: list[int], toggle: Callable[[int], None], columns: int
) -> None:
    """Show the characters as pictures with a box to tick under each."""
    for start in range(0, len(positions), columns):
        for column, position in zip(st.columns(columns), positions[start : start + columns], strict=False):
            column.image(picture(characters.images[position, 0], size=2))
            key = f"pick {characters.name} {position}"
            st.session_state[key] = int(position) in picked  # the page's choice rules, wherever it was made
            label = characters.characters[position].rsplit("/", 1)[1].removeprefix("character")
            column.checkbox(label, key=key, on_change=toggle, args=(int(position),))


def short_name(characters: CharacterSet, position: int) -> str:
    """Return "Greek 01" for "Greek/character01"."""
    alphabet, name = characters.characters[position].rsplit("/", 1)
    return f"{alphabet.replace('_', ' ')} {name.removeprefix('character')}"
