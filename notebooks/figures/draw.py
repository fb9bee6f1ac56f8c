"""Draw the figures of the course, one concept each, in both languages.

    python notebooks/figures/draw.py        writes NAME.svg and zh/NAME.svg beside this file

A figure is a function that draws on a sheet; its docstring says what it shows. Its words stand in it in English, and
beside their Chinese in ``words.py``.
"""

from collections.abc import Callable
from pathlib import Path

import embedding
import evidence
import hooks
import learning
from svg import Sheet

FOLDER = Path(__file__).parent
FOLDERS = {"en": FOLDER, "zh": FOLDER / "zh"}
WIDE = 780
HEIGHTS = {
    learning.episode: 335,
    learning.prototypes: 340,
    learning.two_loops: 410,
    learning.step_back: 325,
    learning.stop_gradient: 280,
    learning.reptile: 340,
    learning.three_hooks: 300,
    embedding.gradient_embedding: 335,
    embedding.fisher: 295,
    embedding.whitening: 325,
    embedding.alternating: 315,
    embedding.fold_in: 330,
    embedding.set_encoder: 290,
    embedding.adversary: 335,
    hooks.film: 295,
    hooks.straight_through: 290,
    evidence.alphabets: 300,
    evidence.paired: 310,
    evidence.twin_and_control: 320,
    evidence.worlds: 330,
    evidence.three_conditions: 290,
}


def name_of(figure: Callable[[Sheet], None]) -> str:
    """Return the name of a figure's file."""
    return f"{figure.__name__.replace('_', '-')}.svg"


def drawn(figure: Callable[[Sheet], None], language: str) -> str:
    """Return a figure as SVG, with its words in a language: ``"en"`` or ``"zh"``."""
    sheet = Sheet(WIDE, HEIGHTS[figure], (figure.__doc__ or "").strip().removesuffix("."), language)
    figure(sheet)
    return sheet.text()


def main() -> None:
    """Write all figures."""
    for language, folder in FOLDERS.items():
        folder.mkdir(exist_ok=True)
        for figure in HEIGHTS:
            (folder / name_of(figure)).write_text(drawn(figure, language), "utf-8")


if __name__ == "__main__":
    main()
