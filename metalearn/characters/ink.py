"""Find the ink in an image, whatever the paper and the light on it, and make it a drawing of 28 x 28 pixels.

Ink is what differs from the paper. On a scan or a drawn image the paper is what most of the border shows. A photograph
has light and shadow on it: there the paper is what most of the *neighbourhood* shows. The lines of ruled paper are
fainter than ink and cross the whole image; they are taken away.
"""

import numpy as np
from PIL import Image, ImageFilter

from metalearn.characters.images import area_weights

FAINTEST = 0.1  # of the strongest ink; what is fainter is paper
NOISE = 8  # what differs from the paper by less than this many times its noise is paper
LOWEST_CONTRAST = 8  # levels of 255; where even the strongest differs by less, people see nothing
EVEN_SHARE = 0.7  # of the border has one colour where the light is even
FILL, SMALLEST = 0.65, 0.05  # of the frame: how large drawings become; of the image: what is smaller grows no more
STRONG, STRAY = 0.4, 0.005  # of the strongest ink, what shows where the drawing is; of that, what may lie outside
SCATTERED_INK = 1.0  # pixels, where the whole image has 28 x 28
SPECK_INK, SPECK_SIDE = 1.5, 4  # so too. The smallest that Omniglot's drawers drew, a dot, has 1.8.

# For uneven light: the paper is the median over a neighbourhood of 25 x 25 of 56 x 56 places.
PLACES, NEIGHBOURHOOD = 56, 25

# For ruled paper
SLOPES = np.linspace(-0.07, 0.07, 29)  # up to four degrees
GAPS = 0.2  # of a line that may be missing
LONGEST_PAGE = 4  # times as long as it is wide
RULED_SIDE = 112  # the lines are looked for in an image of this size
STRONGEST_RULE = 0.75  # of the strongest ink; what crosses the image and is stronger was drawn,
MANY_RULES = 5  # unless there are as many of it as nobody draws
RESIDUE = 0.5  # of a line's strength may be left of it


def normalise_image(image: np.ndarray) -> np.ndarray:
    """Turn an image, uint8 ``[height, width]`` or ``[height, width, channels]``, into ink, uint8 ``[28, 28]``.

    The image may have any size, and ink of any colour on a ground of any other, in even or uneven light, on plain or
    ruled paper. The drawing may lie anywhere in it, and be large or small: it is centred, and as large as Omniglot's.
    Its contrast is stretched. A blank image, and one with no more than a speck on it, gives zeros.
    """
    ink = find_ink(image)
    height, width = ink.shape
    side = max(height, width)
    whole = _in_square(ink, height / 2, width / 2, side)
    if whole.sum() < SCATTERED_INK or _is_speck(whole):
        return np.zeros(whole.shape, np.uint8)
    strong = np.where(ink >= STRONG, ink, 0)
    (top, bottom), (left, right) = _extent(strong.sum(1)), _extent(strong.sum(0))
    frame = max(bottom - top, right - left, SMALLEST * side) / FILL
    small = _in_square(ink, (top + bottom) / 2, (left + right) / 2, frame)
    return np.round(small * (255 / small.max())).astype(np.uint8)


def _in_square(ink: np.ndarray, y: float, x: float, side: float) -> np.ndarray:
    """Return a square of an image, around a point, on a grid of 28 x 28."""
    height, width = ink.shape
    return area_weights(height, y - side / 2, side) @ ink @ area_weights(width, x - side / 2, side).T


def _extent(ink: np.ndarray) -> np.ndarray:
    """Return from where to where the rows, or columns, of a drawing have ink but for the outermost little of it."""
    share = np.concatenate([[0], np.cumsum(ink) / ink.sum()])
    return np.interp([STRAY, 1 - STRAY], share, np.arange(len(share)))


def _is_speck(small: np.ndarray) -> bool:
    rows, columns = np.nonzero(small > 0.3 * small.max())
    return bool(small.sum() < SPECK_INK and (len(rows) == 0 or max(np.ptp(rows), np.ptp(columns)) < SPECK_SIDE))


def find_ink(image: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the colour of the paper, float32 ``[height, width]`` in [0, 1]."""
    levels = image.reshape(*image.shape[:2], -1).astype(np.float32)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    paper = np.median(border, axis=0)
    ink, off_paper = np.abs(levels - paper).max(-1), np.abs(border - paper).max(-1)
    noise: float | np.ndarray = float(np.median(off_paper))
    if (off_paper <= FAINTEST * ink.max()).mean() < EVEN_SHARE:
        ink, noise = _ink_in_uneven_light(levels)
    ink = without_rules(ink)
    ink[ink < np.maximum(NOISE * noise, max(LOWEST_CONTRAST, FAINTEST * float(ink.max())))] = 0
    return ink / max(float(ink.max()), 1e-9)


def _ink_in_uneven_light(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each pixel is from the paper around it, as if all were equally light; and its share of noise."""
    height, width, _ = levels.shape
    paper = np.empty_like(levels)
    for i, channel in enumerate(np.moveaxis(levels, -1, 0)):
        coarse = Image.fromarray(np.round(channel).astype(np.uint8)).resize((PLACES, PLACES), Image.Resampling.BOX)
        smooth = coarse.filter(ImageFilter.MedianFilter(NEIGHBOURHOOD))
        paper[:, :, i] = smooth.resize((width, height), Image.Resampling.BICUBIC)
    off_paper = levels - paper
    # Light multiplies: in half the light, ink on white paper differs from it by half as much. Noise does not.
    brighten = 255 / np.maximum(np.maximum(paper, 255 - paper), 1)
    # Where rules are dense, half of the page may be off the paper's colour; but neighbours are alike even there.
    steps = np.abs(np.diff(levels, axis=0 if height > width else 1)).max(-1)
    noise = min(float(np.median(np.abs(off_paper).max(-1))), 2 * float(np.median(steps))) * brighten.max(-1)
    off_paper *= brighten
    darker, lighter = np.maximum(-off_paper, 0).max(-1), np.maximum(off_paper, 0).max(-1)
    # Glare, and the far side of a shadow's edge, differ to the other side than ink does.
    return (darker if np.square(darker).sum() >= np.square(lighter).sum() else lighter), noise


def without_rules(ink: np.ndarray) -> np.ndarray:
    """Return ink, float32 ``[height, width]``, without the lines of ruled or squared paper."""
    if max(ink.shape) > LONGEST_PAGE * min(ink.shape):
        return ink
    strongest = float(ink.max())
    for turned in (False, True):
        side = ink.T if turned else ink
        lines = _lines_across(side)
        edges = np.diff(lines[:, lines.shape[1] // 2] > 0).sum()  # two per line
        if lines.max() > 0 and (edges >= 2 * MANY_RULES or lines.max() <= STRONGEST_RULE * strongest):
            left = np.where(side - lines < RESIDUE * lines.max(), 0, side)  # a pen's ink hides the line below it
            ink = left.T if turned else left
    return ink


def _lines_across(ink: np.ndarray) -> np.ndarray:
    """Return what crosses an image from its left to its right side, all at one slope, float32 ``[height, width]``."""
    height, width = ink.shape
    coarse = ink
    if max(ink.shape) > RULED_SIDE:
        size = (max(1, width * RULED_SIDE // max(ink.shape)), max(1, height * RULED_SIDE // max(ink.shape)))
        coarse = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    weakest = FAINTEST * float(coarse.max())
    if (coarse > weakest).any(axis=0).mean() < 1 - GAPS:  # the usual case, and soon found: nothing crosses the image
        return np.zeros_like(ink)
    # A line may be in the image on one side only, and be above or below it in the middle.
    margin = int(np.ceil(SLOPES[-1] * width / 2))
    padded = np.pad(ink, ((margin, margin), (0, 0)), constant_values=np.inf)
    slope = max(SLOPES, key=lambda slope: (_along(coarse, slope, GAPS, weakest).sum(), -abs(slope)))
    lines = np.where(_along(padded, slope, GAPS, FAINTEST * float(ink.max())) > 0, _along(padded, slope, 0.75, 0), 0)
    lines = np.max(np.lib.stride_tricks.sliding_window_view(np.pad(lines, 2), 5), axis=1)  # and their soft edges
    return _sheared(np.repeat(lines[:, None], width, axis=1), -slope, 0)[margin : margin + height]


def _along(ink: np.ndarray, slope: float, share: float, weakest: float) -> np.ndarray:
    """Return the ink that all but ``share`` of each line of this slope exceeds, ``[height]``; the weakest is 0.

    The paper's own level, which is noise, is taken off. A line counts if a quarter of it is in the image.
    """
    straight = np.sort(_sheared(ink, slope, np.inf), axis=1)
    inside = np.isfinite(straight).sum(1)
    level = np.take_along_axis(straight, (share * (inside - 1)).astype(int)[:, None], axis=1)[:, 0]
    level = np.where(4 * inside > ink.shape[1], level, 0)
    level = level - np.median(level)
    return np.where(level > weakest, level, 0)


def _sheared(image: np.ndarray, slope: float, outside: float) -> np.ndarray:
    """Return an image whose columns are moved up, so that lines of this slope become level."""
    height, width = image.shape
    columns = np.arange(width)
    rows = np.arange(height)[:, None] + np.round(slope * (columns - width / 2)).astype(int)
    is_inside = (rows >= 0) & (rows < height)
    return np.where(is_inside, image[np.clip(rows, 0, height - 1), columns], np.float32(outside))
