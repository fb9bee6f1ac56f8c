"""Solution of the checked exercise of notebook 05."""


def alfa_step(parameters, gradients, sizes, decays):
    """Return the parameters after one step of ALFA, (1 - decay) * parameter - size * gradient.

    parameters, gradients: tensors [T, ...] by name; sizes, decays: [T] by the same names, one number a task.
    """
    stepped = {}
    for name, p in parameters.items():
        size, decay = (of[name].view(-1, *[1] * (p.ndim - 1)) for of in (sizes, decays))
        stepped[name] = (1 - decay) * p - size * gradients[name]
    return stepped
