"""Solution of the checked exercise of notebook 01."""

import numpy as np


def draw_task(images, ways, shots, queries, rng):
    """Draw one task from uint8 images [characters, drawings, 28, 28]; every random number comes from rng.

    Return support_x [ways*shots, 28, 28] and support_y [ways*shots], then the same for the queries.
    """
    chosen = rng.choice(len(images), ways, replace=False)
    drawings = np.stack([rng.choice(images.shape[1], shots + queries, replace=False) for _ in chosen])
    drawn = images[chosen[:, None], drawings]  # [ways, shots + queries, 28, 28]
    y = np.arange(ways)
    support_x, query_x = (part.reshape(-1, 28, 28) for part in (drawn[:, :shots], drawn[:, shots:]))
    return support_x, y.repeat(shots), query_x, y.repeat(queries)
