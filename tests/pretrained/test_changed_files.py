"""Files that were changed after they were made, their checksum with them: they load, or one line says what is wrong.

Nothing in a file sets an attribute, imports, or asks for more memory than the file has numbers.
"""

import copy
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import metalearn as ml
from metalearn import artifacts
from metalearn.characters import cache
from metalearn.errors import MetalearnError
from metalearn.pretrained.learners import load_learner

NETWORK = ml.Backbone(widths=(4, 4), groups=2, pools=(2,))
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Kind:
    """A file that is as it should be, and what reads it."""

    path: Path
    read: Callable[[], object]


def own_learner(small: ml.CharacterSet) -> ml.Learner:
    tasks = ml.Episodes(small, np.arange(12), 3, 2, 2, batch_size=6).batch(0)
    gradient = ml.GradientEmbedding(NETWORK, NETWORK.initial(1), steps=1)
    embedder = make_pipeline(gradient, StandardScaler(), PCA(3, whiten=True)).fit(tasks)
    return ml.Learner(NETWORK, ml.EmbeddingInit(NETWORK, 3, hidden_size=5), ml.SGD(0.1), embedder=embedder)


def read_cache() -> ml.CharacterSet | None:
    """Read the cached characters; what the log says of a copy that cannot be used is raised here."""
    said: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = said.append  # type: ignore[method-assign]
    logging.getLogger("metalearn").addHandler(handler)
    try:
        found = cache.read_cache("small")
    finally:
        logging.getLogger("metalearn").removeHandler(handler)
    if said:
        raise MetalearnError("{said}", said=said[0].getMessage())
    return found


@pytest.fixture(scope="module")
def kinds(small: ml.CharacterSet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kind]]:
    """One of each kind of file, in a folder of their own, small enough to be read many times."""
    root = tmp_path_factory.mktemp("files")
    own_learner(small).save(root / "own")
    for name in ("anil", "neighbours", "prototypes", "episodes", "collaborative", "map-gradient"):
        for suffix in ("json", "safetensors"):
            file = Path("lake") / f"{name}.{suffix}"
            (root / file).parent.mkdir(exist_ok=True)
            shutil.copyfile(artifacts.PRETRAINED / file, root / file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METALEARN_CACHE", str(root))
        cache.write_cache("small", small)
        yield {
            "own learner": Kind(root / "own", lambda: ml.load_learner(root / "own")),
            "learner": Kind(root / "lake" / "anil", lambda: load_learner(root / "lake" / "anil")),
            "told learner": Kind(root / "lake" / "neighbours", lambda: load_learner(root / "lake" / "neighbours")),
            "embedder": Kind(root / "lake" / "episodes", lambda: ml.load_embedder(str(root / "lake" / "episodes"))),
            "solvers": Kind(
                root / "lake" / "collaborative", lambda: ml.load_embedder(str(root / "lake" / "collaborative"))
            ),
            "map": Kind(root / "lake" / "map-gradient", lambda: ml.load_map(str(root / "lake" / "map-gradient"))),
            "cache": Kind(root / "small", read_cache),
        }


KINDS = ("own learner", "learner", "told learner", "embedder", "solvers", "map", "cache")


def refused(kind: Kind, arrays: Arrays, description: dict[str, Any]) -> str:
    """Write a changed file, read it, and put the old one back; return the error, or nothing where it was read."""
    before = artifacts.load(kind.path)
    artifacts.save(kind.path, arrays, description)
    said = ""
    try:
        kind.read()
    except MetalearnError as error:
        said = str(error)
    finally:
        artifacts.save(kind.path, *before)
    assert "\n" not in said
    return said


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray | None]] = {
    "missing": lambda array: None,
    "one more dimension": lambda array: array[None],
    "flat": lambda array: array.reshape(-1, 1, 1),
    "empty": lambda array: array[..., :0] if array.ndim else array.reshape(1)[:0],
    "of another type": lambda array: array.astype(np.int16 if array.dtype.kind == "f" else np.float64),
    "not finite": lambda array: np.full(array.shape, np.nan),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", CHANGES)
def test_an_array_that_is_not_as_it_should_be(name: str, change: str, kinds: dict[str, Kind]) -> None:
    arrays, description = artifacts.load(kinds[name].path)
    for array in (sorted(arrays)[0], sorted(arrays)[-1]):
        found = CHANGES[change](arrays[array])
        changed = {key: value for key, value in {**arrays, array: found}.items() if value is not None}
        assert "cannot be used: " in refused(kinds[name], changed, description)


@pytest.mark.parametrize("name", KINDS)
def test_an_array_too_many(name: str, kinds: dict[str, Kind]) -> None:
    arrays, description = artifacts.load(kinds[name].path)
    learned = ("embedder/0/learned/__class__", "embedder/1/learned/transform", "embedder/__class__", "reducer/whiten")
    for array in ("more", "start.more", *learned):
        assert "cannot be used: " in refused(kinds[name], {**arrays, array: np.ones(2)}, description)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_another_kind(name: str, kinds: dict[str, Kind]) -> None:
    arrays, description = artifacts.load(kinds[name].path)
    assert "its kind is 'note'" in refused(kinds[name], arrays, {**description, "kind": "note"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([10**5, 10**9]) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value in what was read from JSON; of a long list, only the beginning."""
    entries = value.items() if isinstance(value, dict) else enumerate(value[:4]) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*at, key)
        yield from places(inner, (*at, key))


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_entry_may_be_anything(name: str, kinds: dict[str, Kind], data: st.DataObject) -> None:
    arrays, description = artifacts.load(kinds[name].path)
    changed = copy.deepcopy(description)
    *way, last = data.draw(st.sampled_from(list(places(description))))
    holder = changed
    for key in way:
        holder = holder[key]
    if data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(JSON)
    assert len(refused(kinds[name], arrays, changed).splitlines()) <= 1


def test_a_short_file_cannot_ask_for_all_memory(kinds: dict[str, Kind]) -> None:
    arrays, description = artifacts.load(kinds["own learner"].path)
    assert "more than are in the file" in refused(
        kinds["own learner"], arrays, {**description, "backbone": {**description["backbone"], **huge(description)}}
    )


def huge(description: dict[str, Any]) -> dict[str, Any]:
    settings = {**description["backbone"]["settings"], "widths": [10**5, 10**5]}
    return json.loads(json.dumps({"settings": settings}))


def test_what_was_changed_is_as_before_afterwards(kinds: dict[str, Kind]) -> None:
    for kind in kinds.values():
        assert kind.read() is not None
