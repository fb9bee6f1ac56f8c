"""The game on the first page: which drawings are dealt. Nothing here knows of Streamlit, and nothing needs torch."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from metalearn.characters.character_set import IMAGE_SIZE, CharacterSet
from metalearn.errors import MetalearnError

WAYS = 3
SIZES = (1.0, 0.72, 0.45)  # shares of a drawing's own size
QUESTIONS = ("character", "drawer", "size")  # what can be asked of the nine drawings of the second scene
TOLD = ("own", "question", "zero")  # what the learner of the fifth scene can be told
SPLIT = "lake"  # of the learners that play along


@dataclass(frozen=True)
class Deal:
    """What one game shows: drawings are positions ``(character, drawing)`` in the character set.

    Parameters
    ----------
    classes : tuple of int
        Three characters.
    support : tuple of int
        One drawing of each of them: those that are shown.
    answer : int
        Which of the three is the right answer, 0 to 2.
    query : int
        Another drawing of that one: it is to be recognised.
    drawers : tuple of int
        Three drawings of each character, for the second scene.
    question : str
        What the groups of the second scene have in common, one of :data:`QUESTIONS`.
    """

    classes: tuple[int, ...]
    support: tuple[int, ...]
    answer: int
    query: int
    drawers: tuple[int, ...]
    question: str


def deal(characters: CharacterSet, pool: np.ndarray, seed: int) -> Deal:
    """Choose three characters of one alphabet from ``pool``, and drawings of them. The same seed deals the same.

    Raises MetalearnError where no alphabet has three characters with three drawings each.
    """
    pool = pool[characters.counts[pool] >= WAYS]
    ids = characters.alphabet_ids[pool]
    pool = pool[np.bincount(ids, minlength=1)[ids] >= WAYS]
    if not len(pool):
        raise MetalearnError(
            "the game needs an alphabet with three characters, three drawings each; {name} has none",
            name=characters.name,
        )
    rng = np.random.default_rng([seed])
    alphabet = rng.choice(characters.alphabet_ids[pool])
    classes = rng.choice(pool[characters.alphabet_ids[pool] == alphabet], WAYS, replace=False)
    answer = int(rng.integers(WAYS))
    own = rng.permutation(characters.counts[classes[answer]])[:2]  # the example and the query are two drawings
    support = [int(rng.integers(characters.counts[c])) for c in classes]
    support[answer] = int(own[0])
    drawers = rng.permutation(characters.counts[classes].min())[:WAYS]
    question = str(rng.choice(QUESTIONS))
    return Deal(tuple(map(int, classes)), tuple(support), answer, int(own[1]), tuple(map(int, drawers)), question)


def nine_drawings(characters: CharacterSet, dealt: Deal, question: str) -> np.ndarray:
    """Return nine drawings in three groups, uint8 ``[3, 3, 28, 28]``, that answer one of :data:`QUESTIONS`.

    In each group the character, say, is the same; the drawers and the sizes all differ (a Latin square). So only that
    question explains the groups.
    """
    groups: list[list[np.ndarray]] = [[], [], []]
    for character in range(WAYS):
        for drawer in range(WAYS):
            size = (character + drawer) % WAYS
            group = {"character": character, "drawer": drawer, "size": size}[question]
            drawing = characters.images[dealt.classes[character], dealt.drawers[drawer]]
            groups[group].append(resized(drawing, SIZES[size]))
    return np.array(groups)


def resized(drawing: np.ndarray, share: float) -> np.ndarray:
    """Return a drawing, uint8 ``[28, 28]``, made smaller in the middle of its frame."""
    side = round(share * IMAGE_SIZE)
    small = Image.fromarray(drawing).resize((side, side), Image.Resampling.BOX)
    frame = Image.new("L", (IMAGE_SIZE, IMAGE_SIZE))
    frame.paste(small, ((IMAGE_SIZE - side) // 2,) * 2)
    return np.asarray(frame)
