"""Which characters a learner may train on, tune on, and be tested on."""

from dataclasses import dataclass

import numpy as np

from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

SPLITS = ("article", "lake", "vinyals")

VINYALS_VALIDATION = ("Armenian", "Bengali", "Early_Aramaic", "Hebrew", "Mkhedruli_(Georgian)")


@dataclass(frozen=True)
class Split:
    """Which characters a learner may train on, tune on, and be tested on. No character is in two sides.

    Parameters
    ----------
    name : str
        "article", "lake" or "vinyals"; to be said beside every result.
    train, validation, test : ndarray of int
        Positions of characters in the character set.

    Examples
    --------
    >>> import metalearn as ml
    >>> sides = ml.split(ml.load_characters("glyphs"), "lake")
    >>> sides.name, len(sides.train), len(sides.validation), len(sides.test)
    ('lake', 653, 79, 499)
    """

    name: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(characters: CharacterSet, name: str) -> Split:
    """Split characters into those to train on, to tune on (validation) and to be tested on.

    Parameters
    ----------
    characters : CharacterSet
        The characters to split.
    name : str
        "article": characters at random. Of Omniglot, 1,100 are to train on, 100 for validation and 423 for the test; of
        another set, the same shares, but from six characters on at least two on each side. Training and test share
        alphabets. "lake": the test has alphabets of its own. The first three fifths of the alphabets are for training,
        one in ten of them (of fewer than ten, one character in ten) for validation; the others are for the test. Of
        Omniglot, these are Lake's 30 background and 20 evaluation alphabets. "vinyals": the split of many
        published figures, for Omniglot only. The last 423 characters, in the order of publication, are for the test,
        five alphabets (172 characters) for validation, and the other 1,028 characters to train on. Training and test
        share one alphabet, Gurmukhi.

    Returns
    -------
    Split
        Positions of characters: ``train``, ``validation`` and ``test``.

    Raises
    ------
    MetalearnError
        For an unknown split, the lake split of a single alphabet, and the vinyals split of anything but Omniglot.

    References
    ----------
    Lake, Salakhutdinov and Tenenbaum 2015, "Human-level concept learning through probabilistic program induction";
    Vinyals et al. 2016, "Matching networks for one shot learning", as the lists of Snell et al. 2017, "Prototypical
    networks for few-shot learning", have it.

    Examples
    --------
    >>> import metalearn as ml
    >>> sides = ml.split(ml.load_characters("glyphs"), "article")
    >>> len(sides.train), len(sides.validation), len(sides.test)
    (834, 76, 321)
    """
    if name not in SPLITS:
        raise MetalearnError("unknown split {name!r}; there are {known}", name=name, known=", ".join(SPLITS))
    sides = {"article": _at_random, "lake": _by_alphabet, "vinyals": _as_published}[name](characters)
    return Split(name, *(np.sort(side) for side in sides))


def _at_random(characters: CharacterSet) -> list[np.ndarray]:
    order = np.random.default_rng(0).permutation(len(characters))
    trained, not_tested = (round(len(order) * part / 1623) for part in (1100, 1200))
    if len(order) >= 6:  # a task needs two characters, on each of the three sides
        not_tested = min(not_tested, len(order) - 2)
        trained = min(trained, not_tested - 2)
    return np.split(order, [trained, not_tested])


def _by_alphabet(characters: CharacterSet) -> list[np.ndarray]:
    count = len(characters.alphabet_names)
    if count < 2:
        raise MetalearnError(
            "{name} has one alphabet; the lake split needs two, use the article split", name=characters.name
        )
    background = max(1, count * 3 // 5)
    held_out = np.random.default_rng(0).permutation(background)[: background // 10]
    ids = characters.alphabet_ids
    is_validation, is_test = np.isin(ids, held_out), ids >= background
    rest = np.random.default_rng(0).permutation(np.flatnonzero(~is_test))
    if not len(held_out) and len(rest) >= 4:  # too few alphabets to spare one: characters are spared instead
        is_validation[rest[: max(2, len(rest) // 10)]] = True
    return [np.flatnonzero(side) for side in (~is_validation & ~is_test, is_validation, is_test)]


def _as_published(characters: CharacterSet) -> list[np.ndarray]:
    if not set(VINYALS_VALIDATION) <= set(characters.alphabet_names) or len(characters) != 1623:
        raise MetalearnError("the vinyals split is one of Omniglot; {name} is not Omniglot", name=characters.name)
    is_validation, is_test = np.isin(characters.alphabets, VINYALS_VALIDATION), np.arange(len(characters)) >= 1200
    return [np.flatnonzero(side) for side in (~is_validation & ~is_test, is_validation, is_test)]
