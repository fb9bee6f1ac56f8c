"""Where to compute: on the processor, or on an accelerator."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    import torch

NAMES = ("auto", "cpu", "cuda", "mps")
_chosen = ContextVar("device", default="auto")


def find_device(name: str | None = None) -> "torch.device":
    """Return the device of that name; without a name, the one chosen by :func:`compute_on`.

    ``auto`` is an NVIDIA or AMD GPU (``cuda``) if there is one, else the processor. Raises MetalearnError where this
    machine, or its PyTorch, has no such device.
    """
    import torch

    name = name or _chosen.get()
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = "cuda" if there["cuda"] else "cpu"
    if not there.get(name):
        raise MetalearnError(
            "there is no device {name!r} here; there is {known}",
            name=name,
            known=", ".join(kind for kind in there if there[kind]),
        )
    return torch.device(name)


@contextmanager
def compute_on(name: str) -> Iterator[None]:
    """Let what trains and measures learners do so on this device. Raises MetalearnError where it is not there."""
    if name != "auto":
        find_device(name)
    token = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(token)
