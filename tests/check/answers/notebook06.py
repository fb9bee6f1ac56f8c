"""Answers to the exercises of notebook 06, as students give them."""

import warnings

import torch
import torch.nn.functional as F

from tests.check.answers.registry import SOLUTIONS, right, wrong

# --- inner step -------------------------------------------------------------------------------------------------------


def _gradients(losses, parameters, **options):
    return dict(zip(parameters, torch.autograd.grad(losses, list(parameters.values()), **options), strict=True))


def _stepping(move, loss=torch.sum, **options):
    """A step to ``move(parameter, gradient, step_size)``, the gradient that of ``loss(losses)``."""

    def attempt(losses, parameters, step_size):
        gradients = _gradients(loss(losses), parameters, **{"create_graph": True, **options})
        return {name: move(p, gradients[name], step_size) for name, p in parameters.items()}

    return attempt


def _down(p, g, size):
    return p - size * g


wrong("inner_step", "goes up the loss")(_stepping(lambda p, g, s: p + s * g))
wrong("inner_step", "that of the mean over tasks")(_stepping(_down, torch.mean))
wrong("inner_step", "by the sum of their gradients")(_stepping(lambda p, g, s: p - s * g.sum(0)))
wrong("inner_step", "by the mean of their gradients")(_stepping(lambda p, g, s: p - s * g.mean(0)))
wrong("inner_step", "only the first task moves")(_stepping(_down, lambda losses: losses[0]))
wrong("inner_step", "only the last task moves")(_stepping(_down, lambda losses: losses[-1]))
wrong("inner_step", "only the hardest task")(_stepping(_down, torch.max))
wrong("inner_step", "multiplied by the loss")(_stepping(_down, lambda losses: losses.square().sum() / 2))
wrong("inner_step", "only the sign")(_stepping(lambda p, g, s: p - s * g.sign()))
wrong("inner_step", "brought to length one")(_stepping(lambda p, g, s: p - s * F.normalize(g)))
wrong("inner_step", "the change alone")(_stepping(lambda p, g, s: -s * g))
wrong("inner_step", "step_size is not used")(_stepping(lambda p, g, s: p - g))
wrong("inner_step", "divided by step_size")(_stepping(lambda p, g, s: p - g / s))
wrong("inner_step", "used twice")(_stepping(lambda p, g, s: p - s * s * g))
wrong("inner_step", "nothing has moved")(_stepping(lambda p, g, s: p))
wrong("inner_step", "also shrinks the parameters")(_stepping(lambda p, g, s: (1 - s) * p - s * g))
wrong("inner_step", "the graph is detached: no outer gradient")(
    _stepping(lambda p, g, s: p.detach() - s * g, create_graph=False)
)
wrong("inner_step", "detached from the start")(
    _stepping(lambda p, g, s: (p - s * g).detach().requires_grad_(), create_graph=False)
)
wrong("inner_step", "only their gradient keeps a graph")(_stepping(lambda p, g, s: p.detach() - s * g))
wrong("inner_step", "create_graph=True")(_stepping(_down, create_graph=False, retain_graph=True))
wrong("inner_step", "create_graph=True")(_stepping(lambda p, g, s: p - s * g.detach()))
wrong("inner_step", "take the sum of the losses first")(_stepping(_down, lambda losses: losses))
wrong("inner_step", "somewhere the graph was detached")(_stepping(_down, lambda losses: losses.detach().sum()))
wrong("inner_step", "it returns a list")(
    lambda losses, p, s: [v - s * g for v, g in zip(p.values(), _gradients(losses.sum(), p).values(), strict=True)]
)


@wrong("inner_step", "changed in place")
def _(losses, parameters, step_size):
    gradients = _gradients(losses.sum(), parameters)
    for name, p in parameters.items():
        p.data -= step_size * gradients[name]
    return parameters


@wrong("inner_step", "ask torch.autograd.grad")
def _(losses, parameters, step_size):
    losses.sum().backward(retain_graph=True)
    with warnings.catch_warnings(action="ignore"):
        return {name: p - step_size * p.grad for name, p in parameters.items()}


right("inner_step")(_stepping(lambda p, g, s: p.sub(g, alpha=s)))
right("inner_step")(_stepping(lambda p, g, s: p - s * len(p) * g, torch.mean))
right("inner_step")(_stepping(_down, lambda losses: torch.stack(list(losses)).sum()))


@right("inner_step")
def _(losses, parameters, step_size):
    total = {name: torch.zeros_like(p) for name, p in parameters.items()}
    for loss in losses:
        for name, g in _gradients(loss, parameters, create_graph=True).items():
            total[name] = total[name] + g
    return {name: p - step_size * total[name] for name, p in parameters.items()}


# --- meta-optimizer ---------------------------------------------------------------------------------------------------


def _laid(v, p):
    return v.view(-1, *[1] * (p.ndim - 1))


def _alfa(move, lay=_laid):
    """A step to ``move(p, g, size, decay)``, sizes and decays laid along the tasks."""

    def attempt(p, g, a, b):
        return {n: move(p[n], g[n], lay(a[n], p[n]), lay(b[n], p[n])) for n in p}

    return attempt


wrong("alfa_step", "goes up the loss")(_alfa(lambda p, g, a, b: (1 - b) * p + a * g))
wrong("alfa_step", "the gradient is not used")(_alfa(lambda p, g, a, b: (1 - b) * p + 0 * g))
wrong("alfa_step", "laid along the channels")(_alfa(lambda p, g, a, b: (1 - b) * p - a * g, lay=lambda v, p: v))
wrong("alfa_step", "is not used: the parameters should shrink")(_alfa(lambda p, g, a, b: p - a * g))
wrong("alfa_step", "parameters grow")(_alfa(lambda p, g, a, b: (1 + b) * p - a * g))
wrong("alfa_step", "not how much they keep")(_alfa(lambda p, g, a, b: b * p - a * g))
wrong("alfa_step", "the decay is coupled")(_alfa(lambda p, g, a, b: p - a * (g + b * p)))
wrong("alfa_step", "applied after the step")(_alfa(lambda p, g, a, b: (1 - b) * (p - a * g)))
wrong("alfa_step", "β was subtracted")(_alfa(lambda p, g, a, b: p - b - a * g))
wrong("alfa_step", "α and β are exchanged")(_alfa(lambda p, g, a, b: (1 - a) * p - b * g))
wrong("alfa_step", "averaged over tasks")(_alfa(lambda p, g, a, b: (1 - b.mean()) * p - a.mean() * g))
wrong("alfa_step", "α and β of the first")(_alfa(lambda p, g, a, b: (1 - b[0]) * p - a[0] * g))
wrong("alfa_step", "α is not used")(_alfa(lambda p, g, a, b: (1 - b) * p - g))
wrong("alfa_step", "the change alone")(_alfa(lambda p, g, a, b: -b * p - a * g))
wrong("alfa_step", "α and β of the scale")(
    lambda p, g, a, b: SOLUTIONS["alfa_step"](p, g, dict.fromkeys(p, a["scale"]), dict.fromkeys(p, b["scale"]))
)
wrong("alfa_step", "is expected")(
    lambda p, g, a, b: {n: (1 - b[n][:, None]) * p[n] - a[n][:, None] * g[n] for n in ["scale"]}
)
wrong("alfa_step", "PyTorch aligns the last dimensions")(
    _alfa(lambda p, g, a, b: (1 - b) * p - a * g, lay=lambda v, p: v[:3])
)
wrong("alfa_step", "Also: β makes the parameters grow")(_alfa(lambda p, g, a, b: (1 + b) * p + a * g))


@wrong("alfa_step", "changed in place")
def _(parameters, gradients, sizes, decays):
    for name, p in parameters.items():
        p *= 1 - _laid(decays[name], p)
        p -= _laid(sizes[name], p) * gradients[name]
    return parameters


right("alfa_step")(_alfa(lambda p, g, a, b: p - b * p - a * g))
right("alfa_step")(
    lambda p, g, a, b: {
        n: torch.stack([(1 - b[n][t]) * p[n][t] - a[n][t] * g[n][t] for t in range(len(p[n]))]) for n in p
    }
)
right("alfa_step")(
    lambda p, g, a, b: {
        n: p[n] - torch.einsum("t,t...->t...", b[n], p[n]) - torch.einsum("t,t...->t...", a[n], g[n]) for n in p
    }
)
