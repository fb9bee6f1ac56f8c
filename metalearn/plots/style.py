"""The look that all figures of the kit share."""

import plotly.graph_objects as go

# Okabe and Ito's palette, whose colours can be told apart in the common forms of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")

MUTED, STRESSED = "#888888", PALETTE[5]

SEQUENCE = ("#440154", "#3B528B", "#21918C", "#5EC962", "#FDE725")  # viridis, from low to high: also right in grey

SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star")


def short_name(name: str) -> str:
    """Return "Greek 01" for "Greek/character01"."""
    alphabet, character = name.rsplit("/", 1)
    return f"{alphabet.replace('_', ' ')} {character.removeprefix('character')}"


def styled(figure: go.Figure) -> go.Figure:
    """Give a figure the look that all figures of the kit share."""
    top = 50 if figure.layout.title.text else 20
    return figure.update_layout(template="plotly_white", margin={"l": 50, "r": 20, "t": top, "b": 45})
