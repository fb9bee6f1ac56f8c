"""Answers to the exercises of notebook 03, as students give them."""

import warnings

import torch
import torch.nn.functional as F

from tests.check.answers.registry import BARE, SOLUTIONS, right, wrong

# --- gradient embedding -----------------------------------------------------------------------------------------------


def _rows(backbone, base, batch, move=-0.5, steps=3, start=None, finish=F.normalize, detach=True, bias=True, **how):
    """The gradient rows, with one thing or another done wrong."""
    name = backbone.scales_and_shifts[how.get("layer", -1)]
    x, y, ways = how.get("x", batch.support_x), how.get("y", batch.support_y), batch.ways
    shift = base[name].expand(len(x), -1).contiguous().requires_grad_()
    z = backbone.features({**base, name: shift}, x)
    seen = z.detach() if detach else z
    weight = torch.zeros(len(x), ways, z.shape[2]) if start is None else start.expand(len(x), -1, -1)
    offset, total = torch.zeros(len(x), 1, ways), 0
    for k in range(steps + 1):
        loss = F.cross_entropy((z @ weight.mT + offset).flatten(0, 1), y.flatten(), reduction="sum") / y.shape[1]
        if k == steps or how.get("summed"):
            total = total + torch.autograd.grad(loss, shift, retain_graph=True)[0]
        error = ((seen @ weight.mT + offset).softmax(2) - F.one_hot(y, ways)) / (1 if how.get("sum") else y.shape[1])
        weight = weight + move * error.mT @ seen
        offset = offset + move * error.sum(1, keepdim=True) * bias
    return finish(total)


def _embedded(**how):
    return lambda backbone, base, batch: _rows(backbone, base, batch, **how)


wrong("gradient_embedding", "Let the head step first")(_embedded(steps=0, finish=lambda g: g))
wrong("gradient_embedding", "sign is reversed")(_embedded(finish=lambda g: -F.normalize(g)))
wrong("gradient_embedding", "up the loss")(_embedded(move=0.5))
wrong("gradient_embedding", "of size 1")(_embedded(move=-1.0))
wrong("gradient_embedding", "of size 0.1")(_embedded(move=-0.1))
wrong("gradient_embedding", "follows the sum over drawings")(_embedded(sum=True))
wrong("gradient_embedding", "do not have length one")(_embedded(finish=lambda g: g))
wrong("gradient_embedding", "add up to one")(_embedded(finish=lambda g: F.normalize(g, p=1)))
wrong("gradient_embedding", "the largest number of a row is one")(
    _embedded(finish=lambda g: F.normalize(g, p=torch.inf))
)
wrong("gradient_embedding", "their squared length")(_embedded(finish=lambda g: g / g.square().sum(1, keepdim=True)))
wrong("gradient_embedding", "the columns have length one")(_embedded(finish=lambda g: F.normalize(g, dim=0)))
wrong("gradient_embedding", "detach the features there")(_embedded(detach=False))
wrong("gradient_embedding", "the head has no bias")(_embedded(bias=False))
wrong("gradient_embedding", "took one step")(_embedded(steps=1))
wrong("gradient_embedding", "took two steps")(_embedded(steps=2))
wrong("gradient_embedding", "took four steps")(_embedded(steps=4))
wrong("gradient_embedding", "took five steps")(_embedded(steps=5))
wrong("gradient_embedding", "the notebook's own formula")(_embedded(summed=True))
wrong("gradient_embedding", "in the last scale")(_embedded(layer=-2))
wrong("gradient_embedding", "one number per channel")(_embedded(layer=1))
wrong("gradient_embedding", "from zero. Also: the head took two")(_embedded(bias=False, steps=2))
wrong("gradient_embedding", "3 times that")(_embedded(finish=lambda g: 3 * F.normalize(g)))


@wrong("gradient_embedding", "query set was used")
def _(backbone, base, batch):
    x, y = torch.cat([batch.support_x, batch.query_x], 1), torch.cat([batch.support_y, batch.query_y], 1)
    return _rows(backbone, base, batch, x=x, y=y)


@wrong("gradient_embedding", "order leaked in")
def _(backbone, base, batch):
    start = torch.randn(3, backbone.features_size, generator=torch.Generator().manual_seed(0))
    return _rows(backbone, base, batch, start=start)


@wrong("gradient_embedding", "gradient of its own loss")
def _(backbone, base, batch):
    rows = SOLUTIONS["gradient_embedding"](backbone, base, batch)
    return F.normalize(rows.mean(0, keepdim=True)).expand(len(rows), -1)


@wrong("gradient_embedding", "ask torch.autograd.grad")
def _(backbone, base, batch):
    name = backbone.scales_and_shifts[-1]
    shift = base[name].expand(len(batch), -1).contiguous().requires_grad_() * 1
    z = backbone.features({**base, name: shift}, batch.support_x)
    with warnings.catch_warnings(action="ignore"):
        (z.sum()).backward()
        return F.normalize(0.5 * shift.grad * shift)


right("gradient_embedding")(_embedded())
right("gradient_embedding")(_embedded(finish=lambda g: g / g.norm(dim=1, keepdim=True)))
right("gradient_embedding")(_embedded(finish=lambda g: F.normalize(7 * g).detach().numpy()))

# --- Fisher -----------------------------------------------------------------------------------------------------------


def _each(weight, z, y):
    return ((z @ weight.T).softmax(1) - F.one_hot(y, len(weight)))[:, :, None] * z[:, None]


def _fisher(reduce):
    return lambda weight, z, y: reduce(_each(weight, z, y))


@wrong("fisher", "square of the mean gradient")
def _(weight, z, y):
    weight.requires_grad_()
    return torch.autograd.grad(F.cross_entropy(z @ weight.T, y), weight)[0].square()


@wrong("fisher", "square of the summed gradient")
def _(weight, z, y):
    weight.requires_grad_()
    return torch.autograd.grad(F.cross_entropy(z @ weight.T, y, reduction="sum"), weight)[0].square()


wrong("fisher", "nothing is squared")(_fisher(lambda g: g.mean(0)))
wrong("fisher", "sum over drawings")(_fisher(lambda g: g.square().sum(0)))
wrong("fisher", "these are absolute values")(_fisher(lambda g: g.abs().mean(0)))
wrong("fisher", "a root was taken")(_fisher(lambda g: g.square().mean(0).sqrt()))
wrong("fisher", "this is the variance")(_fisher(lambda g: g.var(0)))
wrong("fisher", "this is the variance")(_fisher(lambda g: g.square().mean(0) - g.mean(0).square()))
wrong("fisher", "divided by n - 1")(_fisher(lambda g: g.square().sum(0) / (len(g) - 1)))
wrong("fisher", "drawings times features")(_fisher(lambda g: g.square().sum(0) / g[:, 0].numel()))
wrong("fisher", "average over the drawings")(_fisher(lambda g: g.square()))
wrong("fisher", "its class first")(_fisher(lambda g: g.square().mean(0).T))
wrong("fisher", "one number for each weight")(_fisher(lambda g: g.square().mean((0, 1))))
wrong("fisher", "the *true* Fisher")(
    lambda w, z, y: (((p := (z @ w.T).softmax(1)) * (1 - p))[:, :, None] * z[:, None].square()).mean(0)
)
wrong("fisher", "runs over the drawings")(
    lambda w, z, y: (((z @ w.T).softmax(0) - F.one_hot(y, 3))[:, :, None] * z[:, None]).square().mean(0)
)
wrong("fisher", "there is no softmax")(
    lambda w, z, y: ((z @ w.T - F.one_hot(y, 3))[:, :, None] * z[:, None]).square().mean(0)
)
wrong("fisher", "the labels are not used")(
    lambda w, z, y: ((z @ w.T).softmax(1)[:, :, None] * z[:, None]).square().mean(0)
)
wrong("fisher", "error times *feature*")(
    lambda w, z, y: ((z @ w.T).softmax(1) - F.one_hot(y, 3)).square().mean(0)[:, None].expand(3, 5)
)
wrong("fisher", "only the row of the right class")(
    lambda w, z, y: (F.one_hot(y, 3)[:, :, None] * _each(w, z, y)).square().mean(0)
)
wrong("fisher", BARE)(_fisher(lambda g: g.square().mean(0).log()))
right("fisher")(_fisher(lambda g: (g**2).mean(0).numpy()))


@right("fisher")
def _(weight, z, y):
    weight.requires_grad_()
    total = torch.zeros_like(weight)
    for features, label in zip(z, y, strict=True):
        (gradient,) = torch.autograd.grad(F.cross_entropy(weight @ features, label), weight)
        total += gradient**2 / len(z)
    return total


@right("fisher")
def _(weight, z, y):
    error = (z @ weight.T).softmax(1) - F.one_hot(y, len(weight))
    return (error**2).T @ z**2 / len(z)
