"""Drawings as pictures on a page."""

import base64
import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import streamlit as st
from PIL import Image

from metalearn.data import SIZE, CharacterSet
from metalearn.plots import short_name

CELL = 96  # pixels: as many stand in a row as fit, on a projector or a phone


def picture(ink: np.ndarray, size: int = 3) -> str:
    """Return the address of a drawing, uint8 ``[28, 28]`` with ink high, dark on white and ``size`` times as large.

    The address is the picture itself (a ``data:`` URL), so that a page of fifty needs no fifty requests.
    """
    return _picture(ink.tobytes(), size)


@lru_cache(maxsize=4096)
def _picture(ink: bytes, size: int) -> str:
    drawing = Image.frombytes("L", (SIZE, SIZE), ink).point(lambda value: 255 - value)
    file = io.BytesIO()
    drawing.resize((size * SIZE, size * SIZE), Image.Resampling.NEAREST).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


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
