"""Solutions of the checked exercises of notebook 07."""

import torch


def attend(queries, keys, values):
    """Return scaled dot-product attention, [T, D].

    queries [T, k], one per task; keys [A, k] and values [A, D], one of each per entry of the bank.
    """
    return (queries @ keys.T / keys.shape[1] ** 0.5).softmax(1) @ values


def straight_through(scores):
    """Return gates that are 1 where a score is positive and else 0, with the gradient of a sigmoid of the scores."""
    soft = torch.sigmoid(scores)
    return (scores > 0).to(soft) + soft - soft.detach()
