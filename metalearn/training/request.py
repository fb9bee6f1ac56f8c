"""What decides the result of a training, in a form that is kept beside the run and compared before it goes on."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
from torch import Tensor, nn

from metalearn import __version__
from metalearn.characters.character_set import CharacterSet
from metalearn.learners.learner import Learner
from metalearn.tasks.sampler import Sampler
from metalearn.training.objectives import Objective
from metalearn.training.schedule import Schedule

Request = dict[str, Any]  # what decides the result, by name; values that JSON can hold


def describe_request(
    learner: Learner,
    tasks: Sampler,
    validation: Sampler,
    meta_steps: int,
    schedule: Schedule,
    objective: Objective,
    validation_tasks: int,
) -> Request:
    """Return everything that decides the result of a training, by name.

    What is short is kept as it is. Of what is long, such as drawings and parameters, the first digits of a checksum are
    kept.
    """
    hooks = (learner.init, learner.update, learner.modulate)
    return {
        "kit version": __version__,
        "meta_steps": meta_steps,
        **asdict(schedule),
        "objective": _name(objective),
        **_facts("tasks", tasks),
        **_facts("validation", validation),
        "validation_tasks": validation_tasks,
        "learner": repr(learner),
        "learner's settings": checksum((learner.backbone, hooks, learner.steps, learner.second_order)),
        "learner's embedder": checksum(learner.embedder),
        "learner's first parameters": checksum(dict(learner.named_parameters())),
    }


def differences(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Name up to three of the things that differ, or return an empty string where nothing does."""
    names = [name for name in {**asked, **kept} if kept.get(name) != asked.get(name)]
    named = [f"{name}: {kept.get(name)} there, {asked.get(name)} here" for name in names[:3]]
    return "; ".join(named + ["and more"] * (len(names) > 3))


def checksum(value: Any) -> str:
    """Return the first digits of a checksum of anything that a learner, an embedder or a sampler is made of."""
    digest = hashlib.sha256()
    for part in _bytes(value, ()):
        digest.update(part)
    return digest.hexdigest()[:12]


def _facts(name: str, value: Any) -> Request:
    """Describe a setting; where it has settings of its own, these."""
    if isinstance(value, CharacterSet):
        return {name: f"{value.name} ({value.fingerprint})"}
    if is_dataclass(value):
        own = (_facts(f"{name}' {field.name}", getattr(value, field.name)) for field in fields(value))
        return {name: type(value).__name__} | {key: fact for facts in own for key, fact in facts.items()}
    return {name: value if value is None or isinstance(value, bool | int | float | str) else checksum(value)}


def _bytes(value: Any, within: tuple[int, ...]) -> Iterator[bytes]:
    """Yield what a value consists of. ``within`` are the objects that it is a part of: some contain themselves."""
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic):
        yield f"{value.dtype}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, list | tuple | set | frozenset):
        yield f"[{len(value)}".encode()
        for entry in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
            yield from _bytes(entry, within)
    elif isinstance(value, Mapping):
        yield f"{{{len(value)}".encode()
        for key in value:
            yield f"{key}:".encode()
            yield from _bytes(value[key], within)
    elif isinstance(value, CharacterSet):
        yield value.fingerprint.encode()
    elif isinstance(value, FunctionType | type | partial):
        yield _name(value).encode()
        if isinstance(value, partial):
            yield from _bytes((value.func, value.args, value.keywords), within)
    elif hasattr(value, "__dict__") and id(value) not in within:
        yield type(value).__qualname__.encode()
        yield from _bytes(_settings(value), (*within, id(value)))
    else:
        yield repr(value).encode() if value is None or isinstance(value, bool | int | float | str) else b"?"


def _settings(value: Any) -> dict[str, Any]:
    """Return what an object was made with and, of an embedder, what it has learned."""
    if hasattr(value, "get_params"):
        learned = value.state() if hasattr(value, "state") else {n: v for n, v in vars(value).items() if n[-1] == "_"}
        return {**value.get_params(deep=False), **learned}
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    own = {name: part for name, part in vars(value).items() if not name.startswith("_") and name != "training"}
    return {**own, **dict(value.named_children())} if isinstance(value, nn.Module) else own


def _name(value: Any) -> str:
    return getattr(value, "__qualname__", type(value).__qualname__)
