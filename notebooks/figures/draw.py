"""Draw the figures of the course, one concept each.

    python notebooks/figures/draw.py        writes them as SVG files beside this file

A figure is a function that draws on a sheet; the first line of its docstring is the figure's name.
"""

import itertools
import math
import random
from collections.abc import Callable
from pathlib import Path

from svg import BLUE, GREEN, INK, ORANGE, PURPLE, QUIET, RED, Sheet

FOLDER = Path(__file__).parent
WIDE = 780


def two_loops(sheet: Sheet) -> None:
    """The outer loop changes the start; the inner loop goes from there to each task."""
    sheet.box(390, 200, 740, 360, color=GREEN, fill="#f1f8f4", corner=16)
    sheet.words(40, 44, "outer loop", color=GREEN, anchor="start", size=17)
    sheet.dot(95, 195, 9, GREEN)
    sheet.words(72, 166, "the start φ", color=GREEN)
    for row, y in enumerate((95, 195, 295)):
        sheet.box(390, y, 330, 78, color=BLUE, fill="#f0f6fb")
        places = [(255 + 62 * k, y + 12 - 10 * math.sin(k + row)) for k in range(4)]
        for k, (before, after) in enumerate(itertools.pairwise(places)):
            sheet.arrow(before, (after[0] - 7, after[1]), color=BLUE)
            sheet.dot(*before, 4, BLUE, "white" if k == 0 else BLUE)
        sheet.dot(*places[-1], 5, BLUE)
        sheet.words(492, y + 12, f"φ_{{{row + 1},K}}", color=BLUE)
        sheet.words(245, y - 25, f"task {row + 1}: steps on its support set", color=BLUE, size=12.5, anchor="start")
        sheet.arrow((106, 195 + (row - 1) * 6), (160, y), (246, places[0][1]), color=QUIET)
        sheet.arrow((556, y), (610, y), color=INK)
        sheet.box(662, y, 96, 46, "query|loss", size=13.5)
    sheet.arrow((662, 320), (662, 395), (97, 400), (96, 210), color=RED, dash="6 4")
    sheet.words(470, 352, "gradient of the mean query loss", color=RED, size=12.5)
    sheet.words(390, 40, "inner loop", color=BLUE, size=17)


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
            sheet.line((428, y - 34), (446, y + 6), color=RED, width=4)
            sheet.words(452, y - 42, "stop: counts as a constant", color=RED, size=13, anchor="start")
        else:
            sheet.arrow((462, y - 14), (408, y - 29), color=RED, dash="5 4")
            sheet.arrow((255, y - 31), (150, y - 18), color=RED, dash="5 4")
    sheet.words(
        390, 262, "black: what is computed; red and broken: where the outer gradient goes", color=QUIET, size=13
    )


def fold_in(sheet: Sheet) -> None:
    """A table of scores is a product of task factors and solver factors; a new task is folded in."""
    rng = random.Random(3)
    shade = ("#d6e6f2", "#a9cbe3", "#7cb0d4", "#4f95c5", "#2279b6")

    def grid(x: float, y: float, rows: int, columns: int, colors: Callable[[int, int], str], stroke: str) -> None:
        for row in range(rows):
            for column in range(columns):
                fill = colors(row, column)
                sheet.box(x + 26 * column, y + 26 * row, 24, 24, fill=fill, color=stroke, corner=3)

    sheet.words(150, 30, "scores R", size=17)
    sheet.words(150, 52, "tasks × solvers", size=12.5, color=QUIET)
    grid(85, 90, 5, 6, lambda row, column: rng.choice(shade), "white")
    sheet.words(300, 142, "≈", size=28)
    sheet.words(365, 30, "U", size=17)
    sheet.words(365, 52, "tasks", size=12.5, color=QUIET)
    grid(352, 90, 5, 2, lambda row, column: rng.choice(("#f6d9a0", "#edba5a", ORANGE)), "white")
    sheet.words(430, 142, "×", size=22)
    sheet.words(545, 30, "V^{T}", size=17)
    sheet.words(545, 52, "solvers: stays as it is", size=12.5, color=QUIET)
    grid(480, 116, 2, 6, lambda row, column: rng.choice(("#a5d8c7", "#5fbd9f", GREEN)), "white")
    known = {0, 2, 5}
    grid(85, 265, 1, 6, lambda row, column: shade[(column * 3) % 5] if column in known else "white", QUIET)
    for column in set(range(6)) - known:
        sheet.words(85 + 26 * column, 265, "?", size=14, color=QUIET)
    sheet.words(150, 300, "a new task: a few scores", size=13)
    sheet.arrow((248, 265), (328, 265), color=RED)
    sheet.words(288, 247, "ridge regression", size=12.5, color=RED)
    grid(352, 265, 1, 2, lambda row, column: RED if column else "#eeb184", "white")
    sheet.words(365, 300, "its factors u: the embedding", size=13, color=RED)
    sheet.arrow((560, 165), (560, 240), (395, 263), color=QUIET, dash="5 4")
    sheet.words(575, 215, "the rows of solvers", size=12.5, color=QUIET, anchor="start")
    sheet.words(575, 232, "that were asked", size=12.5, color=QUIET, anchor="start")


def _strokes(sheet: Sheet, x: float, y: float, kind: int, seed: int) -> None:
    """Draw a small drawing of one of a few invented characters."""
    rng = random.Random(seed)
    shapes = (
        [(-11, -10), (9, -9), (-8, 10), (11, 10)],
        [(-10, 9), (0, -11), (10, 9), (-6, 2), (7, 2)],
        [(-9, -10), (-8, 10), (8, 9), (9, -10), (-9, 0)],
    )
    sheet.box(x, y, 40, 40, color=QUIET, corner=4)
    points = [(x + a + rng.uniform(-2.4, 2.4), y + b + rng.uniform(-2.4, 2.4)) for a, b in shapes[kind]]
    sheet.line(*points, color=INK, width=2.6)


def set_encoder(sheet: Sheet) -> None:
    """A set encoder: each drawing is encoded by itself, the mean makes the code of the set."""
    for k in range(4):
        y = 55 + 56 * k
        _strokes(sheet, 60, y, 1, k)
        sheet.arrow((84, y), (118, y), color=QUIET)
        sheet.box(160, y, 78, 34, "encoder", color=BLUE, size=13.5, fill="#f0f6fb")
        sheet.arrow((201, y), (292, 139 + 4 * (k - 1.5)), color=QUIET)
    sheet.words(160, 268, "the same for every drawing", size=12.5, color=QUIET)
    sheet.dot(316, 139, 21, BLUE, "white")
    sheet.words(316, 139, "mean", size=13)
    sheet.words(316, 176, "any order,", size=12.5, color=QUIET)
    sheet.words(316, 192, "any number", size=12.5, color=QUIET)
    sheet.arrow((339, 139), (402, 139))
    sheet.box(455, 139, 100, 60, "code c|of the set", color=PURPLE, fill="#fbf1f6")
    sheet.arrow((506, 139), (562, 139))
    sheet.box(610, 139, 90, 44, "decoder", color=GREEN, fill="#f1f8f4")
    sheet.box(610, 52, 90, 44, "latent z|of one drawing", color=QUIET, size=12)
    sheet.arrow((610, 75), (610, 115), color=QUIET)
    sheet.arrow((656, 139), (702, 139))
    _strokes(sheet, 730, 139, 1, 17)
    sheet.words(455, 192, "what they share:", size=12.5, color=PURPLE)
    sheet.words(455, 208, "the embedding", size=12.5, color=PURPLE)
    sheet.words(718, 178, "a new drawing", size=12.5, color=QUIET)


def film(sheet: Sheet) -> None:
    """FiLM: the embedding sets a scale and a shift for each channel, shared convolutions stay."""
    _strokes(sheet, 50, 190, 2, 4)
    sheet.arrow((74, 190), (108, 190), color=QUIET)
    sheet.box(165, 190, 110, 50, "convolution|shared by all tasks", color=QUIET, size=11.5)
    heights = ((10, 38, 22, 6), (24, 30, 5, 30), (38, 10, 20, 12))
    scales, shifts = (1.4, 0.25, 1.0), (0, 0, 12)
    for c, y in enumerate((120, 190, 260)):
        sheet.arrow((221, 190), (262, y), color=QUIET)
        color = (BLUE, ORANGE, GREEN)[c]
        for k, height in enumerate(heights[c]):
            sheet.box(280 + 15 * k, y + 18 - height / 2, 12, height, fill=color, color=color, corner=1)
        sheet.arrow((345, y), (392, y))
        sheet.words(455, y, f"× {scales[c]:g}  + {shifts[c] / 40:g}", size=15, color=PURPLE)
        sheet.arrow((516, y), (560, y))
        for k, height in enumerate(heights[c]):
            tall = max(2.0, scales[c] * height + shifts[c])
            sheet.box(585 + 15 * k, y + 20 - tall / 2, 12, tall, fill=color, color=color, corner=1)
        sheet.words(665, y, ("louder", "nearly off", "shifted up")[c], size=13, color=QUIET, anchor="start")
    sheet.box(452, 38, 150, 40, "task embedding e_{j}", color=PURPLE, fill="#fbf1f6", size=14)
    sheet.arrow((452, 60), (452, 100), color=PURPLE)
    sheet.words(536, 38, "sets a scale and a shift per channel", size=12, color=PURPLE, anchor="start")
    sheet.words(302, 82, "channels", size=12.5, color=QUIET)


def straight_through(sheet: Sheet) -> None:
    """Straight-through: forward a step, backward the slope of a sigmoid."""

    def axes(x: float, title: str, color: str) -> None:
        sheet.words(x, 32, title, size=17, color=color)
        sheet.line((x - 140, 220), (x + 140, 220), color=QUIET, width=1.2)
        sheet.line((x, 60), (x, 228), color=QUIET, width=1.2)
        sheet.words(x + 138, 236, "score u", size=12.5, color=QUIET)
        sheet.words(x, 240, "0", size=12.5, color=QUIET)

    axes(205, "forward: a hard choice", BLUE)
    sheet.line((65, 220), (205, 220), (205, 90), (345, 90), color=BLUE, width=3.4)
    sheet.words(192, 90, "1", size=13, color=QUIET)
    sheet.words(110, 200, "off", color=BLUE)
    sheet.words(300, 72, "on", color=BLUE)
    axes(575, "backward: a sigmoid's slope", RED)
    slope = [(u, 1 / (1 + math.exp(-u))) for u in (k / 10 for k in range(-60, 61))]
    sheet.line(*[(575 + 23 * u, 220 - 500 * s * (1 - s)) for u, s in slope], color=RED, width=3.4)
    sheet.words(622, 100, "near the edge: much", size=13, color=RED, anchor="start")
    sheet.words(645, 180, "far from it: little", size=13, color=RED, anchor="start")
    sheet.words(390, 270, "hard + soft − detach(soft): the value of the first, the gradient of the second", size=14)


def whitening(sheet: Sheet) -> None:
    """Whitening makes all directions count alike, so that another point can become the nearest."""
    rng = random.Random(5)
    along = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(70)]
    asked, loud, fine = (-0.9, -0.1), (-0.45, 1.9), (0.35, -0.15)  # in units of each direction's own spread

    def panel(
        x: float, wide: float, narrow: float, turn: float, title: str
    ) -> Callable[[tuple[float, float]], tuple[float, float]]:
        def at(point: tuple[float, float]) -> tuple[float, float]:
            a, b = wide * point[0], narrow * point[1]
            c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
            return x + c * a - s * b, 165 + s * a + c * b

        sheet.words(x, 30, title, size=17)
        sheet.ellipse(x, 165, 2 * wide, 2 * narrow, turn=turn)
        for point in along:
            if math.hypot(*point) < 2:
                sheet.dot(*at(point), 2.4, "#b8c2cc")
        return at

    for x, wide, narrow, turn, title, nearest in (
        (200, 78, 17, -18, "raw", 0),
        (580, 56, 56, 0, "whitened", 1),
    ):
        at = panel(x, wide, narrow, turn, title)
        others = [at(loud), at(fine)]
        sheet.line(at(asked), others[nearest], color=RED, width=2.4)
        sheet.dot(*at(asked), 8, INK)
        sheet.dot(*others[0], 7, ORANGE)
        sheet.dot(*others[1], 7, BLUE)
    sheet.arrow((362, 165), (420, 165), width=2.4)
    sheet.words(390, 144, "Λ^{−1/2} V^{T}", size=15)
    sheet.words(200, 285, "one direction holds most of the variance,", size=13, color=QUIET)
    sheet.words(200, 303, "and the nearest point is the one that is near in it", size=13, color=QUIET)
    sheet.words(580, 303, "every direction counts alike: another one is nearest", size=13, color=QUIET)


def twin_and_control(sheet: Sheet) -> None:
    """Two controls: the twin has no embedding; the control hears another task's."""
    rows = (
        (70, "its own embedding", PURPLE, "e_{j}", ""),
        (165, "another task's embedding", ORANGE, "e_{i}", ""),
        (260, "no embedding: the twin", QUIET, "–", "6 4"),
    )
    for y, says, color, name, dash in rows:
        sheet.box(92, y, 60, 44, name, color=color, size=18, dash=dash)
        sheet.words(92, y + 36, says, size=12.5, color=color)
        sheet.arrow((126, y), (178, y), color=color, dash=dash)
        same = "the same learner" if y < 200 else "trained without"
        sheet.box(262, y, 160, 50, f"{same}|same tasks", color=BLUE, fill="#f0f6fb", size=13.5)
        sheet.arrow((344, y), (398, y))
        sheet.box(448, y, 92, 44, "accuracy", size=14)
    for top, bottom, x, question, answer in (
        (70, 165, 520, "is it this embedding", "that is used?"),
        (70, 260, 640, "does the whole", "construction gain?"),
    ):
        sheet.line((498, top), (x, top), (x, bottom), (498, bottom), color=RED, width=1.6)
        middle = (top + bottom) / 2 + (0 if bottom == 165 else 50)
        sheet.words(x + 10, middle - 9, question, size=12.5, color=RED, anchor="start")
        sheet.words(x + 10, middle + 9, answer, size=12.5, color=RED, anchor="start")
    sheet.words(605, 302, "Only both together say that the embedding helps.", size=13, color=QUIET)


def worlds(sheet: Sheet) -> None:
    """Four worlds, ordered by how much it matters to know the task."""
    columns = (
        (105, "characters", "which characters", "nothing"),
        (295, "mixed questions", "which question of three", "little"),
        (485, "hidden questions", "which attribute counts", "much"),
        (675, "which part counts", "which place counts", "most"),
    )
    for k, (x, name, differs, worth) in enumerate(columns):
        sheet.box(x, 135, 172, 190, color=QUIET, corner=12)
        sheet.words(x, 62, name, size=15.5, font_weight="bold")
        sheet.words(x, 84, differs, size=12.5, color=QUIET)
        height = (3, 10, 30, 44)[k]
        sheet.box(x, 300 - height / 2 - 14, 70, height, fill=PURPLE, color=PURPLE, corner=2)
        sheet.words(x, 305, worth, size=14, color=PURPLE)
    sheet.words(20, 247, "what it is worth to know the task", size=12.5, color=PURPLE, anchor="start")
    for column in range(3):
        _strokes(sheet, 55 + 50 * column, 130, column, column)
        _strokes(sheet, 55 + 50 * column, 180, column, column + 9)
    for column, question in enumerate(("sign?", "script?", "hand?")):
        _strokes(sheet, 245 + 50 * column, 130, column, column + 3)
        sheet.words(245 + 50 * column, 182, question, size=13, color=BLUE)
    for row in range(2):
        for column, size in enumerate((9, 15, 22)):
            turn = 20 * ((row + column) % 3)
            x, y = 435 + 50 * column, 130 + 50 * row
            sheet.box(x, y, 40, 40, color=QUIET, corner=4)
            points = [
                (x + size * 0.8 * math.cos(a + turn), y + size * 0.8 * math.sin(a + turn)) for a in (0, 2.1, 4.2, 6.3)
            ]
            sheet.line(*points, color=INK, width=2.4)
    sheet.words(485, 216, "size counts, turn does not", size=12, color=BLUE)
    for part in range(4):
        _strokes(sheet, 650 + 50 * (part % 2), 130 + 50 * (part // 2), part % 3, part + 5)
    sheet.box(700, 130, 47, 47, color=RED, fill="none", corner=6)
    sheet.words(675, 216, "only this place counts", size=12, color=RED)


def three_conditions(sheet: Sheet) -> None:
    """Three conditions under which a task embedding can win."""
    steps = (
        (105, "Do tasks differ in what|a learner should do?", "no", "nothing to know|(plain characters)"),
        (300, "Does the support set|show in what?", "no", "nothing to read|(one page of each class)"),
        (495, "Does the learner find|out by itself?", "yes", "no need to be told|(hidden questions)"),
    )
    for k, (x, question, stops, outcome) in enumerate(steps):
        sheet.words(x, 46, str(k + 1), size=17, color=BLUE, font_weight="bold")
        sheet.box(x, 100, 168, 74, question, color=BLUE, fill="#f0f6fb", size=14)
        sheet.arrow((x + 84, 100), (x + 109, 100), color=BLUE)
        sheet.words(x + 97, 84, "no" if stops == "yes" else "yes", size=13, color=BLUE)
        sheet.arrow((x, 137), (x, 198), color=QUIET)
        sheet.words(x + 18, 166, stops, size=13, color=QUIET)
        sheet.box(x, 230, 168, 62, outcome, color=QUIET, size=13)
    sheet.box(688, 165, 154, 204, color=GREEN, fill="#f1f8f4")
    sheet.words(688, 88, "it can win", size=16, color=GREEN, font_weight="bold")
    for k, (use, world) in enumerate(
        (("start", "waves of two families"), ("steps", "features of pages"), ("attention", "places of pages"))
    ):
        sheet.words(688, 122 + 48 * k, use, size=15, color=GREEN)
        sheet.words(688, 141 + 48 * k, world, size=12.5, color=QUIET)


HEIGHTS = {
    two_loops: 400,
    three_hooks: 300,
    stop_gradient: 280,
    fold_in: 330,
    set_encoder: 290,
    film: 290,
    straight_through: 290,
    whitening: 320,
    twin_and_control: 320,
    worlds: 330,
    three_conditions: 290,
}


def drawn(figure: Callable[[Sheet], None]) -> str:
    """Return a figure as SVG."""
    sheet = Sheet(WIDE, HEIGHTS[figure], (figure.__doc__ or "").strip().removesuffix("."))
    figure(sheet)
    return sheet.text()


def main() -> None:
    """Write all figures."""
    for figure in HEIGHTS:
        (FOLDER / f"{figure.__name__.replace('_', '-')}.svg").write_text(drawn(figure), "utf-8")


if __name__ == "__main__":
    main()
