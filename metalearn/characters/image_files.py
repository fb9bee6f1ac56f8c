"""The files in a folder or a zip archive, within limits, and without what a system left there."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from metalearn._files import in_words
from metalearn.errors import MetalearnError

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"}

MAX_FILES = 200_000  # of any kind

# Folders that systems and programs make. (So are all whose names begin with a dot.)
JUNK = {"__MACOSX", "@eaDir", "$RECYCLE.BIN"}


@dataclass(frozen=True)
class File:
    """A file, before it is read.

    Parameters
    ----------
    name : str
        Its place in the folder or archive, with forward slashes.
    size : int
        Its size in bytes, unpacked.
    read : function
        Returns its content. Whatever goes wrong, it raises MetalearnError.
    """

    name: str
    size: int
    read: Callable[[], bytes]

    @property
    def is_image(self) -> bool:
        """Whether its name is that of an image."""
        return PurePosixPath(self.name).suffix.lower() in IMAGE_SUFFIXES

    @property
    def is_junk(self) -> bool:
        """Whether it is hidden, or lies in a folder that systems make."""
        return any(part.startswith(".") or part in JUNK for part in self.name.split("/"))


@contextmanager
def open_files(source: Path | bytes, name: str) -> Iterator[list[File]]:
    """Give the files in a folder, in a zip archive, or in an archive's content, sorted by their names.

    Links are followed, and each folder is visited once. Raises MetalearnError for what cannot be opened, and for more
    than 200,000 files; its messages call the source ``name``.
    """
    if isinstance(source, Path) and source.is_dir():
        yield _within_limits((file_on_disk(path, source) for path in _walk(source, set())), name)
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except Exception as error:  # zipfile lets through what it stumbles over in a damaged archive
        raise MetalearnError(
            "{path} cannot be read ({error}); fetch it again or name another", path=name, error=in_words(error)
        ) from error
    with archive:
        entries = (entry for entry in archive.infolist() if not entry.is_dir())
        yield _within_limits((_in_archive(archive, entry, name) for entry in entries), name)


def _within_limits(files: Iterator[File], name: str) -> list[File]:
    found: list[File] = []
    for file in files:
        found.append(file)
        if len(found) > MAX_FILES:
            raise MetalearnError("{path} holds more than {most:,} files", path=name, most=MAX_FILES)
    return sorted(found, key=lambda file: file.name)


def _walk(folder: Path, visited: set[Path]) -> Iterator[Path]:
    """Yield the files below a folder. A link to a folder that was visited, or back up, is not followed."""
    real = folder.resolve()
    if real in visited:
        return
    visited.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_symlink(), entry.name))
    except OSError:
        yield folder  # reading it will say why
        return
    for entry in entries:
        if entry.is_dir():
            yield from _walk(Path(entry.path), visited)
        else:
            yield Path(entry.path)


def file_on_disk(path: Path, root: Path | None = None) -> File:
    """Return the file at ``path``; its name is its place below ``root``, or the path itself."""
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # a link that leads nowhere; reading it will say so
    name = path.as_posix() if root is None else path.relative_to(root).as_posix()
    return File(name, size, partial(_read, name, partial(_content, path)))


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError("it is neither a file nor a folder")  # but a pipe, perhaps, which would be waited for
    return path.read_bytes()


def _in_archive(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> File:
    # What leads out of the archive, or to a fixed place, is only a name here: nothing is unpacked to a disk.
    parts = [part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    place = "/".join(parts) or "unnamed"
    return File(place, entry.file_size, partial(_read, f"{place} in {name}", partial(archive.read, entry)))


def _read(name: str, content: Callable[[], bytes]) -> bytes:
    try:
        return content()
    except Exception as error:  # unpacking raises what each of its libraries raises
        raise MetalearnError("{name} cannot be read ({error})", name=name, error=in_words(error)) from error
