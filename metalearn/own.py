"""Characters of a visitor's own, drawn or uploaded: checked, made into a task, and compared with what is known."""

import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from metalearn import strokes
from metalearn.data import IMAGE_SUFFIXES, SIZE, CharacterSet, decode, normalise
from metalearn.errors import MetalearnError
from metalearn.maps import TaskMap
from metalearn.tasks import CharacterTasks, TaskBatch

MOST_STROKES = 400  # on a whole sheet
MOST_FILES, MOST_BYTES = 500, 40_000_000  # in an archive, unpacked
MOST_FILE_BYTES = 2_000_000
LONGEST_NAME = 30
FAR = 0.05  # the share of held-out characters that count as far from everything


def pictures_of(sent: Any, cells: int) -> list[np.ndarray | None]:
    """Return the picture drawn in each of a sheet's ``cells``, uint8 ``[28, 28]``, None where nothing was drawn.

    ``sent`` is what a browser sent: a list of ``{"cell": number, "points": [[x, y], …]}``, in the unit square of the
    cell. Each picture is centred and brought to the size of Omniglot's. Raises MetalearnError for anything else.
    """
    if not isinstance(sent, list) or len(sent) > MOST_STROKES:
        raise MetalearnError("a sheet is a list of at most {most} strokes", most=MOST_STROKES)
    of_cell: dict[int, list[Any]] = defaultdict(list)
    for stroke in sent:
        cell = stroke.get("cell") if isinstance(stroke, dict) else None
        if not isinstance(cell, int) or isinstance(cell, bool) or not 0 <= cell < cells:
            raise MetalearnError("a stroke names the cell that it is in, and its points")
        of_cell[cell].append(stroke.get("points"))
    return [_drawn(of_cell[cell]) if cell in of_cell else None for cell in range(cells)]


def _drawn(points: list[Any]) -> np.ndarray:
    return strokes.rasterise(strokes.fit_to_frame(points))


def read_archive(content: bytes) -> dict[str, list[np.ndarray]]:
    """Return the pictures in a zip archive by class, as ink ``[28, 28]``: a class is the folder that a picture is in.

    Nothing is unpacked to a disk, and the folders' names serve as names alone. Raises MetalearnError for what is not an
    archive of pictures, or is too large: 500 pictures, 2 MB each and 40 MB together, unpacked.
    """
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [e for e in archive.infolist() if PurePosixPath(e.filename).suffix.lower() in IMAGE_SUFFIXES]
            _check_sizes([entry.file_size for entry in entries])
            for entry in sorted(entries, key=lambda entry: entry.filename):
                parts = PurePosixPath(entry.filename).parts
                if len(parts) > 1 and parts[0] != "__MACOSX":
                    found[_plain(parts[-2])].append(read_picture(archive.read(entry)))
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
        OSError,
    ) as error:
        raise MetalearnError("that is not a zip archive that can be read ({error})", error=str(error)) from error
    if not found:
        raise MetalearnError("the archive holds no pictures in folders; put those of a class into a folder of its own")
    return dict(found)


def _check_sizes(sizes: list[int]) -> None:
    if len(sizes) > MOST_FILES or sum(sizes) > MOST_BYTES or max(sizes, default=0) > MOST_FILE_BYTES:
        raise MetalearnError(
            "the archive is too large: at most {most} pictures, {each} MB each, {together} MB together",
            most=MOST_FILES,
            each=MOST_FILE_BYTES // 10**6,
            together=MOST_BYTES // 10**6,
        )


def read_picture(content: bytes) -> np.ndarray:
    """Return one uploaded picture as ink, uint8 ``[28, 28]``; raises MetalearnError where it is none, or too large."""
    return normalise(decode(content, "the picture"))


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME] or "unnamed"


# --- tasks -----------------------------------------------------------------------------------------------------------


def task(classes: Sequence[Sequence[np.ndarray]], queries: Sequence[np.ndarray]) -> TaskBatch:
    """Return the task, a batch of one, that tells ``classes`` of drawings apart; what the queries are is not known.

    Classes may have different numbers of drawings. ``query_y`` is zero. Raises MetalearnError for fewer than two
    classes, or one without a drawing.
    """
    if len(classes) < 2 or not all(len(of_class) for of_class in classes):
        raise MetalearnError("a task needs two classes or more, and a drawing of each")
    support = [drawing for of_class in classes for drawing in of_class]
    answers = [number for number, of_class in enumerate(classes) for _drawing in of_class]
    return TaskBatch(
        support_x=_tensor(support),
        support_y=torch.tensor(answers)[None],
        query_x=_tensor(queries),
        query_y=torch.zeros(1, len(queries), dtype=torch.int64),
        ways=len(classes),
        support_ids=torch.full((1, len(support)), -1),
        query_ids=torch.full((1, len(queries)), -1),
    )


def _tensor(drawings: Sequence[np.ndarray]) -> torch.Tensor:
    stacked = np.stack(drawings) if drawings else np.zeros((0, SIZE, SIZE), np.uint8)
    return torch.from_numpy(stacked)[None, :, None].float() / 255


# --- on the map ------------------------------------------------------------------------------------------------------


def shots_of(own: Sequence[Sequence[np.ndarray]], characters: CharacterSet) -> int:
    """Return how many drawings of each of one's own characters are compared: as many as all of them have."""
    return min(*map(len, own), int(characters.counts.min()))


def embed(
    own: Sequence[Sequence[np.ndarray]], characters: CharacterSet, others: np.ndarray, embedder: Pipeline
) -> np.ndarray:
    """Embed one's own characters, ``[classes, D]``, as the tasks on the map are: each against the same ``others``.

    Of each the first ``shots_of`` drawings are used.
    """
    shots = shots_of(own, characters)
    images = np.zeros((len(own), *characters.images.shape[1:]), np.uint8)
    for row, of_class in zip(images, own, strict=True):
        row[:shots] = np.stack(of_class[:shots])
    together = replace(
        characters,
        images=np.concatenate([characters.images, images]),
        characters=(*characters.characters, *(f"own/{i}" for i in range(len(own)))),
        counts=np.concatenate([characters.counts, np.full(len(own), shots)]),
    )
    positions = np.arange(len(characters), len(together))
    found: np.ndarray = embedder.transform(CharacterTasks(together, positions, others, shots=shots))
    return found


def nearest_known(embedded: np.ndarray, shown: TaskMap, known: np.ndarray) -> np.ndarray:
    """Return the cosine with the nearest of the ``known`` tasks, for each row of ``embedded``."""
    return similarities(embedded, shown)[:, known].max(1)


def similarities(embedded: np.ndarray, shown: TaskMap) -> np.ndarray:
    """Return the cosines of rows ``[n, D]`` with all tasks of a map, all centred as the map is: ``[n, tasks]``."""
    centred = embedded - shown.embedding.mean(0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return unit @ shown.unit.T


def far_below(
    characters: CharacterSet, held_out: np.ndarray, known: np.ndarray, shots: int, embedder: Pipeline, shown: TaskMap
) -> float:
    """Return the cosine below which something counts as far from all that is known.

    One in twenty of the ``held_out`` characters, embedded from as many drawings, lies below it.
    """
    embedded = embedder.transform(CharacterTasks(characters, held_out, known, shots=shots))
    return float(np.quantile(nearest_known(embedded, shown, known), FAR))
