"""What does not fit is refused: entries and arrays that are missing, unknown, misshapen or not finite."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metalearn import artifacts
from metalearn.errors import MetalearnError
from metalearn.schema import Array, check_arrays, check_entries, floats, layout_of, whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FITTING = {
    "name": (str, "x"),
    "count": (int, 3),
    "share": (float, 1),
    "names": (list[str], ["x"]),
    "curve": (list[tuple[int, float]], [[1, 0.5]]),
    "base": (str | None, None),
    "parts": (list[dict[str, Any]], [{}]),
}
MISFITS = [
    ("name", 3),
    ("count", True),
    ("count", 1.0),
    ("share", float("nan")),
    ("share", float("inf")),
    ("share", True),
    ("share", "1"),
    ("names", "x"),
    ("names", ["x", 1]),
    ("curve", [[1]]),
    ("curve", [[1, 0.5, 2]]),
    ("curve", [[0.5, 1]]),
    ("base", 1),
    ("parts", {}),
    ("parts", [[]]),
]
WANTED = {name: kind for name, (kind, _) in FITTING.items()}
ENTRIES = {name: value for name, (_, value) in FITTING.items()}

LAYOUT = {"rows": floats("tasks", "D"), "flat": floats("tasks", 2), "ids": whole("tasks"), "images": Array("u", (4, 4))}
ARRAYS = {
    "rows": np.zeros((5, 3), np.float32),
    "flat": np.zeros((5, 2)),
    "ids": np.zeros(5, int),
    "images": np.zeros((4, 4), np.uint8),
}


def test_what_fits_is_taken() -> None:
    check_entries("file", ENTRIES, WANTED)
    assert check_arrays("file", ARRAYS, LAYOUT) == {"tasks": 5, "D": 3}


@pytest.mark.parametrize("missing", WANTED)
def test_a_missing_entry_is_named(missing: str) -> None:
    with pytest.raises(MetalearnError, match=f"file cannot be used: it lacks '{missing}'; restore it, or remove it"):
        check_entries("file", {name: value for name, value in ENTRIES.items() if name != missing}, WANTED)


@pytest.mark.parametrize(("name", "value"), MISFITS)
def test_an_entry_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(MetalearnError, match=f"its '{name}' is not what it should be"):
        check_entries("file", ENTRIES | {name: value}, WANTED)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(list(WANTED)), value=JSON)
def test_any_json_fits_or_is_refused(name: str, value: object) -> None:
    try:
        check_entries("file", ENTRIES | {name: value}, WANTED)
    except MetalearnError:
        assert type(value) is not type(ENTRIES[name]) or value


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"more": np.zeros(1)}, "nothing is known of its array 'more'"),
        ({"rows": np.zeros((4, 3))}, "'flat' is \\[5, 2\\], not \\[4, 2\\]"),
        ({"flat": np.zeros((5, 3))}, "'flat' is \\[5, 3\\], not \\[5, 2\\]"),
        ({"rows": np.zeros(5)}, "not fractions \\[tasks, D\\]"),
        ({"rows": np.zeros((5, 3), int)}, "not fractions"),
        ({"ids": np.zeros(5)}, "not whole numbers \\[tasks\\]"),
        ({"ids": np.zeros(5, bool)}, "not whole numbers"),
        ({"images": np.zeros((4, 4), np.int8)}, "not bytes"),
        ({"rows": np.full((5, 3), np.nan)}, "'rows' holds numbers that are not finite"),
        ({"rows": np.full((5, 3), -np.inf)}, "not finite"),
    ],
)
def test_arrays_that_do_not_fit_are_named(changed: dict[str, np.ndarray], reason: str) -> None:
    with pytest.raises(MetalearnError, match=reason):
        check_arrays("file", ARRAYS | changed, LAYOUT)


@pytest.mark.parametrize("missing", LAYOUT)
def test_a_missing_array_is_named(missing: str) -> None:
    with pytest.raises(MetalearnError, match=f"it lacks the array '{missing}'"):
        check_arrays("file", {name: array for name, array in ARRAYS.items() if name != missing}, LAYOUT)


def test_a_size_that_is_known_is_kept_to() -> None:
    with pytest.raises(MetalearnError, match="'rows' is"):
        check_arrays("file", ARRAYS, LAYOUT, {"tasks": 6})


def test_the_layout_of_what_is_there_fits_it() -> None:
    check_arrays("file", ARRAYS, layout_of(ARRAYS))


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_description_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "described.json"
    file.write_bytes(content)
    with pytest.raises(MetalearnError):
        artifacts.load(file.with_suffix(""))


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe{", b"1" * 5000])
def test_a_description_that_no_parser_likes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "thing.json").write_bytes(content)
    with pytest.raises(MetalearnError, match="it is no description"):
        artifacts.load(tmp_path / "thing")
