"""Figures that are ready to be sent."""

from typing import Any

import plotly.graph_objects as go


class ReadyFigure(go.Figure):
    """A figure that is a valid dictionary already: Streamlit sends it as it is, where a dictionary is checked again.

    While a visitor's figure is checked, all others wait; and checking takes longer than drawing.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__()
        self._spec = spec

    def to_dict(self) -> dict[str, Any]:
        """Return the dictionary."""
        return self._spec
