"""Answers to the exercises of notebook 02, as students give them."""

import torch
import torch.nn.functional as F

from tests.check.answers.registry import BARE, right, wrong


def _means(support, labels, reduce=lambda z: z.mean(0)):
    return torch.stack([reduce(support[labels == c]) for c in range(3)])


def _by_prototypes(distance=lambda q, p: torch.cdist(q, p).square(), finish=torch.neg, **how):
    return lambda support, labels, queries: finish(distance(queries, _means(support, labels, **how)))


wrong("prototype_logits", "the sign is missing")(_by_prototypes(finish=lambda d: d))
wrong("prototype_logits", "the root is still there")(_by_prototypes(torch.cdist))
wrong("prototype_logits", "a distance is their sum")(_by_prototypes(lambda q, p: (q[:, None] - p).square().mean(2)))
wrong("prototype_logits", "square the differences")(_by_prototypes(lambda q, p: torch.cdist(q, p, p=1)))
wrong("prototype_logits", "these are inner products")(_by_prototypes(lambda q, p: -q @ p.T))
wrong("prototype_logits", "these are cosines")(
    _by_prototypes(lambda q, p: -torch.cosine_similarity(q[:, None], p[None], dim=2))
)
wrong("prototype_logits", "the prototypes are sums")(_by_prototypes(reduce=lambda z: z.sum(0)))
wrong("prototype_logits", "only the first drawing")(_by_prototypes(reduce=lambda z: z[0]))
wrong("prototype_logits", "the prototypes are medians")(_by_prototypes(reduce=lambda z: z.median(0).values))
wrong("prototype_logits", "logits come before the softmax")(_by_prototypes(finish=lambda d: (-d).softmax(1)))
wrong("prototype_logits", "these are log-probabilities")(_by_prototypes(finish=lambda d: (-d).log_softmax(1)))
wrong("prototype_logits", "class by class: pick them")(
    lambda s, y, q: -torch.cdist(q, s.unflatten(0, (3, -1)).mean(1)).square()
)
wrong("prototype_logits", "a nearest neighbour")(
    lambda s, y, q: -torch.stack([torch.cdist(q, s[y == c]).square().amin(1) for c in range(3)], 1)
)
wrong("prototype_logits", "one row per query, one column per class")(
    lambda s, y, q: -torch.cdist(_means(s, y), q).square()
)
wrong("prototype_logits", "one row per query")(lambda s, y, q: torch.cdist(q, _means(s, y)).argmin(1))
wrong("prototype_logits", "Also: the prototypes are sums")(_by_prototypes(torch.cdist, reduce=lambda z: z.sum(0)))
wrong("prototype_logits", "0.5 times")(_by_prototypes(finish=lambda d: -d / 2))
wrong("prototype_logits", BARE)(_by_prototypes(finish=lambda d: 1 / (1 + d)))
right("prototype_logits")(_by_prototypes(lambda q, p: (q[:, None] - p).square().sum(2)))
right("prototype_logits")(_by_prototypes(lambda q, p: (q**2).sum(1)[:, None] + (p**2).sum(1) - 2 * q @ p.T))
right("prototype_logits")(_by_prototypes(finish=lambda d: (-d).detach().numpy()))


@right("prototype_logits")
def _(support, labels, queries):
    one_hot = F.one_hot(labels).to(support)
    prototypes = one_hot.T @ support / one_hot.sum(0)[:, None]
    return -torch.stack([((query - prototypes) ** 2).sum(1) for query in queries])


def _reptile(move):
    return lambda start, ends, rate: {name: move(p, ends[name], rate) for name, p in start.items()}


wrong("reptile_step", "away from where the tasks ended")(_reptile(lambda p, e, r: p - r * (e.mean(0) - p)))
wrong("reptile_step", "it goes all the way")(_reptile(lambda p, e, r: e.mean(0)))
wrong("reptile_step", "the moves of the tasks were added up")(_reptile(lambda p, e, r: p + r * (e - p).sum(0)))
wrong("reptile_step", "only the first task")(_reptile(lambda p, e, r: p + r * (e[0] - p)))
wrong("reptile_step", "only the last task")(_reptile(lambda p, e, r: p + r * (e[-1] - p)))
wrong("reptile_step", "this is the median")(_reptile(lambda p, e, r: p + r * (e - p).median(0).values))
wrong("reptile_step", "the move alone")(_reptile(lambda p, e, r: r * (e.mean(0) - p)))
wrong("reptile_step", "two parts are exchanged")(_reptile(lambda p, e, r: r * p + (1 - r) * e.mean(0)))
wrong("reptile_step", "divided by the number of tasks once more")(
    _reptile(lambda p, e, r: p + r * (e - p).mean(0) / len(e))
)
wrong("reptile_step", "nothing has moved")(lambda start, ends, rate: dict(start))
wrong("reptile_step", "the difference of end and start")(_reptile(lambda p, e, r: p + r * e.mean(0)))
wrong("reptile_step", "the move is their difference")(_reptile(lambda p, e, r: p + r * (e.mean(0) + p)))
wrong("reptile_step", "no task dimension")(_reptile(lambda p, e, r: p + r * (e - p)))
wrong("reptile_step", BARE)(_reptile(lambda p, e, r: p + r * (e.mean() - p)))


@wrong("reptile_step", "changed in place")
def _(start, ends, rate):
    for name, p in start.items():
        p += rate * (ends[name].mean(0) - p)
    return start


right("reptile_step")(_reptile(lambda p, e, r: (1 - r) * p + r * e.mean(0)))
right("reptile_step")(_reptile(lambda p, e, r: torch.lerp(p, e.mean(0), r)))
right("reptile_step")(_reptile(lambda p, e, r: p - r * torch.stack([p - end for end in e]).mean(0)))
