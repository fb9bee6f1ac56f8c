"""Drawings side by side."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from metalearn.plots.style import styled


def drawings(pictures: np.ndarray, captions: Sequence[str] = (), columns: int = 10, title: str = "") -> go.Figure:
    """Show drawings side by side, in rows.

    Parameters
    ----------
    pictures : ndarray
        The drawings, uint8 ``[n, 28, 28]`` with ink high.
    captions : sequence of str
        What stands below each drawing; nothing by default.
    columns : int
        How many drawings a row has.
    title : str
        What the figure is called.

    Returns
    -------
    plotly Figure
        All drawings on one sheet.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> figure = ml.plots.drawings(characters.images[:20, 0], columns=5)
    >>> figure.data[0].z.shape
    (120, 150)
    """
    # A cell in the drawings' own pixels. What is more than 28 is margin and caption.
    width, height = 30, 42 if captions else 30
    rows, columns = -(-len(pictures) // columns), min(columns, len(pictures))
    sheet = np.zeros((rows * height, columns * width), np.uint8)
    figure = go.Figure()
    for index, image in enumerate(pictures):
        top, left = index // columns * height + 1, index % columns * width + 1
        sheet[top : top + 28, left : left + 28] = image
        if captions:
            figure.add_annotation(
                x=left + 13.5, y=top + 28, text=captions[index], showarrow=False, font_size=10, yanchor="top"
            )
    figure.add_heatmap(z=sheet, colorscale="gray_r", showscale=False, hoverinfo="skip", zmin=0, zmax=255)
    figure.update_layout(title=title, height=40 + rows * height * 2.4 + (40 if title else 0))
    return styled(_as_sheet(figure))


def _as_sheet(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
