"""Omniglot: from a folder, the cache or a download."""

import json
import logging
import socket
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np

from metalearn._files import in_words, sha256, user_path
from metalearn.characters.cache import cached, read_cache, write_cache
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.image_files import open_files
from metalearn.characters.images import decode_image, shrink_images
from metalearn.errors import MetalearnError

log = logging.getLogger("metalearn")

# As it is published, and the alphabets in each half.
OMNIGLOT_HALVES = {
    "images_background": (
        *("Alphabet_of_the_Magi", "Anglo-Saxon_Futhorc", "Arcadian", "Armenian", "Asomtavruli_(Georgian)", "Balinese"),
        *("Bengali", "Blackfoot_(Canadian_Aboriginal_Syllabics)", "Braille", "Burmese_(Myanmar)", "Cyrillic"),
        *("Early_Aramaic", "Futurama", "Grantha", "Greek", "Gujarati", "Hebrew"),
        *("Inuktitut_(Canadian_Aboriginal_Syllabics)", "Japanese_(hiragana)", "Japanese_(katakana)", "Korean", "Latin"),
        *("Malay_(Jawi_-_Arabic)", "Mkhedruli_(Georgian)", "N_Ko", "Ojibwe_(Canadian_Aboriginal_Syllabics)"),
        *("Sanskrit", "Syriac_(Estrangelo)", "Tagalog", "Tifinagh"),
    ),
    "images_evaluation": (
        *("Angelic", "Atemayar_Qelisayer", "Atlantean", "Aurek-Besh", "Avesta", "Ge_ez", "Glagolitic", "Gurmukhi"),
        *("Kannada", "Keble", "Malayalam", "Manipuri", "Mongolian", "Old_Church_Slavonic_(Cyrillic)", "Oriya"),
        *("Sylheti", "Syriac_(Serto)", "Tengwar", "Tibetan", "ULOG"),
    ),
}

OMNIGLOT_SHAPE = ((964, 20), (659, 20))

PATIENCE_S = 5.0  # with a network that does not answer

OMNIGLOT_CITATION = (
    "B. M. Lake, R. Salakhutdinov, J. B. Tenenbaum. Human-level concept learning through probabilistic program "
    "induction. Science 350 (2015), 1332-1338. MIT licence, (c) 2015 Brenden Lake."
)


def load_omniglot(path: str | Path | None = None) -> CharacterSet:
    """Read Omniglot: 1,623 characters of 50 alphabets, 20 drawings each.

    Parameters
    ----------
    path : path, optional
        A folder with ``images_background`` and ``images_evaluation``, as archives or unpacked; a clone of Omniglot's
        repository; a folder with torchvision's ``omniglot-py`` in it; or one folder of all 50 alphabets. By default the
        kit's cache is read, and filled by a download if it is empty.

    Returns
    -------
    CharacterSet
        All drawings, shrunk to 28 x 28.

    Raises
    ------
    MetalearnError
        Where the data is missing, damaged or incomplete.

    References
    ----------
    Lake, Salakhutdinov and Tenenbaum 2015, "Human-level concept learning through probabilistic program induction".
    """
    if path is None:
        return cached("omniglot", download_omniglot)
    path = user_path(path)
    halves = _find_halves(path)
    stamps = [_stamp(part) for half in halves for part in half]
    return cached(f"omniglot-{sha256(json.dumps(stamps).encode())[:16]}", lambda: _read_omniglot(path, halves))


def holds_omniglot(path: Path) -> bool:
    """Say whether a folder is laid out like Omniglot, in any of the ways that :func:`load_omniglot` reads."""
    return any(_halves(root) for root in _roots(path))


def import_omniglot(path: str | Path) -> CharacterSet:
    """Read Omniglot from a folder into the kit's cache, where it will be found without a path from now on.

    Raises MetalearnError where it cannot be read or kept; what was in the cache is then still there.
    """
    path = user_path(path)
    characters = _read_omniglot(path, _find_halves(path))
    write_cache("omniglot", characters)
    return characters


def fetch_omniglot() -> CharacterSet:
    """Download Omniglot into the kit's cache, if it is not there. Raises MetalearnError where that cannot be done."""
    characters = read_cache("omniglot")
    if characters is None:
        characters = download_omniglot()
        write_cache("omniglot", characters)
    return characters


def _roots(path: Path) -> list[Path]:
    """Return where the halves may lie: in the folder, in torchvision's, or in a clone of the repository."""
    return [path, path / "omniglot-py", path / "python"]


def _find_halves(path: Path) -> list[list[Path]]:
    for root in _roots(path):
        if halves := _halves(root):
            return halves
    raise MetalearnError(
        "{path} does not hold Omniglot: expected images_background and images_evaluation, as .zip files or folders",
        path=path,
    )


def _halves(root: Path) -> list[list[Path]]:
    """Return the parts of each half in ``root``: an archive, a folder, or alphabets; nothing unless both are there.

    An archive is preferred because it is a single file to read.
    """
    halves = []
    for folder, alphabets in OMNIGLOT_HALVES.items():
        whole = [root / name for name in (f"{folder}.zip", folder) if (root / name).exists()]
        halves.append(whole[:1] or [root / name for name in alphabets if (root / name).is_dir()])
    is_whole = all(len(half) in (1, len(names)) for half, names in zip(halves, OMNIGLOT_HALVES.values(), strict=True))
    return halves if is_whole else []


def _stamp(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def _read_omniglot(path: Path, halves: list[list[Path]]) -> CharacterSet:
    from tqdm import tqdm

    drawings: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    with tqdm(total=32_460, desc=f"reading Omniglot from {path.name}", unit="drawing", leave=False) as progress:
        for half, (characters, each) in zip(halves, OMNIGLOT_SHAPE, strict=True):
            names_before = len(drawings)
            for name, content in _image_contents(half):
                alphabet, character, file = name.split("/")[-3:]
                drawings[f"{alphabet}/{character}"][file.rsplit("_", 1)[-1]] = decode_image(content, name)[:, :, 0]
                progress.update()
            new = list(drawings.values())[names_before:]
            if len(new) != characters or any(len(files) != each for files in new):
                raise MetalearnError(
                    "{path} is incomplete: it holds {drawings:,} drawings of {characters} characters, Omniglot has "
                    "{all_drawings:,} of {all_characters} there; fetch it again",
                    path=half[0] if len(half) == 1 else path,
                    drawings=sum(map(len, new)),
                    characters=len(new),
                    all_drawings=characters * each,
                    all_characters=characters,
                )
    images = np.stack([_black_on_white([files[name] for name in sorted(files)]) for files in drawings.values()])
    return CharacterSet(
        name="omniglot",
        images=images,
        characters=tuple(drawings),
        drawers=tuple(f"drawer{i + 1:02d}" for i in range(images.shape[1])),
        source=str(path),
        citation=OMNIGLOT_CITATION,
        counts=np.full(len(images), images.shape[1]),
    )


def _image_contents(parts: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each image in folders or archives; a name ends in alphabet/character/drawing."""
    for part in parts:
        with open_files(part, str(part)) as files:
            for file in files:
                if file.is_image and not file.is_junk:
                    yield f"{part.name}/{file.name}", file.read()


def read_drawing(path: Path) -> np.ndarray:
    """Read one drawing as Omniglot publishes it, square and black on white, as ink: uint8 ``[28, 28]``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MetalearnError("{path} cannot be read ({error})", path=path, error=in_words(error)) from error
    return _black_on_white([decode_image(content, str(path))[:, :, 0]])[0]


def _black_on_white(grey: list[np.ndarray]) -> np.ndarray:
    """Shrink square black-on-white drawings, all of one size, to ink, uint8 ``[n, 28, 28]``."""
    if any(drawing.shape != (grey[0].shape[0],) * 2 for drawing in grey):
        raise MetalearnError(
            "Omniglot's drawings are square and of one size; for other pictures use a folder of classes"
        )
    return shrink_images((np.stack(grey) < 128).astype(np.float32))


def download_omniglot() -> CharacterSet:
    """Fetch Omniglot (14 MB) with torchvision. Raises MetalearnError where it cannot be had."""
    from torchvision.datasets import Omniglot

    log.info("downloading Omniglot (14 MB) with torchvision")
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_S)
    try:
        _ask(f"{Omniglot.download_url_prefix}/{next(iter(OMNIGLOT_HALVES))}.zip")
        with tempfile.TemporaryDirectory() as temporary:
            for background in (True, False):
                Omniglot(temporary, background=background, download=True)
            characters = _read_omniglot(Path(temporary), _find_halves(Path(temporary)))
            return replace(characters, source="torchvision's download")
    except MetalearnError:
        raise
    except Exception as error:  # a network fails in many ways, and so do the libraries that use it
        raise MetalearnError("Omniglot could not be downloaded ({error})", error=in_words(error)) from error
    finally:
        socket.setdefaulttimeout(before)


def _ask(url: str) -> None:
    """Ask a server for a file's size, and raise what goes wrong; OSError where there is no answer in ``PATIENCE_S``.

    That is for all together: names that nobody resolves, and every address of a server, one after the other.
    """
    answer: Future[None] = Future()

    def ask() -> None:
        try:
            with urlopen(Request(url, method="HEAD"), timeout=PATIENCE_S):
                answer.set_result(None)
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()  # looking up a name cannot be broken off
    try:
        answer.result(PATIENCE_S)
    except TimeoutError as error:
        raise OSError("the network does not answer") from error
