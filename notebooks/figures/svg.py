"""A sheet to draw on: boxes, arrows, dots and words, written as SVG.

Every figure has a light ground of its own, so that it reads the same on a light page and on a dark one.
"""

import math
import random
from collections.abc import Sequence
from html import escape

from words import in_language

INK, QUIET, GROUND = "#1f2933", "#7b8794", "#fbfaf6"
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"  # Okabe and Ito's palette
FONT = "'Helvetica Neue', Arial, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
LANG = {"en": "en", "zh": "zh-CN"}  # "zh" alone leaves open whose form of a character is meant
SHAPES = (  # the pen's path of a few invented characters, from a drawing's middle
    ((-11, -10), (9, -9), (-8, 10), (11, 10)),
    ((-10, 9), (0, -11), (10, 9), (-6, 2), (7, 2)),
    ((-9, -10), (-8, 10), (8, 9), (9, -10), (-9, 0)),
    ((-10, -8), (0, 2), (10, -8), (0, 2), (0, 11)),
    ((-9, 10), (-9, -10), (9, -10), (9, 1), (-9, 1)),
    ((-11, 0), (11, 0), (0, -11), (0, 11), (-8, 8)),
)


class Sheet:
    """A figure in the making; coordinates are in pixels from the top left.

    Parameters
    ----------
    width, height : int
        Its size.
    title : str
        What it shows, in a few words: its name for those who cannot see it.
    language : str
        In which its words are written, ``"en"`` or ``"zh"``. They are given in English, and looked up in ``words.py``.
    """

    def __init__(self, width: int, height: int, title: str, language: str) -> None:
        self.width, self.height, self.language = width, height, language
        self.title = in_language(title, language)
        self.parts: list[str] = []

    def words(
        self, x: float, y: float, text: str, *, size: float = 15, color: str = INK, anchor: str = "middle", **more: str
    ) -> None:
        """Write lines of text, parted by ``|``, around the height ``y``. ``_{…}`` lowers, ``^{…}`` raises."""
        style = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
        lines = in_language(text, self.language).split("|")
        for k, line in enumerate(lines):
            below = (k - (len(lines) - 1) / 2) * 1.35 * size
            self.parts.append(
                f'<text x="{x:.1f}" y="{y + below + 0.35 * size:.1f}" font-size="{size}" fill="{color}" '
                f'text-anchor="{anchor}"{style}>{_scripts(line, size)}</text>'
            )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str = "",
        *,
        color: str = INK,
        fill: str = "white",
        dash: str = "",
        size: float = 15,
        corner: float = 8,
    ) -> None:
        """Draw a box with its middle at (x, y), and lines of text in it, parted by ``|``."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{corner}" fill="{fill}" stroke="{color}" stroke-width="1.6"{dashed}/>'
        )
        if text:
            self.words(x, y, text, size=size)

    def arrow(self, *points: tuple[float, float], color: str = INK, dash: str = "", width: float = 1.8) -> None:
        """Draw an arrow through points, straight for two of them and curved for three or four."""
        (x, y), *rest = points
        path = f"M{x:.1f},{y:.1f} " + {1: "L", 2: "Q", 3: "C"}[len(rest)]
        path += " ".join(f"{a:.1f},{b:.1f}" for a, b in rest)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}"{dashed}/>')
        (x0, y0), (x1, y1) = points[-2:]
        angle = math.atan2(y1 - y0, x1 - x0)
        wings = [(x1 - 10 * math.cos(angle + turn), y1 - 10 * math.sin(angle + turn)) for turn in (-0.42, 0.42)]
        corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in [(x1, y1), *wings])
        self.parts.append(f'<polygon points="{corners}" fill="{color}"/>')

    def line(self, *points: tuple[float, float], color: str = INK, dash: str = "", width: float = 1.8) -> None:
        """Draw a line through any number of points."""
        corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<polyline points="{corners}" fill="none" stroke="{color}" stroke-width="{width}"{dashed}/>')

    def dot(self, x: float, y: float, radius: float = 5, color: str = INK, fill: str | None = None) -> None:
        """Draw a dot."""
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill or color}" stroke="{color}" '
            'stroke-width="1.6"/>'
        )

    def ellipse(self, x: float, y: float, rx: float, ry: float, *, turn: float) -> None:
        """Draw the outline of an ellipse, turned by so many degrees."""
        self.parts.append(
            f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" transform="rotate({turn} {x} {y})" fill="none" '
            f'stroke="{QUIET}" stroke-width="1.6"/>'
        )

    def drawing(
        self, x: float, y: float, kind: int, seed: int, *, ink: str = INK, color: str = QUIET, fill: str = "white"
    ) -> None:
        """Draw somebody's drawing of one of the invented characters; the seed says whose."""
        rng = random.Random(seed)
        self.box(x, y, 40, 40, color=color, fill=fill, corner=4)
        points = [(x + a + rng.uniform(-2.4, 2.4), y + b + rng.uniform(-2.4, 2.4)) for a, b in SHAPES[kind]]
        self.line(*points, color=ink, width=2.6)

    def cells(self, x: float, y: float, fills: Sequence[Sequence[str]], *, color: str = "white") -> None:
        """Draw a matrix, one row of colors after the other; (x, y) is the middle of its first cell."""
        for row, colors in enumerate(fills):
            for column, fill in enumerate(colors):
                self.box(x + 26 * column, y + 26 * row, 24, 24, fill=fill, color=color, corner=3)

    def text(self) -> str:
        """Return the figure as SVG."""
        inside = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" lang="{LANG[self.language]}" role="img" aria-label="{escape(self.title)}" '
            f'font-family="{FONT}">\n'
            f"<title>{escape(self.title)}</title>\n"
            f'<rect width="{self.width}" height="{self.height}" rx="12" fill="{GROUND}"/>\n{inside}\n</svg>\n'
        )


def _scripts(text: str, size: float) -> str:
    """Lower what is in ``_{…}`` and raise what is in ``^{…}``."""
    written, small = "", 0.72 * size
    for k, part in enumerate(_parted(text)):
        if k % 2 == 0:
            written += escape(part)
            continue
        shift = (0.25 if part[0] == "_" else -0.4) * size
        written += f'<tspan font-size="{small:.1f}" dy="{shift:.1f}">{escape(part[1:])}</tspan>'
        written += f'<tspan dy="{-shift:.1f}">\u200b</tspan>'  # back to the line, even at its end
    return written


def _parted(text: str) -> list[str]:
    """Return plain text and scripts in turn; a script begins with its sign."""
    parts, rest = [], text
    while "{" in rest:
        before, after = rest.split("{", 1)
        script, rest = after.split("}", 1)
        parts += [before[:-1], before[-1] + script]
    return [*parts, rest]
