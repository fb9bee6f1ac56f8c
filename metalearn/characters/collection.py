"""A collection of images, from a folder or an archive: the drawings of each class, and what was left out and why."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from metalearn.characters.image_files import File, file_on_disk, open_files
from metalearn.characters.images import MAX_FILE_BYTES, count_pixels, decode_image
from metalearn.characters.ink import normalise_image
from metalearn.characters.layouts import classes_by_place, classes_in_table, is_table
from metalearn.errors import MetalearnError

# Why a file is left out; the first two go without saying.
JUNK = "{name} is hidden, or made by a system"
OTHER_KIND = "{name} is not an image"
UNREAD_KIND = "{name} is an image of a kind that is not read; save it as PNG or JPEG"
NO_CLASS = "{name} belongs to no class: it lies beside the folders, or is not in the table"
MISSING = "{name} is in the table, but not there"
BLANK = "{name} is blank, or nearly so"
EXPECTED = (JUNK, OTHER_KIND)

MOST_TO_NAME = 5_000  # images in a folder whose classes are asked for
UNREAD_SUFFIXES = {".heic", ".heif", ".avif", ".jxl", ".svg", ".psd", ".dng", ".cr2", ".nef", ".pdf"}


@dataclass(frozen=True)
class Limits:
    """How much is read of a collection: images, their bytes together (unpacked), and their pixels together."""

    images: int
    total_bytes: float = math.inf
    total_pixels: float = math.inf


@dataclass(frozen=True)
class Collection:
    """What was read of a collection.

    Parameters
    ----------
    classes : dict
        The drawings of each class, uint8 ``[28, 28]`` each, by "alphabet/class".
    files : dict
        The names of the files that they were read from, in the same order.
    left_out : dict
        Why each of the other files is left out, by its name.
    """

    classes: dict[str, list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    left_out: dict[str, MetalearnError] = field(default_factory=dict)

    @property
    def problems(self) -> list[MetalearnError]:
        """Why files were left out that somebody may have wanted in."""
        return [why for why in self.left_out.values() if why.text not in EXPECTED]

    @property
    def merged(self) -> dict[str, list[str]]:
        """The classes whose images were put together from several folders, with these folders."""
        folders = {
            name: sorted({str(PurePosixPath(file).parent) for file in files}) for name, files in self.files.items()
        }
        return {name: places for name, places in folders.items() if len(places) > 1}


def read_collection(source: Path | bytes, name: str, limits: Limits) -> Collection:
    """Read the images in a folder, a zip archive, or the content of one; :mod:`layouts` says how they may lie there.

    An image that cannot be read, or is blank, is left out. Raises MetalearnError where nothing can be read at all, and
    where there is more than the limits allow. Messages call the collection ``name``.
    """
    found = Collection()
    with open_files(source, name) as files:
        images = [file for file in files if _is_wanted(file, found)]
        _check(images, limits, name)
        classes = _classes(files, images, name)
        for missing in classes.keys() - {file.name for file in images}:
            found.left_out[missing] = MetalearnError(MISSING, name=missing)
        for file in _with_progress(images, name):
            if file.name not in classes:
                found.left_out[file.name] = MetalearnError(NO_CLASS, name=file.name)
                continue
            try:
                drawing = read_image(file)
            except MetalearnError as why:
                found.left_out[file.name] = why
                continue
            found.classes[classes[file.name]].append(drawing)
            found.files[classes[file.name]].append(file.name)
    if not found.classes:
        _refuse(found, name)
    return found


def read_image(file: File) -> np.ndarray:
    """Read an image file as ink, uint8 ``[28, 28]``. Raises MetalearnError for an unreadable or a blank one."""
    if file.size > MAX_FILE_BYTES:
        raise MetalearnError("{name} is too large: at most 25 MB are read", name=file.name)
    drawing = normalise_image(decode_image(file.read(), file.name))
    if not drawing.any():
        raise MetalearnError(BLANK, name=file.name)
    return drawing


def read_images(paths: Iterable[Path]) -> Collection:
    """Read images that belong to no class yet: files, and what is in folders and zip archives, however deep.

    They are all in the class "", in order. What is blank or cannot be read is left out. Raises MetalearnError for a
    path that is not there, and where no image can be used.
    """
    found = Collection()
    for path in paths:
        name = str(path)
        if path.is_dir() or path.suffix.lower() == ".zip":
            with open_files(path, name) as files:
                images = [file for file in files if _is_wanted(file, found)]
                _check(images, Limits(images=MOST_TO_NAME), name)
                _read_into(found, _with_progress(images, name))
        else:
            _read_into(found, [file_on_disk(path)])
    if not found.classes:
        why = next(iter(found.problems), None) or MetalearnError("no file there is an image")
        raise MetalearnError("there is no image that can be used: {why}", why=str(why)) from why
    return found


def _read_into(found: Collection, images: Iterable[File]) -> None:
    for file in images:
        try:
            drawing = read_image(file)
            found.classes[""].append(drawing)
            found.files[""].append(file.name)
        except MetalearnError as why:
            found.left_out[file.name] = why


def _is_wanted(file: File, found: Collection) -> bool:
    if not file.is_junk and file.is_image:
        return True
    suffix = PurePosixPath(file.name).suffix.lower()
    kind = JUNK if file.is_junk else UNREAD_KIND if suffix in UNREAD_SUFFIXES else OTHER_KIND
    found.left_out[file.name] = MetalearnError(kind, name=file.name)
    return False


def _check(images: list[File], limits: Limits, name: str) -> None:
    if len(images) > limits.images:
        raise MetalearnError(
            "{path} holds {count:,} images; at most {most:,} are read", path=name, count=len(images), most=limits.images
        )
    if sum(file.size for file in images) > limits.total_bytes:
        raise MetalearnError(
            "{path} is too large: its images may have {most} MB together, unpacked",
            path=name,
            most=int(limits.total_bytes) // 10**6,
        )
    if limits.total_pixels < math.inf and _pixels(images) > limits.total_pixels:
        raise MetalearnError(
            "{path} is too large: its images may have {most} million pixels together; bring fewer or smaller ones",
            path=name,
            most=int(limits.total_pixels) // 10**6,
        )


def _pixels(images: list[File]) -> int:
    total = 0
    for file in images:
        try:
            total += count_pixels(file.read()) if file.size <= MAX_FILE_BYTES else 0
        except MetalearnError:  # it will be said when it is read
            continue
    return total


def _classes(files: list[File], images: list[File], name: str) -> dict[str, str]:
    """Return the class of each image that has one: as a table at the top says, else from where the images lie."""
    for file in files:
        if "/" not in file.name and file.name.lower().endswith(".csv") and file.size <= MAX_FILE_BYTES:
            content = file.read()
            if is_table(content):
                return classes_in_table(content, file.name, Path(name).stem)
    return classes_by_place([file.name for file in images], Path(name).stem)


def _with_progress(images: list[File], name: str) -> Iterable[File]:
    from tqdm import tqdm

    return tqdm(images, desc=f"reading {name}", unit="image", delay=2, leave=False)


def _refuse(found: Collection, name: str) -> None:
    if found.problems:
        raise MetalearnError(
            "{path} holds no image that can be used: {why}", path=name, why=str(found.problems[0])
        ) from found.problems[0]
    raise MetalearnError("{path} holds no class folders with images (path/class/image.png)", path=name)
