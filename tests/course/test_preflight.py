"""What the course needs is looked at, and what is missing is named with what to do."""

import json
import re
import sys
import tempfile
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from metalearn.course import calibration, preflight
from metalearn.course.calibration import read_reference, time_round

ROOT = Path(__file__).parents[2]
Findings = dict[str, preflight.Finding]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the kernel and the timing, which have tests of their own."""
    monkeypatch.setattr(preflight, "_kernel", lambda: preflight.Finding("notebook kernel", "starts"))
    monkeypatch.setattr(preflight, "time_round", lambda: 2 * read_reference().round_s)


def looked(data_dir: Path | None = None) -> Findings:
    return {finding.what: finding for finding in preflight.look(data_dir)}


def test_a_machine_with_everything_is_ready(quick: None) -> None:
    found = looked(Path("glyphs"))
    assert not any(finding.needed for finding in found.values())
    assert set(found) == {
        *("Python", "packages", "notebook packages", "cores", "cache", "notebook kernel", "data", "memory", "times")
    }
    assert "metalearn data download" in found["data"].do  # glyphs will do, and Omniglot is better


def test_times_are_those_of_the_reference_times_the_factor(quick: None) -> None:
    first = read_reference().notebooks[0]
    assert f"2.0 times the reference's; about {first.notebook} {2 * first.seconds:.0f}," in looked()["times"].found
    late = [one.notebook for one in read_reference().notebooks if 2 * one.seconds > one.promised]
    assert ", ".join(late) in looked()["times"].do


def test_a_missing_package_is_named_and_nothing_that_needs_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "IN_NOTEBOOKS", ("ipywidgets", "no-such-package"))
    found = looked()
    assert found["notebook packages"].needed
    assert "no-such-package" in found["notebook packages"].found
    assert "pip install" in found["notebook packages"].do
    assert "data" not in found


def test_data_that_cannot_be_read(quick: None, tmp_path: Path) -> None:
    found = looked(tmp_path / "nowhere")
    assert found["data"].needed
    assert "times" not in found


def test_what_ships_is_damaged(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> float:
        raise preflight.MetalearnError("preinit cannot be used")

    monkeypatch.setattr(preflight, "time_round", damaged)
    assert looked()["trained files"].needed


@pytest.mark.parametrize(
    ("free_mb", "do", "needed"), [(100_000, "", False), (1_300, "leave out", False), (9, "00", True)]
)
def test_memory(quick: None, monkeypatch: pytest.MonkeyPatch, free_mb: int, do: str, needed: bool) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=free_mb * 2**20))
    monkeypatch.setattr(preflight, "CONTAINER_LIMIT", Path("nowhere"))
    found = looked()["memory"]
    assert do in found.do
    assert found.needed == needed


@pytest.mark.parametrize(("limit", "free_mb"), [(str(1300 * 2**20), 1300), ("max", 8000), (str(2**50), 8000)])
def test_a_container_may_allow_less(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, free_mb: int
) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=8000 * 2**20))
    monkeypatch.setattr(preflight, "CONTAINER_LIMIT", tmp_path / "memory.max")
    (tmp_path / "memory.max").write_text(limit + "\n")
    assert looked()["memory"].found.startswith(f"{free_mb:,} MB free")


def test_a_cache_that_cannot_be_written(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**named: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    found = looked()["cache"]
    assert "METALEARN_CACHE" in found.do
    assert not found.needed  # the course runs without


FOUND = "from ipykernel import kernelapp; kernelapp.launch_new_instance()"
NOT_FOUND = f"import sys; sys.modules['metalearn'] = None; {FOUND}"


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ([sys.executable, "-c", FOUND], "starts, and finds the kit"),
        ([sys.executable, "-c", NOT_FOUND], "starts, and does not find the kit"),
        (["no-such-python"], "does not start"),
    ],
)
def test_the_kernel_behind_the_name_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: list[str], said: str
) -> None:
    pytest.importorskip("ipykernel")
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    specification = {"argv": [*start, "-f", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(specification))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = preflight._kernel()
    assert said in finding.found
    assert finding.needed == bool(finding.do) == (start[-1] != FOUND)


def test_the_packages_are_those_that_the_kit_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["notebooks"]]
    names = {re.split(r"[><=]", line)[0] for line in asked}
    assert set(preflight.PACKAGES) <= names
    assert set(preflight.IN_NOTEBOOKS) - {"ipykernel"} <= names  # which JupyterLab brings


def test_the_reference_times_are_those_of_the_book() -> None:
    table = re.findall(
        r"^\| (\d\d) \| (\d+) \| (\d+) \| (\d+) \|$", (ROOT / "book" / "teaching.md").read_text("utf-8"), re.M
    )
    rows = [(one.notebook, one.seconds, one.promised, one.peak_mb) for one in read_reference().notebooks]
    assert rows == [(name, *map(int, numbers)) for name, *numbers in table]


def test_a_round_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "ROUNDS", 1)
    assert time_round() > 0


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = read_reference()
    (tmp_path / "times.json").write_text(str(reference), "utf-8")
    monkeypatch.setattr(calibration, "TIMES", tmp_path / "times.json")
    assert read_reference() == reference
