"""Figures on what an embedding is worth, and how one knows."""

import math
import random
import statistics
from collections.abc import Sequence

from svg import BLUE, GREEN, INK, ORANGE, PURPLE, QUIET, RED, Sheet


def _interval(sheet: Sheet, x: float, mean: float, half: float, color: str) -> None:
    """Draw a mean and its interval; heights are those of the sheet."""
    sheet.line((x, mean - half), (x, mean + half), color=color, width=2.4)
    for end in (mean - half, mean + half):
        sheet.line((x - 8, end), (x + 8, end), color=color, width=2.4)
    sheet.dot(x, mean, 5, color)


def _half(values: Sequence[float]) -> float:
    """Return half a 95 % interval of a mean, by Student's t where there are six."""
    return (2.571 if len(values) == 6 else 1.96) * statistics.stdev(values) / math.sqrt(len(values))


def alphabets(sheet: Sheet) -> None:
    """An interval counts what is independent: six alphabets, and not sixty characters."""
    rng = random.Random(1)
    colors, height = (BLUE, ORANGE, "#009E73", PURPLE, RED, "#56B4E9"), (86, 190, 128, 214, 104, 168)
    groups = [[y + rng.gauss(0, 15) for _ in range(10)] for y in height]
    for k, (group, color) in enumerate(zip(groups, colors, strict=True)):
        for y in group:
            sheet.dot(70 + 62 * k + rng.uniform(-16, 16), y, 4, color)
    sheet.words(225, 30, "the characters of six alphabets", size=15)
    sheet.words(225, 268, "of one alphabet: much alike", size=13, color=QUIET)
    sheet.line((440, 30), (440, 262), color=QUIET, dash="3 5", width=1.2)
    every, means = [y for group in groups for y in group], [statistics.mean(group) for group in groups]
    mean = statistics.mean(every)
    _interval(sheet, 530, mean, _half(every), QUIET)
    _interval(sheet, 680, mean, _half(means), INK)
    sheet.words(605, 30, "the 95 % interval of their mean", size=15)
    sheet.words(530, 262, "sixty characters:|too sure", size=13, color=QUIET)
    sheet.words(680, 262, "six alphabets:|what another six may say", size=13)


def paired(sheet: Sheet) -> None:
    """Hard tasks are hard for both: the difference, task by task, is far more certain than either mean."""
    rng = random.Random(7)
    hard = [
        100 + 110 * share + rng.gauss(0, 16) for share in (0.1, 0.9, 0.4, 0.7, 0.0, 1.0, 0.5, 0.2, 0.8, 0.35, 0.6, 0.05)
    ]
    with_it, without = ([y + shift + rng.gauss(0, 9) for y in hard] for shift in (-9, 9))
    for k, (a, b) in enumerate(zip(with_it, without, strict=True)):
        x = 48 + 25 * k
        sheet.line((x, a), (x, b), color=QUIET, width=1.2)
        sheet.dot(x, a, 5, PURPLE)
        sheet.dot(x, b, 5, BLUE)
    sheet.words(195, 30, "accuracy on twelve tasks", size=15)
    sheet.words(245, 54, "higher is better", size=12.5, color=QUIET)
    _interval(sheet, 375, statistics.mean(with_it), _half(with_it), PURPLE)
    _interval(sheet, 415, statistics.mean(without), _half(without), BLUE)
    sheet.words(395, 30, "their means", size=15)
    sheet.words(395, 268, "intervals|overlap", size=13, color=QUIET)
    sheet.words(120, 268, "a: with the embedding", size=13, color=PURPLE)
    sheet.words(120, 288, "b: its twin", size=13, color=BLUE)
    sheet.line((470, 30), (470, 290), color=QUIET, dash="3 5", width=1.2)
    zero, differences = 185, [a - b for a, b in zip(with_it, without, strict=True)]
    sheet.line((492, zero), (748, zero), color=QUIET, width=1.2)
    sheet.words(500, zero + 14, "0", size=13, color=QUIET)
    for k, difference in enumerate(differences):
        sheet.dot(520 + 15 * k, zero + difference, 5, RED)
    _interval(sheet, 728, zero + statistics.mean(differences), _half(differences), RED)
    sheet.words(620, 30, "a − b, task by task", size=15)
    sheet.words(620, 268, "the same tasks, subtracted:|clear of zero", size=13, color=RED)


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
        sheet.arrow((126, y), (165, y), color=color, dash=dash)
        same = "the same learner|same tasks" if y < 200 else "trained without|same tasks"
        sheet.box(246, y, 154, 50, same, color=BLUE, fill="#f0f6fb", size=13.5)
        sheet.arrow((326, y), (358, y))
        sheet.box(406, y, 88, 44, "accuracy", size=14)
    for bottom, x, y, question in (
        (165, 472, 118, "is it this embedding|that is used?"),
        (260, 634, 212, "does the whole|construction gain?"),
    ):
        sheet.line((454, 70), (x, 70), (x, bottom), (454, bottom), color=RED, width=1.6)
        sheet.words(x + 11, y, question, size=12.5, color=RED, anchor="start")
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
        sheet.drawing(55 + 50 * column, 130, column, column)
        sheet.drawing(55 + 50 * column, 180, column, column + 9)
    for column, question in enumerate(("sign?", "script?", "hand?")):
        sheet.drawing(245 + 50 * column, 130, column, column + 3)
        sheet.words(245 + 50 * column, 182, question, size=13, color=BLUE)
    for row in range(2):
        for column, size in enumerate((7, 11, 17)):
            turn = 20 * ((row + column) % 3)
            x, y = 435 + 50 * column, 130 + 50 * row
            sheet.box(x, y, 40, 40, color=QUIET, corner=4)
            corners = [(x + size * math.cos(a + turn), y + size * math.sin(a + turn)) for a in (0, 2.1, 4.2, 6.3)]
            sheet.line(*corners, color=INK, width=2.4)
    sheet.words(485, 216, "size counts, turn does not", size=12, color=BLUE)
    for part in range(4):
        sheet.drawing(650 + 50 * (part % 2), 130 + 50 * (part // 2), part % 3, part + 5)
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
        sheet.box(x, 100, 168, 74, question, color=BLUE, fill="#f0f6fb", size=13.5)
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
