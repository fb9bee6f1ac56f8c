"""Figures that can be sent to the browser as they are."""

from typing import Any

import plotly.graph_objects as go


class ReadyFigure(go.Figure):
    """A figure made from a dictionary that is known to be valid.

    Streamlit checks every dictionary that it is given; that takes longer than drawing, and all other visitors wait
    meanwhile. A figure it sends as it is.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__()
        self._spec = spec

    def to_dict(self) -> dict[str, Any]:
        """Return the dictionary that the figure was made from."""
        return self._spec
