"""The measurement on a GPU runs without one, says what it did not measure, and loses nothing to a failure."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from metalearn._device import find_device
from metalearn.benchmark import on_device
from metalearn.characters.character_set import CharacterSet
from metalearn.errors import MetalearnError

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu.sh"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_the_script_measures_a_little_of_everything_on_the_processor(tmp_path: Path) -> None:
    output = tmp_path / "device.json"
    command = (SCRIPT, "--device", "cpu", "--size", "tiny", "--output", output)
    subprocess.run(command, env={**os.environ, "PYTHON": sys.executable}, check=True, capture_output=True)
    found = json.loads(output.read_text())
    assert found["device"].startswith("cpu: ")
    equal, eager, graph, lower, *others, accuracy = found["rows"]
    assert equal["reached"]
    assert set(eager["ratios"]) >= {"the plain way", "torch.func.vmap"}
    assert "CUDA" in graph["not_measured"]
    assert 0 < lower["difference"] < 1
    assert all(row["kit_s"] > 0 and "error" not in row for row in others)
    assert [run["steps"] for run in accuracy["runs"]] == [1]


def test_a_case_that_fails_leaves_its_error_and_the_others(
    small: CharacterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two(*_: Any) -> Iterator[tuple[str, Any]]:
        yield "first", lambda: [{"case": "first", "kit_s": 1 / 0}]
        yield "second", lambda: [{"case": "second"}]

    monkeypatch.setattr(on_device, "_measurements", two)
    saved: list[int] = []
    size = on_device.SIZES["tiny"]
    found = on_device.measure(small, torch.device("cpu"), size, lambda result: saved.append(len(result["rows"])))
    (row,) = on_device.measure(small, torch.device("cpu"), size, lambda _: None, only="seco")["rows"]
    assert row == {"case": "second"}
    with pytest.raises(MetalearnError, match="no case 'third'; there are first, second"):
        on_device.measure(small, torch.device("cpu"), size, lambda _: None, only="third")
    assert found["rows"] == [{"case": "first", "error": "ZeroDivisionError: division by zero"}, {"case": "second"}]
    assert saved == [1, 2]


def test_a_device_that_is_not_there_is_named_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert find_device("auto") == find_device("cpu") == torch.device("cpu")
    with pytest.raises(MetalearnError, match=r"no device 'cuda' here; there is cpu$"):
        find_device("cuda")


def test_a_missing_device_ends_the_measurement_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert on_device.main(["--device", "mps", "--output", str(tmp_path / "x.json")]) == 2
    assert "no device 'mps'" in capsys.readouterr().err
