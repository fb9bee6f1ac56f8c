"""Answers to the exercises of notebook 04, as students give them."""

import numpy as np
import torch
import torch.nn.functional as F

from tests.check.answers.registry import right, wrong


def _change(before, after, head=lambda rows: rows.square().mean(1), body=lambda part: part):
    parts = [body(after[name] - before[name]) for name in ("scale", "shift")]
    return torch.cat([*parts, head(after["head_weight"] - before["head_weight"])], dim=1)


def _head(head):
    return lambda before, after: _change(before, after, head)


wrong("adaptation_embedding", "its rows follow the classes")(_head(lambda h: h.flatten(1)))
wrong("adaptation_embedding", "head's rows leaked in")(_head(lambda h: h[:, 0].square()))
wrong("adaptation_embedding", "nearly cancels")(_head(lambda h: h.mean(1)))
wrong("adaptation_embedding", "averaged before it is squared")(_head(lambda h: h.mean(1).square()))
wrong("adaptation_embedding", "squares are added up")(_head(lambda h: h.square().sum(1)))
wrong("adaptation_embedding", "mean absolute changes")(_head(lambda h: h.abs().mean(1)))
wrong("adaptation_embedding", "a root was taken")(_head(lambda h: h.square().mean(1).sqrt()))
wrong("adaptation_embedding", "the head's variance")(_head(lambda h: h.var(1)))
wrong("adaptation_embedding", "the head's variance")(_head(lambda h: h.var(1, correction=0)))
wrong("adaptation_embedding", "standard deviation")(_head(lambda h: h.std(1)))
wrong("adaptation_embedding", "the class that changed most")(_head(lambda h: h.square().amax(1)))
wrong("adaptation_embedding", "one number per feature")(_head(lambda h: h.square().mean(2)))
wrong("adaptation_embedding", "after minus before")(lambda b, a: _change(a, b))
wrong("adaptation_embedding", "scale and shift are squared")(lambda b, a: _change(b, a, body=torch.square))
wrong("adaptation_embedding", "lost their sign")(lambda b, a: _change(b, a, body=torch.abs))
wrong("adaptation_embedding", "embed the difference")(
    lambda b, a: _change({n: torch.zeros_like(p) for n, p in b.items()}, a)
)
wrong("adaptation_embedding", "scale comes first")(
    lambda b, a: _change(
        {**b, "scale": b["shift"], "shift": b["scale"]}, {**a, "scale": a["shift"], "shift": a["scale"]}
    )
)
wrong("adaptation_embedding", "another order")(lambda b, a: (e := _change(b, a)).roll(6, 1) + 0 * e)
wrong("adaptation_embedding", "the mean over tasks was subtracted")(lambda b, a: (e := _change(b, a)) - e.mean(0))
wrong("adaptation_embedding", "brought to length one")(lambda b, a: F.normalize(_change(b, a)))
wrong("adaptation_embedding", "Also: these are mean absolute")(lambda b, a: _change(a, b, lambda h: h.abs().mean(1)))
right("adaptation_embedding")(lambda b, a: _change(b, a).numpy())
right("adaptation_embedding")(_head(lambda h: (h**2).sum(1) / h.shape[1]))
right("adaptation_embedding")(_head(lambda h: h.var(1, correction=0) + h.mean(1) ** 2))


def _ridge(scores, factors, strength):
    return np.linalg.solve(factors.T @ factors + strength * np.eye(factors.shape[1]), factors.T @ scores)


def _seen(scores, factors):
    return scores[~np.isnan(scores)], factors[~np.isnan(scores)]


def _folded(fold):
    """A way to find the factors, given only the scores that exist and their solvers' factors."""
    return lambda scores, factors, strength: fold(*_seen(scores, factors), strength)


wrong("fold_in", "has spread")(_ridge)
wrong("fold_in", "taken for zero")(lambda s, v, strength: _ridge(np.nan_to_num(s), v, strength))
wrong("fold_in", "taken for the mean score")(
    lambda s, v, strength: _ridge(np.where(np.isnan(s), np.nanmean(s), s), v, strength)
)
wrong("fold_in", "taken for zero")(
    lambda s, v, strength: np.linalg.solve(v.T @ v + strength * np.eye(3), _seen(s, v)[1].T @ _seen(s, v)[0])
)
wrong("fold_in", "plain least squares")(_folded(lambda r, v, strength: np.linalg.lstsq(v, r, rcond=None)[0]))
wrong("fold_in", "multiplied by the number of scores")(_folded(lambda r, v, strength: _ridge(r, v, strength * len(r))))
wrong("fold_in", "multiplied by the number of solvers")(lambda s, v, k: _ridge(*_seen(s, v), k * len(s)))
wrong("fold_in", "it belongs on the diagonal")(_folded(lambda r, v, k: np.linalg.solve(v.T @ v + k, v.T @ r)))
wrong("fold_in", "strength was squared")(_folded(lambda r, v, k: _ridge(r, v, k**2)))
wrong("fold_in", "root of strength")(_folded(lambda r, v, k: _ridge(r, v, k**0.5)))
wrong("fold_in", "strength was subtracted")(_folded(lambda r, v, k: _ridge(r, v, -k)))
wrong("fold_in", "the scores were centred")(_folded(lambda r, v, k: _ridge(r - r.mean(), v, k)))
wrong("fold_in", "this is v.T @ r")(_folded(lambda r, v, k: v.T @ r))
wrong("fold_in", "the factors were averaged")(_folded(lambda r, v, k: (v * r[:, None]).mean(0)))
wrong("fold_in", "solve, or invert")(_folded(lambda r, v, k: (v.T @ v + k * np.eye(3)) @ (v.T @ r)))
wrong("fold_in", "one number per factor")(_folded(lambda r, v, k: _ridge(r, v, k)[:, None]))
wrong("fold_in", "one number per factor")(_folded(lambda r, v, k: v @ _ridge(r, v, k)))
wrong("fold_in", "wrong way round")(_folded(lambda r, v, k: np.linalg.solve(v @ v.T, v.T @ r)))
wrong("fold_in", "-1 times")(_folded(lambda r, v, k: -_ridge(r, v, k)))
right("fold_in")(_folded(lambda r, v, k: np.linalg.inv(v.T @ v + k * np.eye(3)) @ v.T @ r))
right("fold_in")(_folded(lambda r, v, k: v.T @ np.linalg.solve(v @ v.T + k * np.eye(len(v)), r)))
right("fold_in")(
    _folded(
        lambda r, v, k: np.linalg.lstsq(np.vstack([v, k**0.5 * np.eye(3)]), np.append(r, np.zeros(3)), rcond=None)[0]
    )
)


@right("fold_in")
def _(scores, factors, strength):
    mask = np.where(np.isnan(scores), 0.0, 1.0)
    v = factors * mask[:, None]
    return torch.linalg.solve(
        torch.from_numpy(v.T @ v + strength * np.eye(3)), torch.from_numpy(v.T @ np.nan_to_num(scores))
    )
