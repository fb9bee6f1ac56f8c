"""Making a saved learner again from the names and settings in its file: the other half of ``learners/saving.py``.

Names are looked up among the kit's own parts, some of scikit-learn's reducers, and the parts that the user hands in.
Reading a file never imports anything.
"""

import inspect
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler
from torch.overrides import TorchFunctionMode

from metalearn.embeddings.adaptation import AdaptationEmbedding
from metalearn.embeddings.collaborative import CollaborativeEmbedding
from metalearn.embeddings.generative import GenerativeEmbedding
from metalearn.embeddings.gradient import GradientEmbedding
from metalearn.embeddings.prototype_gradient import PrototypeGradientEmbedding
from metalearn.embeddings.scatter import ScatterEmbedding
from metalearn.errors import MetalearnError
from metalearn.learners import closed_form, in_context, init_hooks, modulate_hooks, set_encoder, update_hooks
from metalearn.learners.backbone import Backbone
from metalearn.learners.learner import Learner
from metalearn.learners.network import IMAGE_SHAPE, NetworkBackbone
from metalearn.learners.saving import OF_THE_FIT_ALONE, REDUCERS
from metalearn.schema import check_arrays, check_entries, layout_of, unusable

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
    in_context.WeightedPrototypeInit,
    in_context.TaskReader,
    set_encoder.SetEncoder,
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

# What the file of a learner says; how a part is described is in ``learners/saving.py``.
ENTRIES = {
    "backbone": dict,
    "init": Any,
    "update": Any,
    "modulate": Any,
    "embedder": list[dict[str, Any]],
    "steps": int,
    "second_order": bool,
    "step_ways": int | None,
}

MAKING = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.eye, torch.arange)
SMALL = 1_000_000  # numbers that a tensor may always have


def restore_learner(
    path: Path, arrays: dict[str, np.ndarray], description: Mapping[str, Any], custom: Iterable[Any]
) -> Learner:
    """Make the learner that ``Learner.save`` wrote. Raises MetalearnError where a part is missing or does not fit."""
    description = {"step_ways": None, **description}  # older files do not say
    check_entries(path, description, ENTRIES)
    known = {getattr(part, "__name__", type(part).__name__): part for part in (*KNOWN, *custom)}
    parts = _Parts(path, arrays, known)
    try:
        with _NoLargerThan(max(SMALL, *(array.size for array in arrays.values()))):
            learner = _make(parts, description)
    except MetalearnError:
        raise
    except Exception as error:  # what a part makes of settings that are not its own is anyone's guess
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise MetalearnError(
            "{path} does not fit the parts it was loaded with: {reason}", path=path, reason=reason
        ) from error
    state = {name: array for name, array in arrays.items() if name not in parts.used}
    check_arrays(path, state, layout_of(learner.state_dict()))
    learner.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return learner.eval()


class _NoLargerThan(TorchFunctionMode):
    """Lets no tensor be made that has more numbers than this: a short file could ask for all memory there is.

    Every tensor of a learner is in its file, so none is larger than the file's largest array.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in MAKING and args:
            first = args[0]
            shape = first if isinstance(first, list | tuple) else [n for n in args if isinstance(n, int)]
            if math.prod(shape) > self.most:
                raise ValueError(f"it asks for {list(shape)} numbers, more than are in the file")
        return func(*args, **(kwargs or {}))


def _make(parts: "_Parts", description: Mapping[str, Any]) -> Learner:
    backbone = parts.backbone(description["backbone"])
    steps = [parts.embedder_step(step, number, backbone) for number, step in enumerate(description["embedder"])]
    embedder = None if not steps else steps[0] if len(steps) == 1 else make_pipeline(*steps)
    init, update, modulate = (parts.make(description[name], backbone) for name in ("init", "update", "modulate"))
    settings = {name: description[name] for name in ("steps", "second_order", "step_ways")}
    return Learner(backbone, init, update, modulate, embedder, **settings)


class _Parts:
    """The parts of one saved learner."""

    def __init__(self, path: Path, arrays: dict[str, np.ndarray], known: dict[str, Any]) -> None:
        self.path, self.arrays, self.known = path, arrays, known
        self.used: set[str] = set()  # the names of arrays that belong to a part, and not to the learner's own state

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
            return torch.from_numpy(self.own_array(described["array"]))
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

    def embedder_step(self, described: dict[str, Any], number: int, backbone: Any) -> Any:
        """Make a step of the embedder, and give it what it has learned; ``backbone`` is what an encoder reads from."""
        step, prefix = self.make(described, backbone), f"embedder/{number}/learned/"
        names = [name.removeprefix(prefix) for name in self.arrays if name.startswith(prefix)]
        learned = {name: self.own_array(f"{prefix}{name}") for name in names}
        if hasattr(step, "layout"):  # the kit's own
            check_arrays(self.path, learned, step.layout())
            if hasattr(step, "parameters"):
                base = {name: value.numpy() for name, value in step.parameters.items()}
                check_arrays(self.path, base, layout_of(step.backbone.initial()))
        if hasattr(step, "restore"):
            step.restore(learned)
        elif type(step).__name__ in REDUCERS:
            self._restore_reducer(step, learned)
        elif learned:
            raise unusable(self.path, f"its {type(step).__name__} takes back no arrays")
        return step

    def _restore_reducer(self, step: Any, learned: dict[str, np.ndarray]) -> None:
        """Give a reducer of scikit-learn what it has learned; how many numbers it takes and returns follows from it."""
        layout = REDUCERS[type(step).__name__]
        # A scaler may not have been asked for both. A reducer that was read from a file has no more than its transform
        # needs, also when it is saved again.
        optional = layout if isinstance(step, StandardScaler) else OF_THE_FIT_ALONE
        sizes = check_arrays(self.path, learned, {n: a for n, a in layout.items() if n in learned or n not in optional})
        for name in layout:
            value = learned.get(name)
            setattr(step, name, value.item() if value is not None and not value.ndim else value)
        for name, size in (("n_features_in_", "features"), ("n_components_", "components")):
            if size in sizes:
                setattr(step, name, sizes[size])

    def own_array(self, name: str) -> np.ndarray:
        """Return the array of that name, and note that a part has it: the others are the learner's own state.

        Raises MetalearnError where there is no such array, or it holds a number that is not finite.
        """
        if name not in self.arrays:
            raise unusable(self.path, f"it lacks the array {name!r}")
        array = self.arrays[name]
        check_arrays(self.path, {name: array}, layout_of({name: array}))
        self.used.add(name)
        return array
