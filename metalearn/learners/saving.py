"""Writing a learner to a file: its parts by class name and settings, and their numbers.

This follows scikit-learn's convention: a part keeps every argument of its constructor in an attribute of the same name.
Its class and these settings are enough to make it again. A file only names classes; reading it never imports one: see
:func:`metalearn.pretrained.learners.load_learner`.
"""

import dataclasses
import inspect
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.learners.network import NetworkBackbone
from metalearn.schema import Layout, floats

if TYPE_CHECKING:
    from metalearn.learners.learner import Learner

Arrays = dict[str, np.ndarray]
# Not kept as settings: the backbone is the learner's own, and a seed is not needed once the weights are known.
GIVEN = ("self", "backbone", "seed")

_COMPONENTS = {
    "components_": floats("components", "features"),
    "explained_variance_": floats("components"),
    "explained_variance_ratio_": floats("components"),
    "singular_values_": floats("components"),
}
# What a reducer learns and its transform does not need. One that was itself read from a file may not have it.
OF_THE_FIT_ALONE = ("explained_variance_ratio_", "singular_values_", "noise_variance_", "var_")
# What reducers of scikit-learn learn from tasks: the only attributes that a file can set.
REDUCERS: dict[str, Layout] = {
    "PCA": _COMPONENTS | {"mean_": floats("features"), "noise_variance_": floats()},
    "IncrementalPCA": _COMPONENTS
    | {"mean_": floats("features"), "var_": floats("features"), "noise_variance_": floats()},
    "TruncatedSVD": _COMPONENTS,
    "StandardScaler": {name: floats("features") for name in ("mean_", "var_", "scale_")},
    "MinMaxScaler": {name: floats("features") for name in ("min_", "scale_", "data_min_", "data_max_", "data_range_")},
    "Normalizer": {},
}


def save_learner(learner: "Learner", path: Path) -> None:
    """Write a learner to ``path.safetensors`` and ``path.json``."""
    arrays: Arrays = {name: value.detach().cpu().numpy() for name, value in learner.state_dict().items()}
    description: dict[str, Any] = {
        "kind": "learner",
        "backbone": _describe_backbone(learner.backbone),
        **{name: _describe(getattr(learner, name), arrays, name) for name in ("init", "update", "modulate")},
        "embedder": [
            _describe_step(step, arrays, f"embedder/{number}")
            for number, step in enumerate(_steps_of(learner.embedder))
        ],
        "steps": learner.steps,
        "second_order": learner.second_order,
        "step_ways": learner.step_ways,
        "trained_on": None if learner.trained_on is None else sorted(learner.trained_on),
    }
    artifacts.save(path, arrays, description)


def settings_of(part: object) -> dict[str, Any]:
    """Return the arguments that ``part`` was made with, read from its attributes.

    Raises MetalearnError where one is not kept.
    """
    settings = {}
    for name, parameter in inspect.signature(type(part).__init__).parameters.items():
        if name in GIVEN or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if not hasattr(part, name):
            raise MetalearnError(
                "{part} keeps no attribute {name!r} for its argument of that name; store it, so that it can be saved",
                part=type(part).__name__,
                name=name,
            )
        settings[name] = getattr(part, name)
    return settings


def _describe(part: Any, arrays: Arrays, where: str) -> Any:
    """Describe a part in a way that JSON can hold; the numbers of arrays and tensors go into ``arrays``."""
    if part is None or isinstance(part, bool | int | float | str):
        return part
    if isinstance(part, Tensor | np.ndarray):
        arrays[where] = part.detach().cpu().numpy() if isinstance(part, Tensor) else part
        return {"array": where}
    if isinstance(part, list | tuple):
        return [_describe(entry, arrays, f"{where}/{i}") for i, entry in enumerate(part)]
    if isinstance(part, dict):
        return {"entries": {name: _describe(value, arrays, f"{where}/{name}") for name, value in part.items()}}
    if isinstance(part, FunctionType):
        return _describe_function(part)
    settings = {name: _describe(value, arrays, f"{where}/{name}") for name, value in settings_of(part).items()}
    return {"class": type(part).__name__, "settings": settings}


def _describe_function(function: FunctionType) -> dict[str, str]:
    if function.__name__ == "<lambda>":
        raise MetalearnError("a lambda cannot be saved; give it a name with def, and hand it in when loading")
    return {"function": function.__name__}


def _describe_backbone(backbone: Any) -> dict[str, Any]:
    if isinstance(backbone, NetworkBackbone):
        network, shape = backbone.network, list(backbone.input_shape)
        if isinstance(network, FunctionType):
            return {"network": _describe_function(network), "input_shape": shape}
        named = {"class": type(network).__name__, "settings": _plain(settings_of(network))}
        return {"network": named, "input_shape": shape}
    settings = dataclasses.asdict(backbone) if dataclasses.is_dataclass(backbone) else settings_of(backbone)  # type: ignore[arg-type]
    return {"class": type(backbone).__name__, "settings": _plain(settings)}


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings as they will be after JSON: tuples as lists. Raises MetalearnError for what JSON cannot hold."""
    for name, value in settings.items():
        if not isinstance(value, bool | int | float | str | list | tuple | None):
            raise MetalearnError(
                "the setting {name!r} of a backbone is a {found}, which cannot be saved; use numbers and names",
                name=name,
                found=type(value).__name__,
            )
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _steps_of(embedder: Any) -> list[Any]:
    """Return the steps of a pipeline; of another embedder, itself; of none, nothing."""
    if embedder is None:
        return []
    return [step for _, step in embedder.steps] if hasattr(embedder, "steps") else [embedder]


def _describe_step(step: Any, arrays: Arrays, where: str) -> dict[str, Any]:
    """Describe a step of an embedder; what ``fit`` has learned goes into ``arrays``.

    That is what the step's ``state()`` returns or, for a reducer of scikit-learn, what :data:`REDUCERS` lists. Raises
    MetalearnError for a step that has learned something (in scikit-learn's convention, has attributes that end in an
    underscore) and has no ``state()``.
    """
    if hasattr(step, "state"):
        learned = step.state()
    elif type(step).__name__ in REDUCERS:
        there = {name: getattr(step, name, None) for name in REDUCERS[type(step).__name__]}
        learned = {name: value for name, value in there.items() if value is not None}
    elif any(name.endswith("_") and name[0] != "_" for name in vars(step)):
        raise MetalearnError(
            "{part} cannot be saved: it needs state(), which returns what fit has learned as arrays by name, and "
            "restore(arrays), which takes them back",
            part=type(step).__name__,
        )
    else:
        learned = {}
    arrays |= {f"{where}/learned/{name}": np.asarray(value) for name, value in learned.items()}
    settings = {
        name: {"backbone": _describe_backbone(value)}
        if name == "backbone"
        else _describe(value, arrays, f"{where}/{name}")
        for name, value in _settings_of_step(step).items()
    }
    return {"class": type(step).__name__, "settings": settings}


def _settings_of_step(step: Any) -> dict[str, Any]:
    return step.get_params(deep=False) if hasattr(step, "get_params") else settings_of(step)
