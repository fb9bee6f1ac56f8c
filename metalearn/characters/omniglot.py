"""Omniglot: from a folder, the cache or a download."""

import json
import logging
import socket
import tempfile
import threading
from collections import defaultdict
from concurrent.futures import Future
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np

from metalearn._files import sha256
from metalearn.characters.cache import cache_file, cached
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.images import decode_image, read_image_files, shrink_images
from metalearn.errors import MetalearnError

log = logging.getLogger("metalearn")

OMNIGLOT_FOLDERS = ("images_background", "images_evaluation")

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
        A folder with ``images_background`` and ``images_evaluation``, as archives or unpacked, or with torchvision's
        ``omniglot-py`` in it. By default the kit's cache is read, and filled by a download if it is empty.

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
    root = _omniglot_root(Path(path))
    key = sha256(json.dumps([_stamp(root / name) for name in _omniglot_parts(root)]).encode())[:16]
    return cached(f"omniglot-{key}", lambda: _read_omniglot(root))


def holds_omniglot(path: Path) -> bool:
    """Say whether a folder is laid out like Omniglot, in any of the ways that :func:`load_omniglot` reads."""
    return any(_omniglot_parts(root) for root in (path, path / "omniglot-py"))


def import_omniglot(path: Path) -> CharacterSet:
    """Read Omniglot from a folder into the kit's cache, where it will be found without a path from now on."""
    root = _omniglot_root(path)
    cache_file("omniglot").with_suffix(".json").unlink(missing_ok=True)
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
    """Return the names of the two halves in ``root``, archives if there are any; an empty list unless both are there.

    An archive is preferred because it is a single file to read.
    """
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
            for name, content in read_image_files(root / part):
                alphabet, character, file = name.split("/")[-3:]
                drawings[f"{alphabet}/{character}"][file.rsplit("_", 1)[-1]] = decode_image(content, name)
                progress.update()
            new = list(drawings.values())[names_before:]
            if len(new) != characters or any(len(files) != each for files in new):
                raise MetalearnError(
                    "{path} is incomplete: it holds {drawings:,} drawings of {characters} characters, Omniglot has "
                    "{all_drawings:,} of {all_characters} there; fetch it again",
                    path=root / part,
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
        source=str(root),
        citation=OMNIGLOT_CITATION,
        counts=np.full(len(images), images.shape[1]),
    )


def read_drawing(path: Path) -> np.ndarray:
    """Read one drawing as Omniglot publishes it, square and black on white, as ink: uint8 ``[28, 28]``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MetalearnError("{path} cannot be read ({error})", path=path, error=str(error)) from error
    return _black_on_white([decode_image(content, str(path))])[0]


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
        _ask(f"{Omniglot.download_url_prefix}/{OMNIGLOT_FOLDERS[0]}.zip")
        with tempfile.TemporaryDirectory() as temporary:
            for background in (True, False):
                Omniglot(temporary, background=background, download=True)
            root = Path(temporary) / "omniglot-py"
            return _named_source(_read_omniglot(root), "torchvision's download")
    # A cut or garbled answer is an HTTPException, a redirection to nowhere a ValueError, a damaged file a RuntimeError.
    except (OSError, HTTPException, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split()) or repr(error)
        raise MetalearnError("Omniglot could not be downloaded ({error})", error=said) from error
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


def _named_source(characters: CharacterSet, source: str) -> CharacterSet:
    from dataclasses import replace

    return replace(characters, source=source)
