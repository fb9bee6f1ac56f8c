"""Solution of the checked exercise of notebook 10."""

import numpy as np
import torch


def ink(grey):
    """Turn a grey image, uint8 [height, width], into ink in [0, 1], [28, 28], on an empty ground.

    Any size and polarity; proportions are kept, and the strongest ink is 1.
    """
    level = grey.astype(np.float32)
    border = np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]])
    strength = np.abs(level - np.median(border))
    height, width = strength.shape
    side = max(height, width)
    square = np.zeros((1, 1, side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[0, 0, top : top + height, left : left + width] = strength
    small = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(square), 28)[0, 0].numpy()
    return small / max(small.max(), 1e-9)
