"""Where to compute: on the processor, or on an accelerator."""

from typing import TYPE_CHECKING

from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    import torch

NAMES = ("auto", "cpu", "cuda", "mps")


def find_device(name: str = "auto") -> "torch.device":
    """Return the device of that name; ``auto`` is the accelerator if there is one, else the processor.

    Raises MetalearnError where this machine, or its PyTorch, has no such device.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if there[kind])
    if not there.get(name):
        raise MetalearnError(
            "there is no device {name!r} here; there are {known}",
            name=name,
            known=", ".join(kind for kind in there if there[kind]),
        )
    return torch.device(name)
