"""Answers to the exercises of notebook 07, as students give them."""

import numpy as np
import torch
import torch.nn.functional as F

from tests.check.answers.registry import right, wrong


def _attending(weights, scale=lambda q, k: k.shape[1] ** 0.5):
    return lambda q, k, v: weights(q @ k.T / scale(q, k)) @ v


def _soft(scores):
    return scores.softmax(1)


wrong("attend", "over the tasks")(_attending(lambda s: s.softmax(0)))
wrong("attend", "tasks and keys together")(_attending(lambda s: s.flatten().softmax(0).view_as(s)))
wrong("attend", "no softmax")(_attending(lambda s: s))
wrong("attend", "a sigmoid is not a softmax")(_attending(torch.sigmoid))
wrong("attend", "the choice is hard")(lambda q, k, v: v[(q @ k.T).argmax(1)])
wrong("attend", "not log_softmax")(_attending(lambda s: s.log_softmax(1)))
wrong("attend", "not divided by their sum")(_attending(torch.exp))
wrong("attend", "the scores were divided by their sum")(_attending(lambda s: s / s.sum(1, keepdim=True)))
wrong("attend", "negative scores were cut off")(_attending(torch.relu))
wrong("attend", "all values count alike")(lambda q, k, v: v.mean(0).expand(len(q), -1))
wrong("attend", "not divided by the root")(_attending(_soft, lambda q, k: 1))
wrong("attend", "divided by the length of a key")(_attending(_soft, lambda q, k: k.shape[1]))
wrong("attend", "root of the number of keys")(_attending(_soft, lambda q, k: k.shape[0] ** 0.5))
wrong("attend", "divided by the number of keys")(_attending(_soft, lambda q, k: k.shape[0]))
wrong("attend", "root of the number of tasks")(_attending(_soft, lambda q, k: q.shape[0] ** 0.5))
wrong("attend", "length of a value")(_attending(_soft, lambda q, k: 6**0.5))
wrong("attend", "after the softmax")(_attending(lambda s: (2 * s).softmax(1) / 2))
wrong("attend", "multiplied by the root")(_attending(_soft, lambda q, k: k.shape[1] ** -0.5))
wrong("attend", "these are cosines")(lambda q, k, v: _soft(F.normalize(q) @ F.normalize(k).T / 2) @ v)
wrong("attend", "compared by distance")(lambda q, k, v: _soft(-torch.cdist(q, k) / 2) @ v)
wrong("attend", "the key that is *most* alike")(_attending(lambda s: (-s).softmax(1)))
wrong("attend", "as long as a value")(lambda q, k, v: _soft(q @ k.T / 2))
wrong("attend", "as long as a value")(lambda q, k, v: _soft(q @ k.T / 2) @ k)
wrong("attend", "wrong way round")(lambda q, k, v: _soft(q @ k) @ v)
right("attend")(_attending(lambda s: s.exp() / s.exp().sum(1, keepdim=True)))
right("attend")(lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None])[0])
right("attend")(lambda q, k, v: (v.T @ (k @ (q.T / len(k[0]) ** 0.5)).softmax(0)).T)
right("attend")(lambda q, k, v: torch.stack([(F.softmax(k @ one / 2, dim=0)[:, None] * v).sum(0) for one in q]))


def _gate(value, slope):
    """A gate of the value ``value(scores)`` whose gradient is that of ``slope(scores)``."""
    return lambda s: value(s).detach() + slope(s) - slope(s).detach()


def _hard(scores):
    return (scores > 0).float()


wrong("straight_through", "gates are soft")(torch.sigmoid)
wrong("straight_through", "gates are soft")(lambda s: torch.sigmoid(s) + _hard(s) - _hard(s).detach())
wrong("straight_through", "wrong way round")(lambda s: (s < 0).float())
wrong("straight_through", "every gate is on")(lambda s: (torch.sigmoid(s) > 0).float())
wrong("straight_through", "every gate is off")(lambda s: (torch.sigmoid(s) > 1).float())
wrong("straight_through", "the threshold is at a score of one half")(lambda s: (s > 0.5).float())
wrong("straight_through", "the gates are -1 and 1")(_gate(torch.sign, torch.sigmoid))
wrong("straight_through", "subtract soft.detach()")(lambda s: _hard(s) + torch.sigmoid(s))
wrong("straight_through", "hard and soft were multiplied")(lambda s: _hard(s) * torch.sigmoid(s))
wrong("straight_through", "these are the scores")(lambda s: s * 1)
wrong("straight_through", "lets its score through")(torch.relu)
wrong("straight_through", "subtracted and not added")(lambda s: _hard(s) - torch.sigmoid(s).detach())
wrong("straight_through", "only one gate of a row")(lambda s: F.one_hot(s.argmax(1), 3).float())
wrong("straight_through", "a comparison has no gradient")(_hard)
wrong("straight_through", "a comparison has no gradient")(lambda s: (s.detach().numpy() > 0).astype(np.float32))
wrong("straight_through", "as if the gate were its score")(_gate(_hard, lambda s: s))
wrong("straight_through", "the wrong sign")(lambda s: _hard(s) - torch.sigmoid(s) + torch.sigmoid(s).detach())
wrong("straight_through", "a closed one could never open")(_gate(_hard, lambda s: _hard(s) * torch.sigmoid(s)))
wrong("straight_through", "that of their score")(_gate(_hard, torch.relu))
wrong("straight_through", "another straight-through estimate")(_gate(_hard, F.hardtanh))
wrong("straight_through", "gradient of a tanh")(_gate(_hard, torch.tanh))
wrong("straight_through", "there twice")(_gate(_hard, lambda s: 2 * torch.sigmoid(s)))
wrong("straight_through", "the gradient is zero everywhere")(lambda s: torch.round(torch.sigmoid(s)))
wrong("straight_through", "the gradient is zero everywhere")(lambda s: _hard(s) + torch.sigmoid(s) - torch.sigmoid(s))
wrong("straight_through", "a comparison has no gradient")(lambda s: s > 0)
right("straight_through")(_gate(_hard, torch.sigmoid))
right("straight_through")(_gate(_hard, lambda s: 1 / (1 + torch.exp(-s))))
right("straight_through")(lambda s: torch.round(torch.sigmoid(s)).detach() - torch.sigmoid(s).detach() + s.sigmoid())


class _Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores):
        ctx.save_for_backward(scores)
        return (scores > 0).to(scores)

    @staticmethod
    def backward(ctx, outer):
        soft = torch.sigmoid(ctx.saved_tensors[0])
        return outer * soft * (1 - soft)


right("straight_through")(_Gate.apply)
