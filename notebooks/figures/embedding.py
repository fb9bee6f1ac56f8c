"""Figures on the ways to embed a task."""

import math
import random

from svg import BLUE, GREEN, INK, ORANGE, PURPLE, QUIET, RED, Sheet

SCORES = ("#d6e6f2", "#a9cbe3", "#7cb0d4", "#4f95c5", "#2279b6")  # from a low score to a high one
TASK_FACTORS, SOLVER_FACTORS = ("#f6d9a0", "#edba5a", ORANGE), ("#a5d8c7", "#5fbd9f", GREEN)


def _drawn(rng: random.Random, fills: tuple[str, ...], rows: int, columns: int) -> list[list[str]]:
    return [[rng.choice(fills) for _ in range(columns)] for _ in range(rows)]


def gradient_embedding(sheet: Sheet) -> None:
    """The head takes steps on the task; what the task pulls at in the body is noted, and added up."""
    for k in range(3):
        sheet.drawing(58 + 7 * k, 96 + 7 * k, (0, 1, 4)[k], k)
    sheet.words(66, 146, "support set", size=12.5, color=QUIET)
    sheet.arrow((98, 104), (148, 104), color=QUIET)
    sheet.box(220, 104, 136, 60, "body θ|stays as it is", color=GREEN, fill="#f1f8f4", size=14)
    sheet.arrow((290, 104), (378, 104))
    sheet.words(334, 90, "features z", size=12.5, color=QUIET)
    sheet.box(440, 104, 118, 60, "head W_{k}|learns", color=BLUE, fill="#f0f6fb", size=14)
    sheet.arrow((501, 104), (588, 104))
    sheet.box(640, 104, 98, 46, "loss L_{k}", color=RED, size=14)
    sheet.arrow((640, 79), (600, 28), (470, 28), (446, 71), color=BLUE)
    sheet.words(545, 22, "step k = 1, 2, 3", size=13, color=BLUE)
    sheet.arrow((640, 129), (620, 196), (260, 196), (222, 138), color=RED, dash="6 4")
    sheet.words(440, 198, "how the task would change the body", size=13, color=RED)
    rng = random.Random(6)
    pulls = [rng.gauss(0, 1) for _ in range(6)]
    steps = [[pull * size + rng.gauss(0, 0.25) for pull in pulls] for size in (1.0, 0.7, 0.45)]
    total = [sum(values) for values in zip(*steps, strict=True)]
    length = math.sqrt(sum(value**2 for value in total))
    rows = [*steps, [2.2 * value / length for value in total]]
    for k, values in enumerate(rows):
        left = (46, 214, 382, 580)[k]
        for i, value in enumerate(values):
            color = PURPLE if k == 3 else RED
            height = max(1.5, 17 * abs(value))
            sheet.box(
                left + 22 * i, 258 - math.copysign(height / 2, value), 16, height, fill=color, color=color, corner=1
            )
        sheet.line((left - 12, 258), (left + 122, 258), color=QUIET, width=1.2)
        sheet.words(
            left + 55, 312, ("∇_{θ}L_{1}", "∇_{θ}L_{2}", "∇_{θ}L_{3}", "g_{j}: the embedding")[k], size=14, color=color
        )
    sheet.words(186, 258, "+", size=20)
    sheet.words(354, 258, "+", size=20)
    sheet.arrow((508, 258), (560, 258))
    sheet.words(533, 242, "length 1", size=12.5, color=QUIET)


def fisher(sheet: Sheet) -> None:
    """Gradients that disagree cancel in the mean; squared before the mean, they count."""
    rows = ((112, (64, -58, -48, 42)), (218, (26, 32, 22, 28)))
    sheet.words(180, 30, "gradients of four drawings", size=15)
    sheet.words(400, 30, "mean first,|then the square", size=14)
    sheet.words(610, 30, "square first,|then the mean: Fisher", size=14, color=PURPLE)
    for y, pulls in rows:
        sheet.line((180, y - 36), (180, y + 36), color=QUIET, width=1.2)
        for k, pull in enumerate(pulls):
            sheet.arrow((180, y - 27 + 18 * k), (180 + pull, y - 27 + 18 * k), color=BLUE)
        mean, square = sum(pulls) / 4, sum(pull**2 for pull in pulls) / 4
        for x, size, color in ((345, mean**2, ORANGE), (545, square, PURPLE)):
            length = max(2.0, size / 22)
            sheet.box(x + length / 2, y, length, 34, fill=color, color=color, corner=2)
    for (y, _), name in zip(rows, ("w_{1}", "w_{2}"), strict=True):
        sheet.words(60, y, name, size=18)
    sheet.words(180, 164, "they disagree: the mean is nothing", size=12.5, color=QUIET)
    sheet.words(180, 270, "they agree: the mean says so", size=12.5, color=QUIET)
    sheet.words(400, 164, "does not matter?", size=13, color=ORANGE)
    sheet.words(620, 164, "matters most", size=13, color=PURPLE)


def whitening(sheet: Sheet) -> None:
    """Whitening gives all directions the same weight, so a different point can become the nearest."""
    rng = random.Random(5)
    along = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(70)]
    asked, loud, fine = (-0.9, -0.1), (-0.45, 1.9), (0.35, -0.15)  # in units of each direction's own spread
    for x, wide, narrow, turn, title, nearest in ((200, 78, 17, -18, "raw", 0), (580, 56, 56, 0, "whitened", 1)):
        sheet.words(x, 30, title, size=17)
        sheet.ellipse(x, 165, 2 * wide, 2 * narrow, turn=turn)
        axes = (wide, narrow, math.radians(turn))
        for point in along:
            if math.hypot(*point) < 2:
                sheet.dot(*_in_ellipse(x, point, *axes), 2.4, "#b8c2cc")
        places = [_in_ellipse(x, point, *axes) for point in (loud, fine)]
        here = _in_ellipse(x, asked, *axes)
        sheet.line(here, places[nearest], color=RED, width=2.4)
        sheet.dot(*here, 8, INK)
        sheet.dot(*places[0], 7, ORANGE)
        sheet.dot(*places[1], 7, BLUE)
    sheet.arrow((362, 165), (420, 165), width=2.4)
    sheet.words(390, 144, "Λ^{−1/2} V^{T}", size=15)
    sheet.words(
        200,
        294,
        "one direction holds most of the variance,|and the nearest point is the one that is near in it",
        size=13,
        color=QUIET,
    )
    sheet.words(580, 303, "every direction counts alike: another one is nearest", size=13, color=QUIET)


def _in_ellipse(x: float, point: tuple[float, float], wide: float, narrow: float, turn: float) -> tuple[float, float]:
    """Return where a point of spread one lies in an ellipse, turned by an angle, around (x, 165)."""
    a, b = wide * point[0], narrow * point[1]
    return x + math.cos(turn) * a - math.sin(turn) * b, 165 + math.sin(turn) * a + math.cos(turn) * b


def alternating(sheet: Sheet) -> None:
    """A table with holes is factored by regressions in turn: for the rows, then for the columns."""
    rng = random.Random(8)
    scores, tasks, solvers = (
        _drawn(rng, SCORES, 5, 6),
        _drawn(rng, TASK_FACTORS, 5, 2),
        _drawn(rng, SOLVER_FACTORS, 2, 6),
    )
    holes = {(0, 1), (0, 4), (1, 0), (1, 3), (2, 2), (2, 5), (3, 1), (3, 4), (4, 0), (4, 3)}
    for x, by_row in ((52, True), (452, False)):
        sheet.words(x + 133, 26, "1. V stays" if by_row else "2. U stays", size=17)
        sheet.cells(x + 130, 62, solvers)
        sheet.cells(x + 52, 130, tasks)
        filled = [["white" if (j, s) in holes else scores[j][s] for s in range(6)] for j in range(5)]
        sheet.cells(x + 130, 130, filled)
        for j, s in holes:
            sheet.words(x + 130 + 26 * s, 130 + 26 * j, "?", size=13, color=QUIET)
        sheet.words(x + 14, 182, "U", size=17, color=ORANGE)
        sheet.words(x + 92, 75, "V^{T}", size=17, color=GREEN)
        sheet.words(x + 306, 182, "R", size=17, color=BLUE)
        if by_row:
            sheet.box(x + 195, 182, 162, 30, color=RED, fill="none", corner=4)
            sheet.box(x + 65, 182, 58, 30, color=RED, fill="none", corner=4)
            sheet.words(
                x + 133, 280, "each row of U is a regression|on the scores that this task has", size=13, color=RED
            )
        else:
            sheet.box(x + 208, 182, 30, 134, color=RED, fill="none", corner=4)
            sheet.box(x + 208, 75, 30, 56, color=RED, fill="none", corner=4)
            sheet.words(
                x + 133,
                280,
                "each column of V^{T} is a regression|on the scores that this solver has",
                size=13,
                color=RED,
            )
    sheet.arrow((364, 110), (395, 92), (426, 110), color=INK)
    sheet.arrow((426, 230), (395, 248), (364, 230), color=INK)
    sheet.words(395, 170, "again|and|again", size=13)


def fold_in(sheet: Sheet) -> None:
    """A table of scores is a product of task factors and solver factors; a new task is folded in."""
    rng = random.Random(3)
    sheet.words(150, 30, "scores R", size=17)
    sheet.words(150, 52, "tasks × solvers", size=12.5, color=QUIET)
    sheet.cells(85, 90, _drawn(rng, SCORES, 5, 6))
    sheet.words(300, 142, "≈", size=28)
    sheet.words(365, 30, "U", size=17)
    sheet.words(365, 52, "tasks", size=12.5, color=QUIET)
    sheet.cells(352, 90, _drawn(rng, TASK_FACTORS, 5, 2))
    sheet.words(430, 142, "×", size=22)
    sheet.words(545, 30, "V^{T}", size=17)
    sheet.words(545, 52, "solvers: stays as it is", size=12.5, color=QUIET)
    sheet.cells(480, 116, _drawn(rng, SOLVER_FACTORS, 2, 6))
    known = {0, 2, 5}
    sheet.cells(85, 265, [[SCORES[(s * 3) % 5] if s in known else "white" for s in range(6)]], color=QUIET)
    for column in set(range(6)) - known:
        sheet.words(85 + 26 * column, 265, "?", size=14, color=QUIET)
    sheet.words(150, 300, "a new task: a few scores", size=13)
    sheet.arrow((248, 265), (328, 265), color=RED)
    sheet.words(288, 247, "ridge regression", size=12.5, color=RED)
    sheet.cells(352, 265, [["#eeb184", RED]])
    sheet.words(365, 300, "its factors u: the embedding", size=13, color=RED)
    sheet.arrow((560, 165), (560, 240), (395, 263), color=QUIET, dash="5 4")
    sheet.words(575, 223, "the rows of solvers|that were asked", size=12.5, color=QUIET, anchor="start")


def set_encoder(sheet: Sheet) -> None:
    """A set encoder: each drawing is encoded by itself, the mean makes the code of the set."""
    for k in range(4):
        y = 55 + 56 * k
        sheet.drawing(60, y, 1, k)
        sheet.arrow((84, y), (118, y), color=QUIET)
        sheet.box(160, y, 78, 34, "encoder", color=BLUE, size=13.5, fill="#f0f6fb")
        sheet.arrow((201, y), (292, 139 + 4 * (k - 1.5)), color=QUIET)
    sheet.words(160, 268, "the same for every drawing", size=12.5, color=QUIET)
    sheet.dot(316, 139, 21, BLUE, "white")
    sheet.words(316, 139, "mean", size=13)
    sheet.words(316, 184, "any order,|any number", size=12.5, color=QUIET)
    sheet.arrow((339, 139), (402, 139))
    sheet.box(455, 139, 100, 60, "code c|of the set", color=PURPLE, fill="#fbf1f6")
    sheet.arrow((506, 139), (562, 139))
    sheet.box(610, 139, 90, 44, "decoder", color=GREEN, fill="#f1f8f4")
    sheet.box(610, 50, 124, 46, "latent z|of one drawing", color=QUIET, size=12.5)
    sheet.arrow((610, 75), (610, 115), color=QUIET)
    sheet.arrow((656, 139), (702, 139))
    sheet.drawing(730, 139, 1, 17)
    sheet.words(455, 200, "what they share:|the embedding", size=12.5, color=PURPLE)
    sheet.words(718, 178, "a new drawing", size=12.5, color=QUIET)


def adversary(sheet: Sheet) -> None:
    """The adversary: a discriminator tells codes from samples of the prior, until the encoder deceives it."""
    rng = random.Random(2)
    for k in range(2):
        sheet.drawing(52 + 8 * k, 96 + 8 * k, 2, k)
    sheet.arrow((84, 100), (118, 100), color=QUIET)
    sheet.box(166, 100, 92, 48, "encoder", color=BLUE, fill="#f0f6fb")
    sheet.arrow((214, 100), (262, 100), color=BLUE)
    for _ in range(45):
        turn, far = rng.uniform(-2.6, 0.4), 36 + rng.gauss(0, 5)
        sheet.dot(326 + far * math.cos(turn), 108 + 0.8 * far * math.sin(turn), 3, BLUE)
    for _ in range(60):
        x, y = rng.gauss(0, 1), rng.gauss(0, 1)
        if math.hypot(x, y) < 2.3:
            sheet.dot(326 + 20 * x, 232 + 17 * y, 3, ORANGE)
    sheet.words(326, 148, "codes and latents (c, z)", size=13, color=BLUE)
    sheet.words(326, 284, "samples of the prior N(0, I)", size=13, color=ORANGE)
    for y, color in ((108, BLUE), (232, ORANGE)):
        sheet.arrow((388, y), (452, 170 + (y - 170) / 6), color=color)
    sheet.box(522, 170, 132, 56, "discriminator", color=RED)
    sheet.arrow((590, 170), (634, 170), color=RED)
    sheet.words(706, 170, "from the encoder,|or from the prior?", size=13.5, color=RED)
    sheet.arrow((522, 140), (505, 20), (185, 10), (168, 72), color=RED, dash="6 4")
    sheet.words(400, 24, "the encoder learns to deceive it", size=13.5, color=RED)
    sheet.words(390, 316, "if nobody can tell the two apart, the codes are spread like the prior", size=13, color=QUIET)
