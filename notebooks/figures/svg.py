"""A sheet to draw on: boxes, arrows, dots and words, written as SVG.

Every figure has a light ground of its own, so that it reads the same on a light page and on a dark one.
"""

import math
from html import escape

INK, QUIET, GROUND = "#1f2933", "#7b8794", "#fbfaf6"
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"  # Okabe and Ito's palette
FONT = "'Helvetica Neue', Arial, 'Noto Sans', sans-serif"


class Sheet:
    """A figure in the making; coordinates are in pixels from the top left.

    Parameters
    ----------
    width, height : int
        Its size.
    title : str
        What it shows, in a few words: its name for those who cannot see it.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self.parts: list[str] = []

    def words(
        self, x: float, y: float, text: str, *, size: float = 15, color: str = INK, anchor: str = "middle", **more: str
    ) -> None:
        """Write a line of text; ``y`` is its middle. ``_{…}`` lowers and ``^{…}`` raises what is in the braces."""
        style = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
        self.parts.append(
            f'<text x="{x:.1f}" y="{y + 0.35 * size:.1f}" font-size="{size}" fill="{color}" '
            f'text-anchor="{anchor}"{style}>{_scripts(text, size)}</text>'
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
        lines = text.split("|") if text else []
        for k, line in enumerate(lines):
            self.words(x, y + (k - (len(lines) - 1) / 2) * 1.3 * size, line, size=size)

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

    def line(self, *points: tuple[float, float], color: str = INK, width: float = 1.8) -> None:
        """Draw a line through any number of points."""
        corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        self.parts.append(f'<polyline points="{corners}" fill="none" stroke="{color}" stroke-width="{width}"/>')

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

    def text(self) -> str:
        """Return the figure as SVG."""
        inside = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" aria-label="{escape(self.title)}" font-family="{FONT}">\n'
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
