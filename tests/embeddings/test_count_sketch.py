"""The sketch: short rows are left alone, and of long ones the inner products survive."""

import numpy as np
import torch

from metalearn.embeddings._count_sketch import sketch

ROWS = torch.randn(6, 300, generator=torch.Generator().manual_seed(0))


def test_rows_that_are_short_enough_stay_as_they_are() -> None:
    assert torch.equal(sketch(ROWS, 300, seed=0), ROWS)
    assert sketch(ROWS, 299, seed=0).shape == (6, 299)


def test_every_entry_lands_signed_in_one_sum() -> None:
    landed = sketch(torch.eye(300), 20, seed=0)
    assert landed.abs().sum(1).tolist() == [1] * 300
    assert (landed != 0).sum(1).tolist() == [1] * 300
    assert (landed < 0).any()
    assert (landed != 0).any(0).all()
    torch.testing.assert_close(sketch(ROWS, 20, seed=0), ROWS @ landed, atol=1e-4, rtol=1e-4)


def test_inner_products_are_kept_on_average() -> None:
    """Weinberger et al. 2009, lemma 2: no bias, and a deviation of about |x| |y| / √size."""
    exact = (ROWS @ ROWS.T).numpy()
    found = np.stack([(short := sketch(ROWS, 50, seed)) @ short.T for seed in range(400)])
    lengths = np.sqrt(np.diag(exact))
    deviation = np.outer(lengths, lengths) * np.sqrt(2 / 50)
    assert (np.abs(found.mean(0) - exact) < 4 * deviation / np.sqrt(400)).all()
    assert (found.std(0) < 1.5 * deviation).all()


def test_the_seed_decides() -> None:
    assert torch.equal(sketch(ROWS, 50, seed=3), sketch(ROWS, 50, seed=3))
    assert not torch.equal(sketch(ROWS, 50, seed=3), sketch(ROWS, 50, seed=4))
