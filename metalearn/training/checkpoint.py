"""The state of a training run, in memory and on disk."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.learners.learner import Learner
from metalearn.training import distributed
from metalearn.training.schedule import Progress, Schedule


class Run:
    """The state of a training run, in memory; with a folder, also in a checkpoint from which it goes on."""

    def __init__(
        self,
        learner: Learner,
        optimizer: torch.optim.Optimizer,
        meta_steps: int,
        schedule: Schedule,
        folder: Path | None,
    ) -> None:
        self.learner, self.optimizer = learner, optimizer
        self.settings = {"meta_steps": meta_steps, **asdict(schedule)}
        self.path = folder / "checkpoint" if folder else None
        self.progress = Progress()
        self.best: dict[str, Tensor] = {}
        if self.path and self.path.with_name("checkpoint.json").exists():
            self._resume(self.path)

    def validated(self, accuracy: float) -> None:
        """Note a validation result, remember the learner if it is the best so far, and write the checkpoint."""
        if not self.best or accuracy > max(found for _, found in self.progress.validation):
            self.best = {name: value.detach().clone() for name, value in self.learner.state_dict().items()}
        self.progress.validation.append((self.progress.step, accuracy))
        if self.path and distributed.first():
            artifacts.save(self.path, self._arrays(), {"schedule": self.settings, "progress": asdict(self.progress)})

    def restore_best(self) -> None:
        """Put the learner back to where validation was best."""
        self.learner.load_state_dict(self.best)

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {f"now/{name}": value for name, value in self.learner.state_dict().items()}
        arrays |= {f"best/{name}": value for name, value in self.best.items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{index}/{name}": value for name, value in moments.items()}
        return {name: value.detach().cpu().numpy() for name, value in arrays.items()}

    def _resume(self, path: Path) -> None:
        arrays, description = artifacts.load(path)
        if description["schedule"] != self.settings:
            raise MetalearnError(
                "{folder} holds a run with another schedule; name another folder or remove it", folder=path.parent
            )
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        try:
            self.learner.load_state_dict(artifacts.below("now/", tensors))
        except RuntimeError as error:
            raise MetalearnError(
                "{folder} holds the run of another learner; name another folder or remove it", folder=path.parent
            ) from error
        self.best = artifacts.below("best/", tensors)
        state: dict[int, dict[str, Any]] = {}
        for name, value in artifacts.below("optimizer/", tensors).items():
            index, key = name.split("/")
            state.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
        saved = description["progress"]
        self.progress = Progress(**{**saved, "validation": [tuple(pair) for pair in saved["validation"]]})
