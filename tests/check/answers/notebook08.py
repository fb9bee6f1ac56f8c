"""Answers to the exercises of notebook 08, as students give them."""

import torch
import torch.nn.functional as F

from tests.check.answers.registry import right, wrong


def _spot(weigh=lambda s: s.softmax(1), divide=None, lay_out=None, use=None):
    """Build an answer to the exercise from its four parts, of which any may be another than usual."""
    divide = divide or (lambda w: w / w.amax(1, keepdim=True))
    lay_out = lay_out or (lambda g, n: g.repeat_interleave(n, 1).repeat_interleave(n, 2))
    use = use or (lambda x, m: x * m)

    def attempt(scores, images):
        shown = divide(weigh(scores))
        side = int(shown.shape[1] ** 0.5)
        return use(images, lay_out(shown.unflatten(1, (side, side)), images.shape[-1] // side)[:, None, None])

    return attempt


wrong("spotlight", "they would compete for a place")(_spot(lambda s: s.softmax(0)))
wrong("spotlight", "over tasks and places together")(
    _spot(lambda s: s.flatten().softmax(0).view_as(s), lambda w: w / w.max())
)
wrong("spotlight", "there is no softmax")(_spot(lambda s: s))
wrong("spotlight", "there is no softmax")(_spot(lambda s: s, lambda w: w))
wrong("spotlight", "a sigmoid is not a softmax")(_spot(torch.sigmoid, lambda w: w))
wrong("spotlight", "the choice is hard")(_spot(lambda s: F.one_hot(s.argmax(1), s.shape[1]).float()))
wrong("spotlight", "softmax, not log_softmax")(_spot(lambda s: s.log_softmax(1)))
wrong("spotlight", "the sign is reversed")(_spot(lambda s: (-s).softmax(1)))
wrong("spotlight", "even where it looks, the page would be dim")(_spot(divide=lambda w: w))
wrong("spotlight", "even where it looks, the page would be dim")(_spot(divide=lambda w: w / w.sum(1, keepdim=True)))
wrong("spotlight", "the largest of *all* tasks")(_spot(divide=lambda w: w / w.max()))
wrong("spotlight", "divided by their mean")(_spot(divide=lambda w: w / w.mean(1, keepdim=True)))
wrong("spotlight", "divided by the smallest")(_spot(divide=lambda w: w / w.amin(1, keepdim=True)))
wrong("spotlight", "the sum of their squares")(_spot(divide=lambda w: F.normalize(w, dim=1)))
wrong("spotlight", "the darkest place is black")(
    _spot(divide=lambda w: (w - w.amin(1, keepdim=True)) / (w.amax(1, keepdim=True) - w.amin(1, keepdim=True)))
)
wrong("spotlight", "rows and columns are the wrong way round")(
    _spot(lay_out=lambda g, n: g.mT.repeat_interleave(n, 1).repeat_interleave(n, 2))
)
wrong("spotlight", "repeated side by side")(_spot(lay_out=lambda g, n: g.repeat(1, n, n)))
wrong("spotlight", "became a strip")(
    _spot(lay_out=lambda g, n: g.flatten(1).repeat_interleave(n * n, 1).unflatten(1, (g.shape[1] * n, -1)))
)
wrong("spotlight", "left and right")(_spot(lay_out=lambda g, n: torch.kron(g.flip(2), torch.ones(1, n, n))))
wrong("spotlight", "above and below")(_spot(lay_out=lambda g, n: torch.kron(g.flip(1), torch.ones(1, n, n))))
wrong("spotlight", "enlarged smoothly")(
    _spot(lay_out=lambda g, n: F.interpolate(g[:, None], scale_factor=n, mode="bilinear")[:, 0])
)
wrong("spotlight", "this is the mask alone")(_spot(use=lambda x, m: m.expand_as(x)))
wrong("spotlight", "[2, 1, 1, 6, 6] where [2, 5, 1, 6, 6]")(_spot(use=lambda x, m: m))
wrong("spotlight", "the mask was added")(_spot(use=lambda x, m: x + m))
wrong("spotlight", "dark where the task looks")(_spot(use=lambda x, m: x * (1 - m)))
wrong("spotlight", "divided by the mask")(_spot(use=lambda x, m: x / m))
wrong("spotlight", "the mask twice")(_spot(use=lambda x, m: x * m * m))
wrong("spotlight", "the images as they were")(lambda s, x: x)
wrong("spotlight", "Also: rows and columns")(
    _spot(divide=lambda w: w, lay_out=lambda g, n: g.mT.repeat_interleave(n, 1).repeat_interleave(n, 2))
)
right("spotlight")(_spot(lambda s: (s - s.amax(1, keepdim=True)).exp(), lambda w: w))
right("spotlight")(_spot(lay_out=lambda g, n: F.interpolate(g[:, None], scale_factor=n)[:, 0]))
right("spotlight")(_spot(lay_out=lambda g, n: torch.kron(g, torch.ones(1, n, n))))
