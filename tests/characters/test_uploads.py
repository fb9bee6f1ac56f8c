"""A visitor's own characters: what is sent is checked, made into tasks, and found again near its like."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from metalearn.characters.character_set import CharacterSet
from metalearn.characters.splits import split
from metalearn.characters.uploads import images_from_strokes, read_archive
from metalearn.errors import MetalearnError
from metalearn.maps.user_tasks import embed_own_characters, far_threshold, map_similarities, nearest_similarity
from metalearn.pretrained.embedders import load_embedder
from metalearn.pretrained.learners import load_learner
from metalearn.pretrained.maps import load_map
from metalearn.tasks.single_task import task_from_images

CROSS = [[[0.2, 0.2], [0.8, 0.8]], [[0.8, 0.2], [0.2, 0.8]]]


def strokes(cell: int, drawing: list[Any] = CROSS) -> list[dict[str, Any]]:
    return [{"cell": cell, "points": points} for points in drawing]


def png(width: int = 40, height: int = 40) -> bytes:
    picture = Image.new("L", (width, height), 255)
    picture.paste(0, (width // 4, height // 4, width // 2, height // 2))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return content.getvalue()


# --- strokes ---------------------------------------------------------------------------------------------------------


def test_each_cell_has_its_picture() -> None:
    pictures = images_from_strokes(strokes(1) + strokes(3, [[[0.5, 0.5]]]), 4)
    assert [picture is None for picture in pictures] == [True, False, True, False]
    assert pictures[1] is not None
    assert pictures[1].shape == (28, 28)
    assert pictures[1].max() == 255


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "strokes",
        {"cell": 0},
        [1],
        [{"points": [[0, 0]]}],
        [{"cell": 4, "points": [[0, 0]]}],
        [{"cell": -1, "points": [[0, 0]]}],
        [{"cell": True, "points": [[0, 0]]}],
        [{"cell": "0", "points": [[0, 0]]}],
        [{"cell": 0}],
        [{"cell": 0, "points": []}],
        [{"cell": 0, "points": [[0.1, float("nan")]]}],
        [{"cell": 0, "points": [[0.1, float("inf")]]}],
        [{"cell": 0, "points": [[0.1, 1.5]]}],
        [{"cell": 0, "points": [[0.1, "x"]]}],
        [{"cell": 0, "points": [[0.1, 0.1]] * 5000}],
        strokes(0) * 201,
        [{"cell": 0, "points": [[0.1, 0.1]]}] * 65,
    ],
)
def test_what_is_no_sheet_is_refused(sent: Any) -> None:
    with pytest.raises(MetalearnError):
        images_from_strokes(sent, 4)


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_anything_is_a_sheet_or_is_refused(sent: Any) -> None:
    try:
        assert len(images_from_strokes(sent, 3)) == 3
    except MetalearnError:
        assert sent != []


# --- archives --------------------------------------------------------------------------------------------------------


def test_classes_are_folders() -> None:
    found = read_archive(archive({"mine/a/1.png": png(), "mine/a/2.PNG": png(30, 60), "mine/b/1.png": png()}))
    assert {name: len(pictures) for name, pictures in found.classes.items()} == {"a": 2, "b": 1}
    assert all(p.shape == (28, 28) and p.max() == 255 for pictures in found.classes.values() for p in pictures)


def test_names_lead_nowhere() -> None:
    found = read_archive(
        archive({"../../etc/1.png": png(), "/abs/2.png": png(), "a\x07b" + "c" * 90 + "/3.png": png()})
    )
    assert set(found.classes) == {"etc", "abs", "ab" + "c" * 58}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b"GIF89a", "cannot be read"),
        (archive({"a/1.png": png()})[:-30], "cannot be read"),
        (archive({}), "no class folders"),
        (archive({"a/readme.txt": b"hello"}), "no class folders"),
        (archive({"a/1.png": b"not a picture"}), "not an image"),
        (archive({"a/1.png": png()[:60]}), "not an image"),
        (archive({"a/1.png": png(6000, 5000)}), "at most 25 million"),
        (archive({f"a/{i}.png": b"0" for i in range(501)}), "at most 500"),
        (archive({f"a/{i}.png": b"0" * 1_900_000 for i in range(22)}), "at most 40 MB|40 MB together"),
        (archive({f"a/{i}.png": png(4000, 4000) for i in range(30)}), "400 million pixels"),
    ],
    ids=range(11),
)
def test_what_is_no_archive_of_pictures_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(MetalearnError, match=said):
        read_archive(content)


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    content = bytearray(archive({"a/1.png": b"0" * 1_000_000}))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")  # says ten bytes, unpacked
    with pytest.raises(MetalearnError):
        read_archive(bytes(content))


def test_an_archive_with_a_broken_stream_is_refused() -> None:
    content = bytearray(archive({"a/1.png": png()}))
    content[37:60] = b"\xff" * 23  # the deflated bytes begin here: 30 of the header, 7 of the name
    with pytest.raises(MetalearnError, match=r"a/1\.png in the archive cannot be read"):
        read_archive(bytes(content))


# --- tasks and the map -----------------------------------------------------------------------------------------------


def test_drawings_become_a_task() -> None:
    picture = np.full((28, 28), 255, np.uint8)
    task = task_from_images([[picture], [picture, picture // 5]], [picture])
    assert task.support_y.tolist() == [[0, 1, 1]]
    assert task.support_x.shape == (1, 3, 1, 28, 28)
    assert task.support_x[0, 2].unique().tolist() == pytest.approx([0.2])
    assert (task.query_x.shape[1], task.ways) == (1, 2)
    for classes in ([], [[picture]], [[picture], []]):
        with pytest.raises(MetalearnError, match="two classes or more"):
            task_from_images(classes, [])


def test_a_learner_recognises_what_was_drawn(omniglot: CharacterSet) -> None:
    chosen = split(omniglot, "lake").test[[0, 50, 100]]
    classes = [[omniglot.images[i, 0], omniglot.images[i, 1]] for i in chosen]
    task = task_from_images(classes, [omniglot.images[i, 5] for i in chosen])
    with torch.no_grad():
        answers = load_learner("prototypes", "lake").adapt(task).query_logits[-1, 0].argmax(-1)
    assert answers.tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["preinit", "step-sizes"])
def test_learners_that_take_steps_adapt_to_drawings(omniglot: CharacterSet, name: str) -> None:
    classes = [[omniglot.images[i, 0], omniglot.images[i, 1]] for i in (3, 700, 1400)]
    task = task_from_images(classes, [omniglot.images[i, 5] for i in (3, 700, 1400)])
    with torch.no_grad():
        logits = load_learner(name, "lake").adapt(task).query_logits[:, 0]
    assert len(logits) > 1
    assert (logits[-1].argmax(-1) == torch.arange(3)).sum() >= 2
    assert not torch.equal(logits[0], logits[-1])


def test_ones_own_copy_of_a_character_lands_beside_it(omniglot: CharacterSet) -> None:
    """Omniglot's drawings brought as one's own: the nearest task of all is the character's own."""
    sides, shown, embedder = split(omniglot, "lake"), load_map("gradient", "lake"), load_embedder("gradient", "lake")
    chosen = sides.test[[3, 200, 400]]
    embedded = embed_own_characters([list(omniglot.images[i]) for i in chosen], omniglot, sides.train, embedder)
    near = map_similarities(embedded, shown)
    assert near.argmax(1).tolist() == chosen.tolist()
    assert (near.max(1) > 0.99).all()
    limit = far_threshold(omniglot, sides.validation[:40], sides.train, 2, embedder, shown)
    few = embed_own_characters(
        [list(omniglot.images[i, :2]) for i in sides.validation[:40]], omniglot, sides.train, embedder
    )
    far = nearest_similarity(few, shown, sides.train) < limit
    assert 1 <= far.sum() <= 8
