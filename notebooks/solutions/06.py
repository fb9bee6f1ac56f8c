"""Solutions of the checked exercises of notebook 06."""

import torch


def inner_step(losses, parameters, step_size):
    """Return each task's parameters after one gradient step, differentiable for the outer loop.

    losses [T]; parameters: tensors [T, ...] by name, each task's own.
    """
    gradients = torch.autograd.grad(losses.sum(), list(parameters.values()), create_graph=True)
    return {name: p - step_size * g for (name, p), g in zip(parameters.items(), gradients, strict=True)}


def alfa_step(parameters, gradients, sizes, decays):
    """Return the parameters after one step of ALFA, (1 - decay) * parameter - size * gradient.

    parameters, gradients: tensors [T, ...] by name; sizes, decays: [T] by the same names, one number per task.
    """
    stepped = {}
    for name, p in parameters.items():
        size, decay = (of[name].view(-1, *[1] * (p.ndim - 1)) for of in (sizes, decays))
        stepped[name] = (1 - decay) * p - size * gradients[name]
    return stepped
