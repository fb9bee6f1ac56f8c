"""Drawings as small PNG images inside a page or a notebook, without a file."""

import base64
import io

import numpy as np
from PIL import Image

from metalearn.characters.character_set import IMAGE_SIZE


def png_address(image: Image.Image) -> str:
    """Return an image as a ``data:`` URL: an address that holds the image itself, so that nothing is requested."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def sheet(drawings: np.ndarray, columns: int, scale: int = 2) -> Image.Image:
    """Lay out drawings, uint8 ``[n, 28, 28]`` with ink high, in rows of ``columns``, dark on white."""
    cell = IMAGE_SIZE + 2
    rows = -(-len(drawings) // columns)
    laid_out = np.full((rows * cell, columns * cell), 255, np.uint8)
    for index, drawing in enumerate(drawings):
        top, left = index // columns * cell + 1, index % columns * cell + 1
        laid_out[top : top + IMAGE_SIZE, left : left + IMAGE_SIZE] = 255 - drawing
    image = Image.fromarray(laid_out)
    return image.resize((scale * image.width, scale * image.height), Image.Resampling.NEAREST)


def html_with_sheet(text: str, drawings: np.ndarray, columns: int) -> str:
    """Return a line of text above a sheet of drawings, as HTML."""
    import html

    return f'<div>{html.escape(text)}<br><img alt="" src="{png_address(sheet(drawings, columns))}"></div>'
