"""Making a saved learner again from the names and settings in its file: the other half of ``learners/saving.py``.

Names are looked up among the kit's own parts, some of scikit-learn's reducers, and the parts that the user hands in.
Reading a file never imports anything.
"""

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler

from metalearn.embeddings.adaptation import AdaptationEmbedding
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.generative import GenerativeEmbedding
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.embeddings.prototype_gradient import PrototypeGradientEmbedding
from metalearn.embeddings.scatter import ScatterEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners import closed_form, init_hooks, modulate_hooks, update_hooks
from metalearn.learners.backbone import Backbone
from metalearn.learners.learner import Learner
from metalearn.learners.network import IMAGE_SHAPE, NetworkBackbone

KNOWN = (
    Backbone,
    init_hooks.LearnedInit,
    init_hooks.PrototypeInit,
    init_hooks.EmbeddingInit,
    init_hooks.NeighbourInit,
    init_hooks.LiteralInit,
    init_hooks.ContextInit,
    closed_form.RidgeInit,
    closed_form.MahalanobisInit,
    update_hooks.SGD,
    update_hooks.LearnedStepSizes,
    update_hooks.EmbeddingStepSizes,
    update_hooks.StepSizeNetwork,
    update_hooks.RecurrentOptimizer,
    modulate_hooks.ModulationAttention,
    modulate_hooks.GroupSelection,
    modulate_hooks.PlaceAttention,
    modulate_hooks.ContextModulation,
    GradientEmbedding,
    PrototypeGradientEmbedding,
    AdaptationEmbedding,
    CollaborativeEmbedding,
    GenerativeEmbedding,
    ScatterEmbedding,
    PCA,
    IncrementalPCA,
    TruncatedSVD,
    StandardScaler,
    MinMaxScaler,
    Normalizer,
)


def restore_learner(
    path: Path, arrays: dict[str, np.ndarray], description: Mapping[str, Any], custom: Iterable[Any]
) -> Learner:
    """Make the learner that ``Learner.save`` wrote. Raises MetalearnError where a part is missing or does not fit."""
    known = {getattr(part, "__name__", type(part).__name__): part for part in (*KNOWN, *custom)}
    parts = _Parts(path, arrays, known)
    backbone = parts.backbone(description["backbone"])
    steps = [parts.embedder_step(step, number) for number, step in enumerate(description["embedder"])]
    embedder = None if not steps else steps[0] if len(steps) == 1 else make_pipeline(*steps)
    init, update, modulate = (parts.make(description[name], backbone) for name in ("init", "update", "modulate"))
    learner = Learner(
        backbone,
        init,
        update,
        modulate,
        embedder,
        steps=description["steps"],
        second_order=description["second_order"],
    )
    state = {name: torch.from_numpy(arrays[name]) for name in learner.state_dict() if name in arrays}
    try:
        learner.load_state_dict(state)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise MetalearnError(
            "{path} does not fit the parts it was loaded with: {reason}", path=path, reason=reason
        ) from error
    return learner.eval()


class _Parts:
    """The parts of one saved learner."""

    def __init__(self, path: Path, arrays: dict[str, np.ndarray], known: dict[str, Any]) -> None:
        self.path, self.arrays, self.known = path, arrays, known

    def find(self, name: str) -> Any:
        """Return the class, function or object called ``name``."""
        if name not in self.known:
            raise MetalearnError(
                "{path} uses {name!r}, which is not the kit's own; hand it in: load_learner({path!r}, custom=[{name}])",
                path=str(self.path),
                name=name,
            )
        return self.known[name]

    def make(self, described: Any, backbone: Any) -> Any:
        """Make the part that ``_describe`` in ``learners/saving.py`` described."""
        if isinstance(described, list):
            return tuple(self.make(entry, backbone) for entry in described)
        if not isinstance(described, dict):
            return described
        if "array" in described:
            return torch.from_numpy(self.arrays[described["array"]])
        if "entries" in described:
            return {name: self.make(value, backbone) for name, value in described["entries"].items()}
        if "backbone" in described:
            return self.backbone(described["backbone"])
        found = self.find(described.get("function") or described["class"])
        if "function" in described or not isinstance(found, type):  # a function, or an object that is ready
            return found
        settings = {name: self.make(value, backbone) for name, value in described["settings"].items()}
        if "backbone" in inspect.signature(found.__init__).parameters:  # type: ignore[misc]
            settings.setdefault("backbone", backbone)
        return found(**settings)

    def backbone(self, described: dict[str, Any]) -> Any:
        """Make the backbone, or the network of which a learner makes one."""
        if "network" not in described:
            return self.make(described, None)
        return NetworkBackbone(self.make(described["network"], None), tuple(described.get("input_shape", IMAGE_SHAPE)))

    def embedder_step(self, described: dict[str, Any], number: int) -> Any:
        """Make a step of the embedder, and give it what it has learned."""
        step = self.make(described, None)
        learned = {name: self.arrays[f"embedder/{number}/learned/{name}"] for name in described["learned"]}
        if hasattr(step, "restore"):
            step.restore(learned)
        else:
            for name, value in learned.items():
                setattr(step, name, value if value.ndim else value.item())
        return step
