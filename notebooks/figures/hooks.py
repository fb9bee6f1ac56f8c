"""Figures on the places where an embedding acts."""

import math

from svg import BLUE, GREEN, ORANGE, PURPLE, QUIET, RED, Sheet


def film(sheet: Sheet) -> None:
    """FiLM: the embedding sets a scale and a shift for each channel, shared convolutions stay."""
    sheet.drawing(50, 185, 2, 4)
    sheet.arrow((74, 185), (99, 185), color=QUIET)
    sheet.box(165, 185, 128, 54, "convolution|shared by all tasks", color=QUIET, size=12)
    heights = ((10, 38, 22, 6), (24, 30, 5, 30), (38, 10, 20, 12))
    scales, shifts = (1.4, 0.25, 1.0), (0, 0, 12)
    for c, y in enumerate((115, 185, 255)):
        sheet.arrow((231, 185), (266, y), color=QUIET)
        color = (BLUE, ORANGE, GREEN)[c]
        for k, height in enumerate(heights[c]):
            sheet.box(282 + 15 * k, y + 20 - height / 2, 12, height, fill=color, color=color, corner=1)
        sheet.arrow((347, y), (394, y))
        sheet.words(455, y, f"× {scales[c]:g}  + {shifts[c] / 40:g}", size=15, color=PURPLE)
        sheet.arrow((516, y), (560, y))
        for k, height in enumerate(heights[c]):
            tall = max(2.0, scales[c] * height + shifts[c])
            sheet.box(585 + 15 * k, y + 20 - tall / 2, 12, tall, fill=color, color=color, corner=1)
        sheet.words(665, y, ("louder", "nearly off", "shifted up")[c], size=13, color=QUIET, anchor="start")
    sheet.box(452, 38, 150, 40, "task embedding e_{j}", color=PURPLE, fill="#fbf1f6", size=14)
    sheet.arrow((452, 60), (452, 97), color=PURPLE)
    sheet.words(538, 38, "sets a scale and a shift per channel", size=12.5, color=PURPLE, anchor="start")
    sheet.words(304, 78, "channels", size=12.5, color=QUIET)


def straight_through(sheet: Sheet) -> None:
    """Straight-through: forward a step, backward the slope of a sigmoid."""

    def axes(x: float, title: str, color: str) -> None:
        sheet.words(x, 32, title, size=17, color=color)
        sheet.line((x - 140, 220), (x + 140, 220), color=QUIET, width=1.2)
        sheet.line((x, 60), (x, 228), color=QUIET, width=1.2)
        sheet.words(x + 138, 238, "score u", size=12.5, color=QUIET)
        sheet.words(x, 240, "0", size=12.5, color=QUIET)

    axes(205, "forward: a hard choice", BLUE)
    sheet.line((65, 220), (205, 220), (205, 90), (345, 90), color=BLUE, width=3.4)
    sheet.words(192, 90, "1", size=13, color=QUIET)
    sheet.words(110, 200, "off", color=BLUE)
    sheet.words(300, 72, "on", color=BLUE)
    axes(575, "backward: a sigmoid's slope", RED)
    slope = [(u, 1 / (1 + math.exp(-u))) for u in (k / 10 for k in range(-60, 61))]
    sheet.line(*[(575 + 23 * u, 220 - 500 * s * (1 - s)) for u, s in slope], color=RED, width=3.4)
    sheet.words(614, 100, "near the edge: much", size=13, color=RED, anchor="start")
    sheet.words(644, 178, "far from it: little", size=13, color=RED, anchor="start")
    sheet.words(390, 270, "hard + soft − detach(soft): the value of the first, the gradient of the second", size=14)
