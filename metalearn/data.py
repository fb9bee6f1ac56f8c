"""Character sets: Omniglot, and a folder of your own images, as one uint8 array each.

Where Omniglot is looked for, in this order, is the body of :func:`load`; each step says what it found.
"""

import io
import json
import logging
import os
import socket
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from metalearn.errors import MetalearnError
from metalearn.files import cache_dir, sha256, write_atomically

log = logging.getLogger("metalearn")

SIZE = 28
OMNIGLOT_FOLDERS = ("images_background", "images_evaluation")
OMNIGLOT_SHAPE = ((964, 20), (659, 20))
OMNIGLOT_CITATION = (
    "B. M. Lake, R. Salakhutdinov, J. B. Tenenbaum. Human-level concept learning through probabilistic program "
    "induction. Science 350 (2015), 1332-1338. MIT licence, (c) 2015 Brenden Lake."
)
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}
MAX_FILES = 50_000
MAX_FILE_BYTES = 10_000_000
MAX_PIXELS = 16_000_000


@dataclass(frozen=True)
class CharacterSet:
    """Drawings of characters, several of each, in alphabets.

    ``images`` is uint8 ``[characters, drawings, 28, 28]`` with ink high (255) on an empty ground (0). Characters of one
    alphabet are neighbours, and ``characters[i]`` reads ``"Greek/character01"``. Within an alphabet, drawing ``d`` is
    by the same drawer for every character. A character with fewer drawings than ``images`` has room for is filled up
    with empty ones: ``counts[i]`` says how many are real.
    """

    name: str
    images: np.ndarray
    characters: tuple[str, ...]
    drawers: tuple[str, ...]
    source: str
    citation: str
    counts: np.ndarray = field(repr=False)

    @property
    def alphabets(self) -> tuple[str, ...]:
        """The alphabet of each character."""
        return tuple(name.rsplit("/", 1)[0] for name in self.characters)

    @property
    def alphabet_names(self) -> tuple[str, ...]:
        """The distinct alphabets, in the order they come in."""
        return tuple(dict.fromkeys(self.alphabets))

    @property
    def alphabet_ids(self) -> np.ndarray:
        """The alphabet of each character as a number, int64 ``[characters]``."""
        position = {name: i for i, name in enumerate(self.alphabet_names)}
        return np.array([position[name] for name in self.alphabets])

    def __len__(self) -> int:
        return len(self.images)

    def __str__(self) -> str:
        return f"{self.name}: {self.size}, from {self.source}"

    @property
    def size(self) -> str:
        """How many characters, alphabets and drawings there are, in words."""
        low, high = int(self.counts.min()), int(self.counts.max())
        drawings = f"{high}" if low == high else f"{low} to {high}"
        return f"{len(self):,} characters in {len(self.alphabet_names)} alphabets, {drawings} drawings each"

    def find(self, names: Iterable[str]) -> np.ndarray:
        """Return the positions of the characters called ``names``, int64 ``[names]``.

        Raises MetalearnError for a name that is not there, with the closest one that is.
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


@dataclass(frozen=True)
class Split:
    """Which characters a learner may train on, tune on, and be tested on: int64 positions, no character in two."""

    name: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(characters: CharacterSet, name: str) -> Split:
    """Return the named split of ``characters``.

    ``article``: characters at random, 1,200 to train on and 423 to test on (the same shares of another set). The two
    sides share alphabets. ``lake``: the first three fifths of the alphabets against the others, which for Omniglot is
    Lake et al.'s 30 background against 20 evaluation alphabets. What tuning needs is held out of the training side:
    100 of the 1,200 characters, or one alphabet in ten.
    """
    if name == "article":
        order = np.random.default_rng(0).permutation(len(characters))
        test_from = round(len(order) * 1200 / 1623)
        validation_from = round(len(order) * 1100 / 1623)
        sides = np.split(order, [validation_from, test_from])
    elif name == "lake":
        count = len(characters.alphabet_names)
        if count < 2:
            raise MetalearnError(
                "{name} has one alphabet; the lake split needs two, use the article split", name=characters.name
            )
        background = max(1, count * 3 // 5)
        order = np.random.default_rng(0).permutation(background)
        held_out = order[: background // 10]
        ids = characters.alphabet_ids
        is_validation = np.isin(ids, held_out)
        sides = [np.flatnonzero((ids < background) & ~is_validation), np.flatnonzero(is_validation)]
        sides.append(np.flatnonzero(ids >= background))
    else:
        raise MetalearnError(f"unknown split {name!r}; there are article and lake")
    return Split(name, *(np.sort(side) for side in sides))


# --- where the data comes from ---------------------------------------------------------------------------------------


def load(data_dir: str | Path | None = None, download: bool = True) -> CharacterSet:
    """Return the characters to work with, and log where they came from.

    Looked for in this order: ``data_dir``; the folder that the environment variable ``METALEARN_DATA`` names; the
    kit's cache; a download by torchvision. In place of a folder, the word ``glyphs`` asks for the built-in scripts. A
    folder that was named and does not hold data is an error (MetalearnError). Where Omniglot cannot be had, or
    ``download`` is off and it is not there, the glyphs serve, with a warning that says so.
    """
    from metalearn.glyphs import glyphs

    chosen = data_dir or os.environ.get("METALEARN_DATA")
    if str(chosen) == "glyphs":
        found = glyphs()
    elif chosen:
        path = Path(chosen).expanduser()
        found = omniglot(path) if holds_omniglot(path) else folder(path)
    else:
        try:
            found = cached("omniglot", _download_omniglot if download else _no_download)
        except MetalearnError as error:
            found = glyphs()
            log.warning(
                "%s. Working with the built-in glyphs instead: results on them are not Omniglot results.", error
            )
    log.info("data: %s", found)
    return found


def omniglot(path: str | Path | None = None) -> CharacterSet:
    """Return Omniglot: 1,623 characters of 50 alphabets, 20 drawings each.

    ``path`` is a folder with ``images_background`` and ``images_evaluation``, as archives or unpacked, or with
    torchvision's ``omniglot-py`` in it. Without it the kit's cache is read, and filled by a download if it is empty.
    Raises MetalearnError where the data is not there, damaged or incomplete.
    """
    if path is None:
        return cached("omniglot", _download_omniglot)
    root = _omniglot_root(Path(path))
    key = sha256(json.dumps([_stamp(root / name) for name in _omniglot_parts(root)]).encode())[:16]
    return cached(f"omniglot-{key}", lambda: _read_omniglot(root))


def holds_omniglot(path: Path) -> bool:
    """Say whether ``path`` is laid out like Omniglot, in any of the ways that :func:`omniglot` reads."""
    return any(_omniglot_parts(root) for root in (path, path / "omniglot-py"))


def import_omniglot(path: Path) -> CharacterSet:
    """Read Omniglot from ``path`` into the kit's cache, so that it is found from now on without being named."""
    root = _omniglot_root(path)
    _cache_file("omniglot").with_suffix(".json").unlink(missing_ok=True)
    return cached("omniglot", lambda: _read_omniglot(root))


def _omniglot_root(path: Path) -> Path:
    for root in (path, path / "omniglot-py"):
        if _omniglot_parts(root):
            return root
    raise MetalearnError(
        "{path} does not hold Omniglot: expected images_background and images_evaluation, as .zip files or folders",
        path=path,
    )


def _omniglot_parts(root: Path) -> list[str]:
    """Name the two halves as they lie in ``root``; an archive is preferred, being one file to read. Empty: not both."""
    parts = []
    for folder_name in OMNIGLOT_FOLDERS:
        present = [name for name in (f"{folder_name}.zip", folder_name) if (root / name).exists()]
        parts += present[:1]
    return parts if len(parts) == len(OMNIGLOT_FOLDERS) else []


def _stamp(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def _read_omniglot(root: Path) -> CharacterSet:
    from tqdm import tqdm

    drawings: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    with tqdm(total=32_460, desc=f"reading Omniglot from {root.name}", unit="drawing", leave=False) as progress:
        for part, (characters, each) in zip(_omniglot_parts(root), OMNIGLOT_SHAPE, strict=True):
            names_before = len(drawings)
            for name, content in _image_files(root / part):
                alphabet, character, file = name.split("/")[-3:]
                drawings[f"{alphabet}/{character}"][file.rsplit("_", 1)[-1]] = decode(content, name)
                progress.update()
            new = list(drawings.values())[names_before:]
            if len(new) != characters or any(len(of_one) != each for of_one in new):
                raise MetalearnError(
                    "{path} is incomplete: it holds {drawings:,} drawings of {characters} characters, Omniglot has "
                    "{all_drawings:,} of {all_characters} there; fetch it again",
                    path=root / part,
                    drawings=sum(map(len, new)),
                    characters=len(new),
                    all_drawings=characters * each,
                    all_characters=characters,
                )
    images = np.stack([_black_on_white([of_one[file] for file in sorted(of_one)]) for of_one in drawings.values()])
    return CharacterSet(
        name="omniglot",
        images=images,
        characters=tuple(drawings),
        drawers=tuple(f"drawer{i + 1:02d}" for i in range(images.shape[1])),
        source=str(root),
        citation=OMNIGLOT_CITATION,
        counts=np.full(len(images), images.shape[1]),
    )


def read_drawing(path: Path) -> np.ndarray:
    """Read one drawing as Omniglot publishes it (square, black on white) into ink, uint8 ``[28, 28]``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MetalearnError("{path} cannot be read ({error})", path=path, error=str(error)) from error
    return _black_on_white([decode(content, str(path))])[0]


def _black_on_white(grey: list[np.ndarray]) -> np.ndarray:
    """Shrink square black-on-white drawings, all of one size, to ink, uint8 ``[n, 28, 28]``."""
    if any(drawing.shape != (grey[0].shape[0],) * 2 for drawing in grey):
        raise MetalearnError(
            "Omniglot's drawings are square and of one size; for other pictures use a folder of classes"
        )
    return shrink((np.stack(grey) < 128).astype(np.float32))


def _no_download() -> CharacterSet:
    raise MetalearnError("Omniglot is not on this machine yet ('metalearn data download' fetches it)")


def _download_omniglot() -> CharacterSet:
    from torchvision.datasets import Omniglot

    log.info("downloading Omniglot (14 MB) with torchvision")
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(5)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            for background in (True, False):
                Omniglot(temporary, background=background, download=True)
            root = Path(temporary) / "omniglot-py"
            return _named_source(_read_omniglot(root), "torchvision's download")
    except (OSError, RuntimeError) as error:
        raise MetalearnError("Omniglot could not be downloaded ({error})", error=str(error)) from error
    finally:
        socket.setdefaulttimeout(before)


def folder(path: str | Path) -> CharacterSet:
    """Return your own images: ``path/class/image.png`` or ``path/alphabet/class/image.png``.

    Any size, colour and polarity will do; classes may differ in how many images they have (``counts``). Images are
    put on a square, shrunk to 28 x 28 and stretched to full contrast. Raises MetalearnError for a folder without
    classes, or with a file that is not an image.
    """
    path = Path(path)
    if not path.is_dir():
        raise MetalearnError("{path} is not a folder", path=path)
    drawings: dict[str, list[np.ndarray]] = defaultdict(list)
    for name, content in _image_files(path):
        parts = name.split("/")[:-1]
        if len(parts) in (1, 2):
            character = "/".join(parts if len(parts) == 2 else (path.name, *parts))
            drawings[character].append(normalise(decode(content, name)))
    if not drawings:
        raise MetalearnError("{path} holds no class folders with images (path/class/image.png)", path=path)
    most = max(map(len, drawings.values()))
    images = np.zeros((len(drawings), most, SIZE, SIZE), np.uint8)
    for row, of_one in zip(images, drawings.values(), strict=True):
        row[: len(of_one)] = of_one
    return CharacterSet(
        name=f"own {path.name}" if path.name in ("omniglot", "glyphs") else path.name,
        images=images,
        characters=tuple(drawings),
        drawers=tuple(f"drawing{i + 1:02d}" for i in range(most)),
        source=str(path),
        citation=f"images of the user's own, in {path.name}",
        counts=np.array([len(of_one) for of_one in drawings.values()]),
    )


# --- files and pixels ------------------------------------------------------------------------------------------------


def _image_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name with forward slashes, content) of each image in a folder or zip archive, sorted, within bounds."""
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
            sizes = [(file.relative_to(path).as_posix(), file.stat().st_size) for file in files]
            _check_bounds(path, sizes)
            for file, (name, _) in zip(files, sizes, strict=True):
                yield name, file.read_bytes()
        else:
            with zipfile.ZipFile(path) as archive:
                entries = [e for e in archive.infolist() if Path(e.filename).suffix.lower() in IMAGE_SUFFIXES]
                entries.sort(key=lambda entry: entry.filename)
                _check_bounds(path, [(entry.filename, entry.file_size) for entry in entries])
                for entry in entries:
                    yield entry.filename, archive.read(entry)
    except (
        OSError,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise MetalearnError(
            "{path} cannot be read ({error}); fetch it again or name another", path=path, error=str(error)
        ) from error


def _check_bounds(path: Path, sizes: list[tuple[str, int]]) -> None:
    if len(sizes) > MAX_FILES:
        raise MetalearnError(
            "{path} holds {count:,} images; at most {most:,} are read", path=path, count=len(sizes), most=MAX_FILES
        )
    for name, size in sizes:
        if size > MAX_FILE_BYTES:
            raise MetalearnError(
                "{name} in {path} has {size:,} bytes; an image may have {most:,}",
                name=name,
                path=path,
                size=size,
                most=MAX_FILE_BYTES,
            )


def decode(content: bytes, name: str) -> np.ndarray:
    """Return the picture as grey levels, uint8 ``[height, width]``; transparent parts become white."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise MetalearnError(
                    "{name} has {width} x {height} pixels; at most 16 million are read",
                    name=name,
                    width=picture.width,
                    height=picture.height,
                )
            if picture.mode in ("1", "L"):
                return np.asarray(picture.convert("L"))
            rgba = picture.convert("RGBA")
            return np.asarray(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("L"))
    except MetalearnError:
        raise
    except Exception as error:  # Pillow's decoders raise many types for a broken file
        raise MetalearnError(
            "{name} is not an image that can be read ({error})", name=name, error=str(error)
        ) from error


def normalise(grey: np.ndarray) -> np.ndarray:
    """Turn grey levels ``[height, width]`` of any size and polarity into ink, uint8 ``[28, 28]``, at full contrast.

    The ground is what most of the border shows; the picture is padded with it to a square.
    """
    level = grey.astype(np.float32)
    border = np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]])
    ink = np.abs(level - np.median(border))
    ink[ink < 0.1 * ink.max()] = 0
    height, width = ink.shape
    side = max(height, width)
    square = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = ink
    small = shrink(square[None] / max(float(ink.max()), 1.0))[0].astype(np.float32)
    return np.round(small * (255 / max(float(small.max()), 1.0))).astype(np.uint8)


def shrink(ink: np.ndarray) -> np.ndarray:
    """Average square pictures, float32 ``[n, side, side]`` in [0, 1], over a 28 x 28 grid: uint8 ``[n, 28, 28]``."""
    weights = _area_weights(ink.shape[-1])
    return np.round(255 * (weights @ ink @ weights.T)).astype(np.uint8)


def _area_weights(side: int) -> np.ndarray:
    """Return ``[28, side]``: the share of each new pixel that each old one covers (box filter with exact edges)."""
    edges = np.linspace(0, side, SIZE + 1)
    left, right = edges[:-1, None], edges[1:, None]
    pixel = np.arange(side)
    overlap = np.clip(np.minimum(right, pixel + 1) - np.maximum(left, pixel), 0, None)
    return (overlap * SIZE / side).astype(np.float32)


# --- the cache -------------------------------------------------------------------------------------------------------


def _cache_file(key: str) -> Path:
    return cache_dir() / f"{key}.npy"


def _named_source(characters: CharacterSet, source: str) -> CharacterSet:
    from dataclasses import replace

    return replace(characters, source=source)


def cached(key: str, build: Callable[[], CharacterSet]) -> CharacterSet:
    """Read the character set kept under ``key``, or build and keep it. What does not match its checksum is rebuilt."""
    path = _cache_file(key)
    description = path.with_suffix(".json")
    try:
        entry = json.loads(description.read_text("utf-8"))
        content = path.read_bytes()
        if sha256(content) == entry.pop("sha256"):
            images = np.load(io.BytesIO(content), allow_pickle=False)
            characters, drawers = tuple(entry.pop("characters")), tuple(entry.pop("drawers"))
            return CharacterSet(
                images=images, characters=characters, drawers=drawers, counts=np.array(entry.pop("counts")), **entry
            )
        log.warning("the cached copy of %s is damaged and is made anew", key)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("the cached copy of %s cannot be read (%s) and is made anew", key, error)
    built = build()
    try:
        _write_cache(path, built)
    except OSError as error:
        log.warning("could not keep a copy in %s (%s); the next start reads it all again", path.parent, error)
    return built


def _write_cache(path: Path, built: CharacterSet) -> None:
    buffer = io.BytesIO()
    np.save(buffer, built.images, allow_pickle=False)
    entry = {
        "name": built.name,
        "source": built.source,
        "citation": built.citation,
        "characters": built.characters,
        "drawers": built.drawers,
        "counts": built.counts.tolist(),
        "sha256": sha256(buffer.getbuffer()),
    }
    write_atomically(path, buffer.getvalue())
    write_atomically(path.with_suffix(".json"), json.dumps(entry).encode())
