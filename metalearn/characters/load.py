"""Where the characters come from; the only file that knows all sources."""

import logging
import os
from pathlib import Path

from metalearn._files import user_path
from metalearn.characters.cache import cached
from metalearn.characters.character_set import CharacterSet
from metalearn.characters.omniglot import download_omniglot, holds_omniglot, load_omniglot
from metalearn.errors import MetalearnError

log = logging.getLogger("metalearn")

_failure: MetalearnError | None = None  # of the download


def load_characters(data_dir: str | Path | None = None, download: bool = True) -> CharacterSet:
    """Return the characters to work with, and log where they come from.

    They come from the first of these: ``data_dir``; the environment variable ``METALEARN_DATA``; Omniglot in the kit's
    cache; Omniglot, downloaded by torchvision. If Omniglot cannot be had, the built-in glyphs are used, and a warning
    says so. A download that failed is not tried again in the same process.

    Parameters
    ----------
    data_dir : path, optional
        A folder with Omniglot, or with folders of your own images, one per class (or a zip archive of that); or
        "glyphs", for the built-in scripts. ``METALEARN_DATA`` may hold the same.
    download : bool
        Whether Omniglot may be downloaded.

    Returns
    -------
    CharacterSet
        All drawings, and what they are called.

    Raises
    ------
    MetalearnError
        Where the folder you named does not hold images.

    Examples
    --------
    >>> import metalearn as ml
    >>> ml.load_characters("glyphs")
    <CharacterSet glyphs: 1,231 characters in 50 alphabets, 20 drawings each>
    """
    source = data_dir or os.environ.get("METALEARN_DATA")
    if str(source) == "glyphs":
        found = _glyphs()
    elif source:
        path = user_path(source)
        found = load_omniglot(path) if holds_omniglot(path) else _folder(path)
    else:
        try:
            found = cached("omniglot", _download if download else _no_download)
        except MetalearnError as error:
            found = _glyphs()
            log.warning(
                "%s. Working with the built-in glyphs instead: results on them are not Omniglot results.", error
            )
    log.info("data: %s", found)
    return found


# What only some sources need is imported for them alone: the dashboard's first picture waits for this file.


def _glyphs() -> CharacterSet:
    from metalearn.characters.glyphs import make_glyphs

    return make_glyphs()


def _folder(path: Path) -> CharacterSet:
    from metalearn.characters.image_folder import load_folder

    return load_folder(path)


def _download() -> CharacterSet:
    """Download Omniglot, unless that has failed before: every page and every call would wait for it once more."""
    global _failure
    if _failure is None:
        try:
            return download_omniglot()
        except MetalearnError as error:
            _failure = MetalearnError(error.text, **error.values)  # a copy does not keep the attempt's sockets
    raise _failure


def _no_download() -> CharacterSet:
    raise MetalearnError("Omniglot is not on this machine yet ('metalearn data download' fetches it)")
