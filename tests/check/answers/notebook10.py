"""Answers to the exercises of notebook 10, as students give them."""

import numpy as np
import torch
import torch.nn.functional as F

from tests.check.answers.registry import right, wrong


def _from_paper(grey):
    return np.abs(grey - np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))


def _squared(level, place=lambda side, size: (side - size) // 2, value=0.0, extra=0):
    side = max(level.shape) + extra
    square = np.full((side, side), value, np.float32)
    top, left = (place(side, size) for size in level.shape)
    square[top : top + level.shape[0], left : left + level.shape[1]] = level
    return square


def _shrunk(square):
    return F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(square))[None, None], 28)[0, 0].numpy()


def _full(small):
    return small / max(small.max(), 1e-9)


def _inked(strength=_from_paper, square=_squared, shrink=_shrunk, contrast=_full):
    return lambda grey: contrast(shrink(square(strength(grey.astype(np.float32)).astype(np.float32))))


def _nearest(square):
    return F.interpolate(torch.from_numpy(square)[None, None], (28, 28), mode="nearest")[0, 0].numpy()


def _cropped(level):
    rows, columns = np.flatnonzero((level > 30).any(1)), np.flatnonzero((level > 30).any(0))
    if not len(rows):
        return _squared(level)
    return _squared(level[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _blurred(square):
    return F.avg_pool2d(torch.from_numpy(_shrunk(square))[None], 5, 1, 2)[0].numpy()


def _centred(level):
    down, right = ((level.sum(axis) + 1e-9).cumsum() for axis in (1, 0))
    down, right = (int(np.searchsorted(ink, ink[-1] / 2)) for ink in (down, right))
    return np.roll(_squared(level), (max(level.shape) // 2 - down, max(level.shape) // 2 - right - 14), (0, 1))


wrong("ink", "expect ink between 0 and 1")(_inked(contrast=lambda x: 255 * _full(x)))
wrong("ink", "expect ink between 0 and 1")(_inked(contrast=lambda x: 2 * _full(x) - 1))
wrong("ink", "expect ink between 0 and 1")(_inked(contrast=lambda x: x))
wrong("ink", "the paper is high")(_inked(contrast=lambda x: 1 - _full(x)))
wrong("ink", "do not assume white paper")(_inked(strength=lambda grey: 255 - grey))
wrong("ink", "grey paper counts as faint ink")(
    _inked(strength=lambda grey: 255 - grey if np.median(grey[0]) > 127 else grey)
)
wrong("ink", "pad after the paper")(_inked(square=lambda level: _squared(level, value=255.0)))
wrong("ink", "pad the picture to a square")(_inked(square=lambda level: level))
wrong("ink", "the page was cropped")(_inked(square=_cropped))
wrong("ink", "pad only to the longer side")(_inked(square=lambda level: _squared(level, extra=max(level.shape))))
wrong("ink", "pad evenly")(_inked(square=lambda level: _squared(level, lambda side, size: 0)))
wrong("ink", "pad evenly")(_inked(square=lambda level: _squared(level, lambda side, size: side - size)))
wrong("ink", "do not centre the ink")(_inked(square=_centred))
wrong("ink", "the picture is transposed")(_inked(contrast=lambda x: _full(x).T))
wrong("ink", "upside down")(_inked(contrast=lambda x: _full(x)[::-1]))
wrong("ink", "a wide page comes out differently")(
    _inked(square=lambda level: _squared(level, lambda side, size: (side - size) // (2 if level.shape[0] == 84 else 9)))
)
wrong("ink", "the *median* of the border")(
    _inked(strength=lambda g: np.abs(g - np.mean(np.concatenate([g[0], g[-1], g[:, 0], g[:, -1]]))))
)
wrong("ink", "a thin line vanished")(_inked(shrink=_nearest))
wrong("ink", "divide by the largest ink *after*")(
    _inked(strength=lambda grey: (s := _from_paper(grey)) / max(s.max(), 1e-9), contrast=lambda x: x)
)
wrong("ink", "faint ink stays faint")(
    _inked(contrast=lambda x: _full(x) * (1 if x.max() < 30 or x.max() > 100 else x.max() / 255))
)
wrong("ink", "keep the shades")(_inked(contrast=lambda x: (_full(x) > 0.3).astype(float)))
wrong("ink", "keep the shades")(_inked(contrast=lambda x: (_full(x) > 0.6).astype(float)))
wrong("ink", "the square is blurred")(_inked(shrink=_blurred))
wrong("ink", "without a dimension for channels")(_inked(contrast=lambda x: _full(x)[None]))
wrong("ink", "is expected")(_inked(shrink=lambda square: square))
right("ink")(_inked(contrast=lambda x: torch.from_numpy(_full(x))))
right("ink")(_inked(strength=lambda grey: np.abs(grey - np.median(grey[0]))))
right("ink")(_inked(square=lambda level: _squared(level, lambda side, size: (side - size + 1) // 2)))


@right("ink")
def _(grey):
    from PIL import Image

    square = Image.fromarray(_squared(_from_paper(grey.astype(np.float32)).astype(np.float32)))
    return _full(np.clip(np.asarray(square.resize((28, 28), Image.Resampling.BOX)), 0, None))
