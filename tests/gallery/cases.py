"""The gallery: small collections as people bring them, how each is made, and what it must give.

Every collection has drawings of the built-in glyphs, a few of each of some classes. A :class:`Case` says how they are
saved, and either how many of the drawings that it has not been given a learner must name, or what must be said.
"""

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tests.gallery.pictures import (
    SIDE,
    coloured,
    on_a_page,
    on_nothing,
    photograph,
    saved,
    scan,
    sixteen_bits,
    turned,
)

CLASSES, EACH = 5, 4
ALMOST_ALL = 0.9  # of ten drawings, all but one

Drawings = dict[str, np.ndarray]  # of each class, uint8 [n, 28, 28], ink high
Encode = Callable[[np.ndarray, int], bytes]  # a drawing, and its number in all, as a file
Make = Callable[[Path, Drawings], Path]  # writes a collection into an empty folder, and says where it is


@dataclass(frozen=True)
class Case:
    """How a collection is made, and the accuracy that it must reach or what must be said of it.

    ``warning`` is said where it can be used all the same. ``classes`` and ``each``: how many drawings are there to be
    saved; ``read``: how many of them are to be read.
    """

    make: Make
    accuracy: float = ALMOST_ALL
    error: str = ""
    warning: str = ""
    classes: int = CLASSES
    each: int = EACH
    read: int = CLASSES * EACH


def files(drawings: Drawings, encode: Encode) -> Iterator[tuple[str, int, bytes]]:
    """Yield each drawing as class, number in its class, and file."""
    number = 0
    for name, images in drawings.items():
        for i, drawing in enumerate(images):
            yield name, i, encode(drawing, number)
            number += 1


def plain(drawing: np.ndarray, number: int) -> bytes:
    return saved(scan(drawing))


def kind(encode: Encode, suffix: str = ".png") -> Make:
    """Lay files out as class/number, all of one kind."""

    def make(root: Path, drawings: Drawings) -> Path:
        for name, i, content in files(drawings, encode):
            put(root / name / f"{i}{suffix}", content)
        return root

    return make


def layout(place: Callable[[str, int], str]) -> Make:
    """Lay plain scans out as ``place(class, number)`` says."""

    def make(root: Path, drawings: Drawings) -> Path:
        for name, i, content in files(drawings, plain):
            put(root / place(name, i), content)
        return root

    return make


def beside(**extra: bytes) -> Make:
    """Lay plain scans out as class/number, with other files among those of the first class."""

    def make(root: Path, drawings: Drawings) -> Path:
        kind(plain)(root, drawings)
        for name, content in extra.items():
            put(root / next(iter(drawings)) / name, content)
        return root

    return make


def nothing_but(name: str, content: bytes) -> Make:
    return lambda root, drawings: put(root / "class" / name, content).parents[1]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- those that take more than a line ---------------------------------------------------------------------------------


def table(*columns: str, alphabets: int = 1) -> Make:
    """Lay plain scans out in one folder without order; a CSV file says their classes."""

    def make(root: Path, drawings: Drawings) -> Path:
        rows, names = [",".join(columns)], list(drawings)
        for number, (name, _, content) in enumerate(files(drawings, plain)):
            put(root / "scans" / f"IMG_{number:04d}.png", content)
            of = {"file": f"scans/IMG_{number:04d}.png", "class": name, "alphabet": f"A{names.index(name) % alphabets}"}
            rows.append(",".join(of[column] for column in columns))
        put(root / "labels.csv", "\r\n".join(rows).encode("utf-8-sig"))
        return root

    return make


def links(root: Path, drawings: Drawings) -> Path:
    """Folders of links to files that lie elsewhere, and a link to a whole folder; and one that leads nowhere."""
    pool, mine = root / "pool", root / "mine"
    kind(plain)(pool, drawings)
    first, *others = drawings
    mine.mkdir()
    (mine / first).symlink_to(pool / first)
    for name in others:
        (mine / name).mkdir()
        for file in (pool / name).iterdir():
            (mine / name / file.name).symlink_to(file)
    (mine / others[0] / "gone.png").symlink_to(root / "nowhere.png")
    return mine


def archive(place: Callable[[str, int], str], *junk: str) -> Make:
    """Return a zip archive of plain scans."""

    def make(root: Path, drawings: Drawings) -> Path:
        with zipfile.ZipFile(root / "mine.zip", "w") as packed:
            for name, i, content in files(drawings, plain):
                packed.writestr(place(name, i), content)
            for name in junk:
                packed.writestr(name, b"\0\5\x16\7")
        return root / "mine.zip"

    return make


def uneven(root: Path, drawings: Drawings) -> Path:
    """From two drawings in the first class to as many as there are in the last."""
    fewer = {name: images[: 2 + i % (EACH - 1)] for i, (name, images) in enumerate(drawings.items())}
    return kind(plain)(root, fewer)


def half_an_archive(root: Path, drawings: Drawings) -> Path:
    whole = archive(by_class)(root, drawings)
    whole.write_bytes(whole.read_bytes()[:5000])
    return whole


def by_class(name: str, i: int) -> str:
    return f"{name}/{i}.png"


def at_random(drawing: np.ndarray, number: int) -> bytes:
    """A small drawing anywhere on its page."""
    rng = np.random.default_rng(number)
    return saved(on_a_page(drawing, rng.uniform(0.3, 0.8), tuple(rng.random(2))))


def every_kind(drawing: np.ndarray, number: int) -> bytes:
    """Whatever came out of whatever was at hand."""
    grey = scan(drawing)
    ways: list[Callable[[], bytes]] = [
        lambda: saved(photograph(grey, light=0.5), "JPEG"),
        lambda: saved(ImageOps.invert(grey)),
        lambda: saved(on_nothing(grey, (255, 255, 255))),
        lambda: saved(sixteen_bits(grey, 4095)),
        lambda: saved(photograph(scan(drawing, (200, 200)), rules=9), "JPEG"),
    ]
    return ways[number % len(ways)]()


def mixed_polarity(drawing: np.ndarray, number: int) -> bytes:
    return saved(ImageOps.invert(scan(drawing)) if number % 2 else scan(drawing))


def megapixels(width: int, height: int) -> Encode:
    """Return photographs of which the first is large, as telephones take them."""
    return lambda drawing, number: saved(
        scan(drawing, (width, height) if number == 0 else (SIDE, SIDE)).convert("RGB"), "JPEG"
    )


BLANK = saved(Image.new("L", (SIDE, SIDE), 255))
NOT_AN_IMAGE = b"not an image at all"

FILES: dict[str, Case] = {
    "scans": Case(kind(plain)),
    "JPEG": Case(kind(lambda d, n: saved(scan(d), "JPEG"), ".jpg")),
    "JPEGs of a turned camera": Case(kind(lambda d, n: turned(photograph(scan(d)), 1 + n % 8), ".jpg")),
    "16-bit grey": Case(kind(lambda d, n: saved(sixteen_bits(scan(d))))),
    "12 of 16 bits, TIFF": Case(kind(lambda d, n: saved(sixteen_bits(scan(d), 4095), "TIFF"), ".tif")),
    "black ink on nothing": Case(kind(lambda d, n: saved(on_nothing(scan(d), (0, 0, 0))))),
    "white ink on nothing": Case(kind(lambda d, n: saved(on_nothing(scan(d), (255, 255, 255))))),
    "grey with transparency": Case(kind(lambda d, n: saved(on_nothing(scan(d), (0, 0, 0)).convert("LA")))),
    "palette": Case(kind(lambda d, n: saved(coloured(scan(d), "navy", "ivory").quantize(16)))),
    "GIF": Case(kind(lambda d, n: saved(scan(d), "GIF"), ".gif")),
    "one bit, BMP": Case(kind(lambda d, n: saved(scan(d).convert("1"), "BMP"), ".bmp")),
    "CMYK": Case(kind(lambda d, n: saved(scan(d).convert("RGB").convert("CMYK"), "JPEG"), ".jpg")),
    "CMYK, TIFF": Case(kind(lambda d, n: saved(scan(d).convert("RGB").convert("CMYK"), "TIFF"), ".TIFF")),
    "WebP": Case(kind(lambda d, n: saved(scan(d), "WEBP"), ".webp")),
    "JPEGs named as Windows names them": Case(kind(lambda d, n: saved(scan(d), "JPEG"), ".jfif")),
    "JPEGs called .png": Case(kind(lambda d, n: saved(scan(d), "JPEG"))),
    "endings in capitals": Case(kind(lambda d, n: saved(scan(d), "JPEG"), ".JPG")),
}

PAGES: dict[str, Case] = {
    "chalk on a board": Case(kind(lambda d, n: saved(ImageOps.invert(photograph(scan(d)).convert("L"))))),
    "both polarities in a class": Case(kind(mixed_polarity)),
    "red ink on yellow paper": Case(kind(lambda d, n: saved(coloured(scan(d), "firebrick", "khaki")))),
    "light from one side": Case(kind(lambda d, n: saved(photograph(scan(d), light=0.6), "JPEG"), ".jpg")),
    "ruled paper": Case(kind(lambda d, n: saved(photograph(scan(d, (200, 200)), rules=9), "JPEG"), ".jpg")),
    "squared paper": Case(kind(lambda d, n: saved(photograph(scan(d, (200, 200)), rules=9, squares=True)))),
    "a noisy camera": Case(kind(lambda d, n: saved(photograph(scan(d), noise=12), "JPEG"), ".jpg")),
    "small, anywhere on the page": Case(kind(at_random)),
    "wide and tall images": Case(kind(lambda d, n: saved(scan(d, (200, 80) if n % 2 else (80, 200))))),
    "as small as the learner's own": Case(kind(lambda d, n: saved(scan(d, (28, 28))))),
    "every kind in one class": Case(kind(every_kind)),
    "25 megapixels": Case(kind(megapixels(5776, 4336), ".jpg"), classes=2, each=2, read=4),
}

LAYOUTS: dict[str, Case] = {
    "alphabet/class": Case(layout(lambda name, i: f"{'Ash' if name < 'sign4' else 'Birch'}/{name}/{i}.png")),
    "deep folders": Case(layout(lambda name, i: f"home/ann/2024/{name}/{i}.png")),
    "train, val and test": Case(layout(lambda name, i: f"{('train', 'val', 'test')[i % 3]}/{name}/{i}.png")),
    "classes that are in train or in test": Case(
        layout(lambda name, i: f"{'train' if name < 'sign4' else 'test'}/{name}/{i}.png")
    ),
    "names carry the class": Case(layout(lambda name, i: f"{name}_{i}.png")),
    "names as copies have them": Case(layout(lambda name, i: f"{name} ({i + 1}).png")),
    "a table": Case(table("file", "class")),
    "a table with alphabets": Case(table("class", "alphabet", "file", alphabets=2)),
    "letters of all scripts, and spaces": Case(layout(lambda name, i: f"字 é {name}/{i} ä.png")),
    "zip": Case(archive(by_class)),
    "zip of a folder, made on a Mac": Case(
        archive(lambda name, i: f"my photos/{by_class(name, i)}", "__MACOSX/my photos/._sign1", "__MACOSX/a/._0.png")
    ),
    "zip, made on Windows": Case(archive(lambda name, i: f"{name}\\{i}.png")),
}
if os.name != "nt":  # where links need rights
    LAYOUTS["links"] = Case(links, warning="gone.png cannot be read")

SIZES: dict[str, Case] = {
    "two classes of two": Case(kind(plain), 1.0, classes=2, each=2, read=4),
    "uneven classes": Case(uneven, read=2 + 3 + 4 + 2 + 3),
    "one class": Case(kind(plain), classes=1, error="two classes"),
    "one drawing of each class": Case(kind(plain), each=1, error="there is no drawing to be named"),
}

MISHAPS: dict[str, Case] = {
    "what systems leave behind": Case(
        beside(**{"._0.png": NOT_AN_IMAGE, ".DS_Store": b"", "Thumbs.db": b"", ".ipynb_checkpoints/0.png": BLANK})
    ),
    "notes among the images": Case(beside(**{"notes.txt": b"a note", "index.html": b"<p>"})),
    "a blank one": Case(beside(**{"blank.png": BLANK}), warning="sign1/blank.png is blank, or nearly so"),
    "a black one": Case(
        beside(**{"black.png": saved(Image.new("L", (SIDE, SIDE)))}), warning="sign1/black.png is blank, or nearly so"
    ),
    "a damaged one": Case(
        beside(**{"cut.jpg": saved(scan(np.eye(28, dtype=np.uint8)), "JPEG")[:300]}),
        warning="sign1/cut.jpg is not an image",
    ),
    "an empty file": Case(beside(**{"empty.png": b""}), warning="sign1/empty.png is not an image that can be read"),
    "a text called .png": Case(beside(**{"text.png": NOT_AN_IMAGE}), warning="sign1/text.png is not an image"),
    "a raw photograph": Case(beside(**{"raw.heic": b"\0"}), warning="sign1/raw.heic is an image of a kind that is not"),
    "too large a one": Case(
        beside(**{"poster.png": saved(Image.new("1", (6000, 4400)))}),
        warning="sign1/poster.png is too large: at most 25 million pixels are read",
    ),
    "an image beside the folders": Case(
        lambda root, d: put(kind(plain)(root, d) / "all.png", BLANK).parent, warning="all.png belongs to no class"
    ),
    "nothing": Case(lambda root, d: root, error="holds no class folders with images"),
    "nothing that is there": Case(lambda root, d: root / "gone", error="gone is not a folder, nor a zip archive"),
    "nothing but blank ones": Case(
        nothing_but("0.png", BLANK), error="holds no image that can be used: class/0.png is blank"
    ),
    "nothing but damaged ones": Case(
        nothing_but("0.png", NOT_AN_IMAGE), error="no image that can be used: class/0.png is not an image"
    ),
    "nothing but what is not read": Case(
        nothing_but("0.HEIC", b"\0"), error="class/0.HEIC is an image of a kind that is not read; save it as PNG"
    ),
    "half a zip": Case(half_an_archive, error="mine.zip cannot be read"),
}

GALLERY = FILES | PAGES | LAYOUTS | SIZES | MISHAPS
