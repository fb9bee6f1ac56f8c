"""What is refused before the work begins: options that nothing would read, and outputs that cannot be written."""

import argparse
import tempfile
from pathlib import Path

from metalearn.errors import MetalearnError


def unread(options: argparse.Namespace, beside: str, *names: str) -> None:
    """Raise MetalearnError where the user gave one of these options, which nothing reads ``beside`` another."""
    for name in names:
        if name in options.given:
            raise MetalearnError(
                "--{option} does not go with {beside}: nothing would read it",
                option=name.replace("_", "-"),
                beside=beside,
            )


def output_file(path: Path, *suffixes: str) -> None:
    """Raise MetalearnError unless a file with one of these endings can be written at ``path``."""
    if path.suffix not in suffixes:
        raise MetalearnError("{output} should end in {suffixes}", output=path, suffixes=" or ".join(suffixes))
    if not path.parent.is_dir():
        raise MetalearnError("there is no folder {parent}", parent=path.parent)
    _check_place(path)
    _try_to_write(path.parent)


def output_folder(path: Path, *files: str) -> None:
    """Raise MetalearnError unless ``path`` is a folder for these files, or can become one."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise MetalearnError("{there} is a file; name a folder", there=there)
    for file in files:
        _check_place(path / file)
    _try_to_write(there)


def _check_place(path: Path) -> None:
    """Raise MetalearnError where something that is no file is in a file's place."""
    if path.is_dir():
        raise MetalearnError("{output} is a folder; a file is to be written there", output=path)
    if path.exists() and not path.is_file():
        raise MetalearnError("{output} is a device or a pipe; a file is to be written there", output=path)


def _try_to_write(folder: Path) -> None:
    """Write a file and remove it: permissions alone do not tell (a read-only disk, the administrator)."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".metalearn-"):
            pass
    except OSError as error:
        raise MetalearnError("{folder} cannot be written to ({error})", folder=folder, error=error.strerror) from error
