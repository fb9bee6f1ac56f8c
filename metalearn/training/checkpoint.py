"""The state of a training run, in memory and on disk."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.schema import Layout, below, check_arrays, check_entries, floats, layout_of, unusable
from metalearn.training import distributed
from metalearn.training.request import Request, differences
from metalearn.training.schedule import Progress

# What a checkpoint says: what was asked for, and how far it is.
ENTRIES = {"request": dict, "progress": dict}
PROGRESS = {
    "step": int,
    "losses": list[float],
    "validation": list[tuple[int, float]],
    "wall_s": float,
    "cpu_s": float,
}


class Run:
    """The state of a training run, in memory; with a folder, also in a checkpoint from which it goes on.

    ``request`` is what decides the result. A checkpoint in the folder that is of another request is refused.
    """

    def __init__(
        self, learner: Learner, optimizer: torch.optim.Optimizer, folder: Path | None, request: Request
    ) -> None:
        self.learner, self.optimizer, self.request = learner, optimizer, request
        self.path = folder / "checkpoint" if folder else None
        self.progress = Progress()
        self.best: dict[str, Tensor] = {}
        if self.path and artifacts.exists(self.path):
            self._resume(self.path)

    def validated(self, accuracy: float) -> None:
        """Note a validation result, remember the learner if it is the best so far, and write the checkpoint."""
        if not self.best or accuracy > max(found for _, found in self.progress.validation):
            self.best = {name: value.detach().clone() for name, value in self.learner.state_dict().items()}
        self.progress.validation.append((self.progress.step, accuracy))
        if self.path and distributed.first():
            artifacts.save(self.path, self._arrays(), self._description())

    def restore_best(self) -> None:
        """Put the learner back to where validation was best."""
        self.learner.load_state_dict(self.best)

    def _description(self) -> dict[str, Any]:
        return {"kind": "checkpoint", "request": self.request, "progress": asdict(self.progress)}

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {f"now/{name}": value for name, value in self.learner.state_dict().items()}
        arrays |= {f"best/{name}": value for name, value in self.best.items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{index}/{name}": value for name, value in moments.items()}
        return {name: value.detach().cpu().numpy() for name, value in arrays.items()}

    def _resume(self, path: Path) -> None:
        arrays, description = artifacts.load(path, "checkpoint", ENTRIES)
        difference = differences(description["request"], self.request)
        if difference:
            raise MetalearnError(
                "{folder} holds another run ({difference}); name another folder, or remove this one",
                folder=path.parent,
                difference=difference,
            )
        saved = description["progress"]
        check_entries(path, saved, PROGRESS)
        if len(saved["losses"]) != saved["step"] or not saved["validation"]:
            raise unusable(path, "it does not have a loss of every step, and a validation")
        check_arrays(path, arrays, self._layout(arrays))
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self.learner.load_state_dict(artifacts.below("now/", tensors))
        self.best = artifacts.below("best/", tensors)
        state: dict[int, dict[str, Any]] = {}
        for name, value in artifacts.below("optimizer/", tensors).items():
            index, key = name.split("/")
            state.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
        validation = [(step, score) for step, score in saved["validation"]]
        self.progress = Progress(**{**{name: saved[name] for name in PROGRESS}, "validation": validation})

    def _layout(self, arrays: Mapping[str, np.ndarray]) -> Layout:
        """Return what the arrays of a checkpoint have to be; parameters that got no gradient have no moments."""
        learner = layout_of(self.learner.state_dict())
        layout = below("now/", learner) | below("best/", learner)
        moved = {name.split("/")[1] for name in arrays if name.startswith("optimizer/")}
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        for index, parameter in enumerate(parameters):
            if str(index) in moved:
                moments = layout_of({"exp_avg": parameter, "exp_avg_sq": parameter}) | {"step": floats()}
                layout |= below(f"optimizer/{index}/", moments)
        return layout
