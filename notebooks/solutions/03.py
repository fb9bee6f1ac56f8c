"""Solutions of the checked exercises of notebook 03."""

import torch
import torch.nn.functional as F


def gradient_embedding(backbone, base, batch):
    """Embed tasks by the gradient of the support loss in the body's last shift, [tasks, channels], rows of length 1.

    It is taken after the head, which starts at zero, has made three steps of size 0.5 on the support set.
    """
    name, rows = backbone.scales_and_shifts[-1], []
    for x, y in zip(batch.support_x, batch.support_y, strict=True):
        shift = base[name].clone().requires_grad_()
        z = backbone.features({**base, name: shift}, x[None])[0]
        weight, bias = torch.zeros(batch.ways, z.shape[1]), torch.zeros(batch.ways)
        for _ in range(3):
            error = ((z.detach() @ weight.T + bias).softmax(1) - F.one_hot(y, batch.ways)) / len(y)
            weight, bias = weight - 0.5 * error.T @ z.detach(), bias - 0.5 * error.sum(0)
        (gradient,) = torch.autograd.grad(F.cross_entropy(z @ weight.T + bias, y), shift)
        rows.append(F.normalize(gradient, dim=0))
    return torch.stack(rows)


def fisher(weight, z, y):
    """Return the diagonal of the empirical Fisher information of a linear head, [ways, F].

    weight [ways, F]; features z [n, F]; labels y [n]. The loss of a drawing is its cross-entropy.
    """
    error = (z @ weight.T).softmax(1) - F.one_hot(y, len(weight))
    return (error[:, :, None] * z[:, None]).square().mean(0)
