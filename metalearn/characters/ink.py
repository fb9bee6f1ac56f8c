"""Find the ink in an image, whatever the paper's colour, and make it a drawing of 28 x 28 pixels."""

import numpy as np

from metalearn.characters.images import area_weights

FAINTEST = 0.1  # of the strongest ink; what is fainter is paper
LOWEST_CONTRAST = 8  # levels of 255; where even the strongest differs by less, people see nothing
SPECK_INK, SPECK_SIDE = 1.5, 4  # pixels of the drawing. The smallest that Omniglot's drawers drew, a dot, has 1.8.


def normalise_image(image: np.ndarray) -> np.ndarray:
    """Turn an image, uint8 ``[height, width]`` or ``[height, width, channels]``, into ink, uint8 ``[28, 28]``.

    The image may have any size, and ink of any colour on a ground of any other: the ground is what most of the border
    shows. The image is padded to a square, and its contrast stretched. A blank image, and one with no more than a speck
    on it, gives zeros.
    """
    ink = find_ink(image)
    height, width = ink.shape
    side = max(height, width)
    weights = area_weights(side)
    top, left = (side - height) // 2, (side - width) // 2
    small = weights[:, top : top + height] @ ink @ weights[:, left : left + width].T
    if _is_speck(small):
        return np.zeros(small.shape, np.uint8)
    return np.round(small * (255 / small.max())).astype(np.uint8)


def _is_speck(small: np.ndarray) -> bool:
    rows, columns = np.nonzero(small > 0.3 * small.max())
    return bool(small.sum() < SPECK_INK and (len(rows) == 0 or max(np.ptp(rows), np.ptp(columns)) < SPECK_SIDE))


def find_ink(image: np.ndarray) -> np.ndarray:
    """Return how far each pixel is from the colour of the ground, float32 ``[height, width]`` in [0, 1]."""
    levels = image.reshape(*image.shape[:2], -1).astype(np.float32)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    ink = np.abs(levels - np.median(border, axis=0)).max(-1)
    strongest = float(ink.max())
    if strongest < LOWEST_CONTRAST:
        return np.zeros_like(ink)
    ink[ink < FAINTEST * strongest] = 0
    return ink / strongest
