"""Figures on tasks, and on learning to learn them."""

import itertools
import math
import random

from svg import BLUE, GREEN, INK, ORANGE, PURPLE, QUIET, RED, Sheet


def episode(sheet: Sheet) -> None:
    """An episode: a few characters become classes, some of their drawings support and others queries."""
    tints = {1: (BLUE, "#cfe3f1"), 3: (ORANGE, "#fae7bf"), 4: (GREEN, "#c9eadf")}
    support, queries = {1: 0, 3: 2, 4: 1}, {1: (2, 4), 3: (0, 1), 4: (3, 4)}
    for character, person in itertools.product(range(6), range(5)):
        chosen = person == support.get(character) or person in queries.get(character, ())
        color, tint = tints[character] if chosen else (QUIET, "white")
        fill = tint if person == support.get(character) else "white"
        seed = 10 * character + person
        x, y = 52 + 47 * character, 70 + 47 * person
        sheet.drawing(x, y, character, seed, ink=INK if chosen else "#c3cad1", color=color, fill=fill)
    sheet.words(170, 30, "characters", size=13.5, color=QUIET)
    sheet.words(170, 297, "one person's drawings in each row", size=12.5, color=QUIET)
    sheet.arrow((320, 140), (398, 95), color=QUIET)
    sheet.arrow((320, 190), (398, 225), color=QUIET)
    sheet.box(585, 88, 360, 124, color=QUIET, corner=12)
    sheet.words(420, 44, "support set: to adapt on", size=14, anchor="start", font_weight="bold")
    sheet.box(585, 229, 360, 124, color=QUIET, corner=12)
    sheet.words(420, 185, "query set: to be judged on", size=14, anchor="start", font_weight="bold")
    for label, (character, (color, tint)) in enumerate(tints.items()):
        x, seed = 465 + 120 * label, 10 * character
        sheet.drawing(x, 88, character, seed + support[character], color=color, fill=tint)
        sheet.words(x, 128, str(label), size=16, color=color, font_weight="bold")
        for k, person in enumerate(queries[character]):
            sheet.drawing(x - 25 + 50 * k, 229, character, seed + person, color=color)
            sheet.words(x - 25 + 50 * k, 270, "?", size=15, color=QUIET)
    sheet.words(585, 314, "0, 1, 2 are names within this task only", size=13, color=QUIET)


def prototypes(sheet: Sheet) -> None:
    """A prototype is the mean of its class's points; a query belongs to the nearest."""
    rng = random.Random(4)
    sheet.box(270, 170, 500, 300, color=QUIET, corner=12)
    asked, middles, colors = (318, 168), ((120, 110), (428, 96), (300, 262)), (BLUE, ORANGE, GREEN)
    logits = []
    for middle, color in zip(middles, colors, strict=True):
        turn = rng.uniform(0, 2)
        points = [(turn + k * 2.1, rng.uniform(24, 44)) for k in range(3)]
        places = [(middle[0] + far * math.cos(angle), middle[1] + far * math.sin(angle)) for angle, far in points]
        mean = sum(x for x, _ in places) / 3, sum(y for _, y in places) / 3
        logits.append(-((math.dist(asked, mean) / 55) ** 2))
        nearest = color == GREEN
        sheet.line(
            asked, mean, color=INK if nearest else QUIET, dash="" if nearest else "4 5", width=2.6 if nearest else 1.6
        )
        for place in places:
            sheet.line(place, mean, color=color, width=1)
            sheet.dot(*place, 5, color, "white")
        sheet.dot(*mean, 9, color)
    sheet.dot(*asked, 9, INK)
    sheet.words(334, 184, "a query", size=13.5, anchor="start")
    sheet.words(
        36, 190, "filled: a prototype,|the mean of its class's|support points", size=12.5, color=QUIET, anchor="start"
    )
    sheet.words(650, 60, "how probable each class is", size=13.5)
    shares = [math.exp(logit) / sum(map(math.exp, logits)) for logit in logits]
    for k, (share, color) in enumerate(zip(shares, colors, strict=True)):
        sheet.box(570 + 80 * share, 112 + 54 * k, 160 * share, 30, fill=color, color=color, corner=2)
        sheet.words(578 + 160 * share, 112 + 54 * k, f"{100 * share:.0f} %", size=14, color=QUIET, anchor="start")
    sheet.words(650, 285, "softmax of minus|the squared distances", size=13, color=QUIET)


def two_loops(sheet: Sheet) -> None:
    """The outer loop changes the start; the inner loop goes from there to each task."""
    sheet.box(390, 205, 740, 370, color=GREEN, fill="#f1f8f4", corner=16)
    sheet.words(40, 44, "outer loop", color=GREEN, anchor="start", size=17)
    sheet.words(375, 38, "inner loop", color=BLUE, size=17)
    sheet.dot(95, 195, 9, GREEN)
    sheet.words(72, 166, "the start φ", color=GREEN)
    for row, y in enumerate((95, 195, 295)):
        sheet.box(375, y, 320, 78, color=BLUE, fill="#f0f6fb")
        places = [(245 + 62 * k, y + 12 - 10 * math.sin(k + row)) for k in range(4)]
        for k, (before, after) in enumerate(itertools.pairwise(places)):
            sheet.arrow(before, (after[0] - 7, after[1]), color=BLUE)
            sheet.dot(*before, 4, BLUE, "white" if k == 0 else BLUE)
        sheet.dot(*places[-1], 5, BLUE)
        sheet.words(485, y + 12, f"φ_{{{row + 1},K}}", color=BLUE)
        says = (
            "task 1: steps on its support set",
            "task 2: steps on its support set",
            "task 3: steps on its support set",
        )
        sheet.words(235, y - 25, says[row], color=BLUE, size=12.5, anchor="start")
        sheet.arrow((106, 195 + (row - 1) * 6), (160, y), (236, places[0][1]), color=QUIET)
        sheet.arrow((536, y), (568, y), color=INK)
        sheet.box(606, y, 72, 46, "query|loss", size=13.5)
        sheet.arrow((643, y), (688, 195 + (row - 1) * 9), color=INK)
    sheet.dot(713, 195, 23, RED, "white")
    sheet.words(713, 195, "mean", size=13)
    sheet.arrow((713, 219), (800, 430), (95, 430), (95, 212), color=RED, dash="6 4")
    sheet.words(430, 351, "gradient of the mean query loss", color=RED, size=12.5)


def step_back(sheet: Sheet) -> None:
    """What a step leaves of a change of the start: the second order counts that, the first order all of it."""
    left = 0.4  # 1 - ηa, for a loss a/2 φ²

    def at(phi: float) -> tuple[float, float]:
        return 640 + 120 * phi, 218 - 8.8 * phi**2

    sheet.line(*[at(k / 20) for k in range(-93, 19)], color=QUIET, width=2)
    sheet.words(690, 170, "L_{S}", color=QUIET, size=17)
    sheet.line((60, 232), (740, 232), color=QUIET, width=1.2)
    for start, color in ((-4.5, GREEN), (-3.5, BLUE)):
        (x, y), (to_x, to_y) = at(start), at(left * start)
        sheet.line((x, y), (x, 232), color=color, dash="3 4", width=1.2)
        sheet.line((to_x, to_y), (to_x, 232), color=color, dash="3 4", width=1.2)
        sheet.arrow((x + 8, y - 2), (x + 190, y - 8), (to_x - 2, to_y - 9), color=color)
        sheet.dot(x, y, 7, color, "white")
        sheet.dot(to_x, to_y, 7, color)
    sheet.words(300, 30, "one step down the slope", size=14)
    for a, b, y, color, dash in (
        (at(-4.5)[0], at(-3.5)[0], 248, INK, ""),
        (at(-4.5 * left)[0], at(-3.5 * left)[0], 248, INK, ""),
        (at(-4.5 * left)[0], at(-4.5 * left)[0] + 120, 298, RED, "5 4"),
    ):
        sheet.line((a, y - 6), (a, y), (b, y), (b, y - 6), color=color, dash=dash, width=2)
    sheet.words(160, 267, "another start:|moved by δ", size=13.5)
    sheet.words(502, 258, "second order: (1 − ηa) δ of it is left", size=13.5, anchor="start")
    sheet.words(556, 297, "first order: as if δ were left", size=13.5, color=RED, anchor="start")


def stop_gradient(sheet: Sheet) -> None:
    """Forward the value passes a stop; backward the gradient does not."""
    for y, name, cut in ((85, "second order", False), (205, "first order", True)):
        sheet.words(30, y - 42, name, size=16, anchor="start", font_weight="bold")
        sheet.box(110, y, 90, 44, "φ", color=GREEN, size=19)
        sheet.box(330, y - 22, 150, 38, "gradient ∇L_{S}(φ)", color=BLUE, size=14)
        sheet.box(520, y, 110, 44, "φ − η∇L_{S}", color=BLUE)
        sheet.box(690, y, 100, 44, "query loss", color=RED, size=14)
        sheet.arrow((155, y - 6), (255, y - 20))
        sheet.arrow((405, y - 20), (465, y - 7))
        sheet.arrow((155, y + 6), (300, y + 12), (465, y + 7))
        sheet.arrow((575, y), (640, y))
        sheet.arrow((640, y + 14), (575, y + 14), color=RED, dash="5 4")
        sheet.arrow((465, y + 18), (310, y + 34), (158, y + 18), color=RED, dash="5 4")
        if cut:
            sheet.line((427, y - 32), (443, y + 2), color=RED, width=4)
            sheet.words(452, y - 42, "stop: counts as a constant", color=RED, size=13, anchor="start")
        else:
            sheet.arrow((462, y - 14), (408, y - 29), color=RED, dash="5 4")
            sheet.arrow((255, y - 31), (157, y - 15), color=RED, dash="5 4")
    sheet.words(
        390, 262, "black: what is computed; red and broken: where the outer gradient goes", color=QUIET, size=13
    )


def reptile(sheet: Sheet) -> None:
    """Reptile: the start moves a part of the way to the mean of where the tasks ended."""
    start, ends = (110, 190), ((560, 55), (640, 190), (500, 275))
    mean = sum(x for x, _ in ends) / 3, sum(y for _, y in ends) / 3
    for j, (end, bend) in enumerate(zip(ends, (-34, 22, 30), strict=True)):
        path = []
        for share in (0, 0.38, 0.68, 0.88, 1):
            x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
            path.append((x, y + bend * math.sin(math.pi * share)))
        for before, after in itertools.pairwise(path):
            sheet.arrow(before, after, color=BLUE, width=1.6)
        for place in path[1:]:
            sheet.dot(*place, 5, BLUE)
        sheet.words(end[0] + 34, end[1], f"φ_{{{j + 1},K}}", color=BLUE, size=16)
        sheet.line(end, mean, color=QUIET, dash="3 4")
    sheet.words(330, 58, "each task's own steps", color=BLUE, size=13.5)
    moved = tuple(a + 0.4 * (b - a) for a, b in zip(start, mean, strict=True))
    sheet.line(moved, mean, color=RED, dash="6 5", width=1.6)
    sheet.arrow(start, (moved[0] - 8, moved[1]), color=RED, width=3.4)
    sheet.dot(*mean, 9, RED, "white")
    sheet.dot(*start, 9, GREEN)
    sheet.dot(*moved, 8, GREEN)
    sheet.words(84, 222, "the start φ", color=GREEN, size=14)
    sheet.words(345, 146, "the next start:|a part of the way", color=GREEN, size=13.5)
    sheet.words(700, 118, "the mean of the ends", color=RED, size=13)
    sheet.arrow((690, 130), (mean[0] + 10, mean[1] - 5), color=RED, width=1.4)
    sheet.words(390, 318, "no queries, and no gradient that passes through the steps", color=QUIET, size=13)


def three_hooks(sheet: Sheet) -> None:
    """A task embedding can set the start, the steps, or the parameters in use."""
    sheet.box(95, 70, 140, 62, "task embedding|e_{j}", color=PURPLE, fill="#fbf1f6")
    steps = [(230, 200), (355, 160), (480, 215)]
    for before, after in itertools.pairwise(steps):
        sheet.arrow(before, (after[0] - 9, after[1]), color=BLUE, width=2.4)
    for k, (x, y) in enumerate(steps):
        sheet.dot(x, y, 8, BLUE)
        sheet.words(x, y + 26, f"φ_{{{k}}}", color=BLUE, size=17)
    sheet.box(655, 215, 150, 60, "predictions with|α(e_{j}, φ_{k})", color=GREEN, fill="#f1f8f4")
    sheet.arrow((492, 215), (578, 215), color=BLUE, width=2.4)
    sheet.arrow((110, 102), (130, 195), (217, 200), color=PURPLE, dash="6 4")
    sheet.arrow((166, 74), (260, 85), (298, 168), color=PURPLE, dash="6 4")
    sheet.arrow((166, 60), (430, 30), (532, 203), color=PURPLE, dash="6 4")
    for x, y, name, says in (
        (90, 240, "init", "where the start is"),
        (364, 106, "update", "how long steps are"),
        (600, 105, "modulate", "which parts take part"),
    ):
        sheet.words(x, y, name, size=18, color=PURPLE, font_weight="bold")
        sheet.words(x, y + 21, says, size=13, color=QUIET)
    sheet.words(
        390, 281, "Without an embedding these are: a learned start, plain steps, and nothing.", color=QUIET, size=13.5
    )
