"""Drawings as pictures on a page."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from metalearn.data import CharacterSet
from metalearn.player import short_name

CELL = 96  # pixels: as many stand in a row as fit, on a projector or a phone


def picture(ink: np.ndarray, size: int = 3) -> np.ndarray:
    """Return a drawing, uint8 ``[28, 28]`` with ink high, dark on white and ``size`` times as large."""
    return np.kron(255 - ink, np.ones((size, size), np.uint8))


def strip(characters: CharacterSet, positions: list[int] | np.ndarray) -> None:
    """Show the first drawing of each character in rows, with its name."""
    row = st.container(horizontal=True)
    for position in positions:
        row.image(picture(characters.images[position, 0]), short_name(characters.characters[position]), width=84)


def choices(characters: CharacterSet, positions: np.ndarray, picked: list[int], toggle: Callable[[int], None]) -> None:
    """Show the characters as pictures with a box to tick under each."""
    row = st.container(horizontal=True)
    for position in positions:
        cell = row.container(width=CELL)
        cell.image(picture(characters.images[position, 0], size=2))
        key = f"pick {characters.name} {position}"
        st.session_state[key] = int(position) in picked  # the page's choice rules, wherever it was made
        label = characters.characters[position].rsplit("/", 1)[1].removeprefix("character")
        cell.checkbox(label, key=key, on_change=toggle, args=(int(position),))
