"""Drawings as images on a page."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from dashboard.language import _
from dashboard.type_size import pixels
from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.characters.png import png_address, sheet
from metalearn.plots.style import short_name

CELL = 96  # pixels; as many fit into a row as the screen is wide


def image_address(drawing: np.ndarray, scale: int = 3) -> str:
    """Return the address of a drawing, uint8 ``[28, 28]`` with ink high: dark on white, ``scale`` times as large.

    The address holds the image itself (a ``data:`` URL), so that a page with fifty drawings needs no fifty requests.
    """
    return _image_address(drawing.tobytes(), scale)


@lru_cache(maxsize=4096)
def _image_address(drawing: bytes, scale: int) -> str:
    image = Image.frombytes("L", (IMAGE_SIZE, IMAGE_SIZE), drawing).point(lambda value: 255 - value)
    return png_address(image.resize((scale * IMAGE_SIZE, scale * IMAGE_SIZE), Image.Resampling.NEAREST))


def sheet_address(drawings: np.ndarray, columns: int) -> str:
    """Return the address of many drawings, uint8 ``[n, 28, 28]``, in one image: rows of ``columns``."""
    return png_address(sheet(drawings, columns, scale=3))


def framed_address(drawings: np.ndarray, colours: list[str], crossed: list[bool], columns: int, pen: int = 4) -> str:
    """Return the address of a sheet of drawings, each in a frame of its colour; some are crossed out.

    ``pen`` is how thick frames are, where a drawing is 84 pixels wide.
    """
    image = sheet(drawings, columns, scale=3).convert("RGB")
    cell, paint = image.width // columns, ImageDraw.Draw(image)
    for i, (colour, cross) in enumerate(zip(colours, crossed, strict=True)):
        left, top = i % columns * cell, i // columns * cell
        frame = (left + 2, top + 2, left + cell - 3, top + cell - 3)
        paint.rectangle(frame, outline=colour, width=pen)
        if cross:
            paint.line(frame, fill=colour, width=pen // 2 + 1)
    return png_address(image)


def row_of_characters(characters: CharacterSet, positions: list[int] | np.ndarray) -> None:
    """Show the first drawing of each character, with its name."""
    row = st.container(horizontal=True)
    for position in positions:
        name = short_name(characters.characters[position])
        row.image(image_address(characters.images[position, 0]), name, width=pixels(84), alt=drawing_of(name))


def drawing_of(name: str) -> str:
    """Say whose drawing an image is, for visitors who cannot see it."""
    return _("A drawing of {name}.").format(name=name)


def tick_boxes(
    characters: CharacterSet, positions: np.ndarray, chosen: list[int], toggle: Callable[[int], None]
) -> None:
    """Show the characters as images with a box to tick under each; ``toggle`` is called with the one that changes."""
    row = st.container(horizontal=True)
    for position in positions:
        cell = row.container(width=pixels(CELL))
        alt = drawing_of(short_name(characters.characters[position]))
        cell.image(image_address(characters.images[position, 0], scale=2), alt=alt)
        key = f"pick {characters.name} {position}"
        st.session_state[key] = int(position) in chosen  # a character can be chosen in other ways than by its box
        label = characters.characters[position].rsplit("/", 1)[1].removeprefix("character")
        cell.checkbox(label, key=key, on_change=toggle, args=(int(position),))
