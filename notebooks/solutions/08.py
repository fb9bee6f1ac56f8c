"""Solution of the checked exercise of notebook 08."""


def spotlight(scores, images):
    """Return images that are dimmed where a task does not look, [T, n, 1, H, H].

    scores [T, side * side], one for each place, row by row; images [T, n, 1, H, H]. Weights are a softmax of the
    scores. The place with a task's largest weight stays as it is, and the others are dimmed in proportion.
    """
    weights = scores.softmax(dim=1)
    shown = weights / weights.amax(dim=1, keepdim=True)
    side = round(scores.shape[1] ** 0.5)
    size = images.shape[-1] // side
    mask = shown.unflatten(1, (side, side)).repeat_interleave(size, dim=1).repeat_interleave(size, dim=2)
    return images * mask[:, None, None]
