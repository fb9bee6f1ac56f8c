"""A network of your own as a backbone: any module or function from images to features."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from metalearn.characters.character_set import IMAGE_SIZE
from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, LinearHead, Params

IMAGE_SHAPE = (1, IMAGE_SIZE, IMAGE_SIZE)


class NetworkBackbone(LinearHead):
    """Turn a network ``[n, 1, 28, 28] -> [n, D]`` into a function of its parameters, as the inner loop needs it.

    :class:`~metalearn.learners.learner.Learner` does this to any network it is given. The parameters start as the
    network holds them. Shared ones take a whole batch of tasks in one call. Where a learner makes some task parameters,
    every task has its own network, and ``torch.func.vmap`` runs them all at once.

    Parameters
    ----------
    network : nn.Module or callable
        From images ``[n, 1, 28, 28]`` to features ``[n, D]``.
    input_shape : tuple of int
        The shape of one input, where it is no image: ``(1,)`` for a network on single numbers.

    Raises
    ------
    MetalearnError
        For a network that does not map inputs to vectors, and for one in training mode with batch normalisation: its
        predictions on the queries would depend on one another.
    """

    transductive = False
    scales_and_shifts: tuple[str, ...] = ()

    def __init__(
        self,
        network: nn.Module | Callable[[Tensor], Tensor],
        input_shape: tuple[int, ...] = IMAGE_SHAPE,
    ) -> None:
        self.network, self.input_shape = network, input_shape
        self._module = network if isinstance(network, nn.Module) else _Function(network)
        self._check_normalisation()
        with torch.no_grad():
            found = self._module(torch.zeros(2, *input_shape))
        if not isinstance(found, Tensor) or found.ndim < 2 or len(found) != 2:
            raise MetalearnError(
                "a backbone maps images {shape} to features [n, D]; {network} returned {found} for 2 images",
                shape=f"[n, {', '.join(map(str, input_shape))}]",
                network=type(network).__name__,
                found=list(found.shape) if isinstance(found, Tensor) else type(found).__name__,
            )
        self.features_size = found[0].numel()

    @property
    def body(self) -> tuple[str, ...]:
        """Names of all parameters up to the features."""
        return tuple(_inside(name) for name, _ in self._module.named_parameters())

    def initial(self, seed: int = 0) -> Params:
        """Return the network's parameters as they are, and a head of zeros; the seed changes nothing."""
        parameters = {_inside(name): p.detach().clone() for name, p in self._module.named_parameters()}
        return {**parameters, "head_weight": torch.zeros(self.features_size), "head_bias": torch.zeros(())}

    def features(self, parameters: Params, x: Tensor) -> Tensor:
        """Return the features ``[tasks, n, features_size]`` of images ``[tasks, n, 1, 28, 28]``.

        They are scaled as those of :class:`~metalearn.learners.backbone.Backbone` are.
        """
        dimensions = {_inside(name): p.ndim for name, p in self._module.named_parameters()}
        per_task = {name for name, ndim in dimensions.items() if parameters[name].ndim > ndim}
        buffers = {name: b.to(x.device) for name, b in self._module.named_buffers()}

        def forward(values: Params, images: Tensor) -> Tensor:
            named = {_outside(name): value for name, value in values.items()}
            features: Tensor = torch.func.functional_call(self._module, {**named, **buffers}, (images,))
            return features.flatten(1)

        values = {name: parameters[name] for name in dimensions}
        if per_task:
            vmap_over = {name: 0 if name in per_task else None for name in dimensions}
            features = torch.func.vmap(forward, in_dims=(vmap_over, 0))(values, x)
        else:
            features = forward(values, x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return (8 / self.features_size**0.5) * features

    def _check_normalisation(self) -> None:
        for name, part in self._module.named_modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.training:
                raise MetalearnError(
                    "{name} normalises by the other pictures of a call, so that predictions depend on one another; use "
                    "torch.nn.GroupNorm, or freeze it with .eval()",
                    name=name or type(part).__name__,
                )


class _Function(nn.Module):
    """A function without parameters as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def _inside(name: str) -> str:
    """Return a parameter's name as a learner keeps it: a ParameterDict allows no dots in names."""
    if name in HEAD:
        raise MetalearnError("a network's parameter cannot be called {name!r}: that is the head's name", name=name)
    return name.replace(".", ":")


def _outside(name: str) -> str:
    return name.replace(":", ".")
