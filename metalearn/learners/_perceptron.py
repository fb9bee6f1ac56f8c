"""The small network with which several hooks turn a task embedding into what they need."""

import torch
from torch import nn


def two_layers(inputs: int, hidden: int, outputs: int, seed: int) -> tuple[nn.Linear, nn.Linear]:
    """Return the layers of a two-layer perceptron; the second starts at zero, so at first nothing comes out.

    The seed is for these two layers alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, last = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return first, last
