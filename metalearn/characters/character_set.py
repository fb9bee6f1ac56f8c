"""A character set: the drawings of many characters as one uint8 array."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from metalearn.errors import MetalearnError

IMAGE_SIZE = 28


@dataclass(frozen=True, repr=False)
class CharacterSet:
    """Drawings of characters, several of each, in alphabets.

    Characters of one alphabet are neighbours. Within an alphabet, drawing d of every character is by the same drawer.

    Parameters
    ----------
    name : str
        What the set is called, "omniglot" for example.
    images : ndarray
        The drawings, uint8 ``[characters, drawings, 28, 28]``: ink is 255, the empty ground 0.
    characters : tuple of str
        The name of each character, like "Greek/character01".
    drawers : tuple of str
        The name of each drawer, one per drawing.
    source : str
        Where the drawings were read from.
    citation : str
        Whom to cite.
    counts : ndarray of int
        How many drawings each character has, ``[characters]``. Where it has fewer than ``images`` has room for, the
        others are empty.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> characters
    <CharacterSet glyphs: 1,231 characters in 50 alphabets, 20 drawings each>
    >>> characters.images.dtype, characters.images.shape[1:]
    (dtype('uint8'), (20, 28, 28))
    """

    name: str
    images: np.ndarray
    characters: tuple[str, ...]
    drawers: tuple[str, ...]
    source: str
    citation: str
    counts: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        problem = self._misfit()
        if problem:
            raise MetalearnError("{name} is not a character set: {problem}", name=self.name, problem=problem)

    def _misfit(self) -> str:
        """Say what does not fit together, if anything: a set may come from a damaged file, or from a user's code."""
        images, counts = np.asarray(self.images), np.asarray(self.counts)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[2:] != (IMAGE_SIZE, IMAGE_SIZE):
            return f"its images are {images.dtype} {list(images.shape)}, not uint8 [characters, drawings, 28, 28]"
        if len(self.characters) != len(images) or len(self.drawers) != images.shape[1]:
            return f"{len(self.characters)} characters and {len(self.drawers)} drawers for images {list(images.shape)}"
        if counts.dtype.kind not in "iu" or counts.shape != images.shape[:1]:
            return f"its counts are {counts.dtype} {list(counts.shape)}, not one whole number per character"
        if len(counts) and not 0 < counts.min() <= counts.max() <= images.shape[1]:
            return f"a character has {counts.min()} to {counts.max()} drawings, and there is room for {images.shape[1]}"
        if len(set(self.characters)) != len(self.characters):
            return "two characters have the same name"
        return ""

    @property
    def alphabets(self) -> tuple[str, ...]:
        """The alphabet of each character."""
        return tuple(name.rsplit("/", 1)[0] for name in self.characters)

    @property
    def alphabet_names(self) -> tuple[str, ...]:
        """The distinct alphabets, in the order in which they come."""
        return tuple(dict.fromkeys(self.alphabets))

    @cached_property
    def fingerprint(self) -> str:
        """The first digits of a checksum of all drawings and names: what is trained on others is another learner."""
        checksum = hashlib.sha256(self.images.tobytes())
        checksum.update(repr((self.images.shape, self.characters, self.drawers, self.counts.tolist())).encode())
        return checksum.hexdigest()[:12]

    @property
    def alphabet_ids(self) -> np.ndarray:
        """The alphabet of each character as a number, int64 ``[characters]``."""
        position = {name: i for i, name in enumerate(self.alphabet_names)}
        return np.array([position[name] for name in self.alphabets])

    def __len__(self) -> int:
        return len(self.images)

    def __str__(self) -> str:
        return f"{self.name}: {self.size}, from {self.source}"

    def __repr__(self) -> str:
        return f"<CharacterSet {self.name}: {self.size}>"

    def _repr_html_(self) -> str:
        """Show one character of each of the first ten alphabets, in a notebook."""
        from metalearn.characters.png import html_with_sheet

        first = np.unique(self.alphabet_ids, return_index=True)[1][:10]
        return html_with_sheet(repr(self), self.images[first, 0], columns=10)

    @property
    def size(self) -> str:
        """How many characters, alphabets and drawings there are, in words."""
        low, high = int(self.counts.min()), int(self.counts.max())
        drawings = f"{high}" if low == high else f"{low} to {high}"
        return f"{len(self):,} characters in {len(self.alphabet_names)} alphabets, {drawings} drawings each"

    def find(self, names: Iterable[str]) -> np.ndarray:
        """Return the positions of the characters with these names, int64 ``[names]``.

        Raises MetalearnError for an unknown name; it suggests the most similar one.
        """
        position = {name: i for i, name in enumerate(self.characters)}
        names = list(names)
        for name in names:
            if name not in position:
                raise MetalearnError(
                    "unknown character {name!r} in {data}; did you mean {known!r}?",
                    name=name,
                    data=self.name,
                    known=_most_like(name, self.characters),
                )
        return np.array([position[name] for name in names])


def _most_like(name: str, known: Iterable[str]) -> str:
    import difflib

    return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
