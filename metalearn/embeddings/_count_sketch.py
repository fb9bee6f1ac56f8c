"""Shorten vectors so that their inner products stay about the same."""

import torch
from torch import Tensor


def sketch(rows: Tensor, size: int, seed: int) -> Tensor:
    """Shorten ``[n, D]`` to ``[n, size]`` by a count sketch (Weinberger et al. 2009).

    Each of the D entries gets a random sign and is added to one of ``size`` sums, chosen at random. On average this
    keeps inner products. Rows that are short enough are returned as they are.
    """
    if rows.shape[1] <= size:
        return rows
    generator = torch.Generator().manual_seed(seed)
    bucket = torch.randint(size, (rows.shape[1],), generator=generator).to(rows.device)
    sign = 2.0 * torch.randint(2, (rows.shape[1],), generator=generator).to(rows) - 1
    return rows.new_zeros(len(rows), size).index_add_(1, bucket, rows * sign)
