"""pyproject.toml, constraints.txt and environment.yml agree, and the package is whole and light to import."""

import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"torch": "pytorch-cpu"}


def needed() -> dict[str, Requirement]:
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for name in extras if name != "all" for line in extras[name])]
    return {(found := Requirement(line)).name: found for line in lines}


def pinned() -> dict[str, Version]:
    pins = re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    return {name: Version(version) for name, version in pins}


def test_every_dependency_has_a_lower_bound_and_a_tested_version_above_it() -> None:
    for name, requirement in needed().items():
        assert [s.operator for s in requirement.specifier] == [">="], name
        assert pinned()[name] in requirement.specifier, name


def test_the_installed_versions_are_the_tested_ones() -> None:
    from importlib.metadata import version

    extras = PROJECT["optional-dependencies"]
    tested = [*PROJECT["dependencies"], *extras["notebooks"], *extras["dashboard"], *extras["onnx"], *extras["test"]]
    for name in (Requirement(line).name for line in tested):
        assert Version(version(name)).base_version == str(pinned()[name]), name


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    script = [sys.executable, ROOT / ".github" / "lowest.py"]
    lines = subprocess.run(script, capture_output=True, text=True, check=True).stdout.splitlines()
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["notebooks"], *extras["dashboard"], *extras["test"]]
    assert lines == [line.replace(">=", "==") for line in wanted]


def test_the_lock_holds_hashes_of_the_tested_versions_of_all_that_a_user_needs() -> None:
    """``make lock`` writes it again."""
    entries = (ROOT / "requirements.lock").read_text().replace("\\\n", " ").splitlines()
    locked = {re.match(r"[\w.-]+", line)[0]: line for line in entries}  # type: ignore[index]
    assert all(re.search(r"==\S+.* --hash=sha256:[0-9a-f]{64}", line) for line in entries)
    assert not any("://" in line for line in entries)
    extras = PROJECT["optional-dependencies"]
    for line in [*PROJECT["dependencies"], *extras["notebooks"], *extras["dashboard"]]:
        name = Requirement(line).name
        assert locked[name].startswith(f"{name}=={pinned()[name]} "), name
    for name in locked.keys() & pinned().keys():
        assert locked[name].startswith(f"{name}=={pinned()[name]} "), name


def test_a_deprecation_is_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    with pytest.raises(PendingDeprecationWarning):
        warnings.warn("soon old", PendingDeprecationWarning, stacklevel=1)


def test_conda_installs_all_that_the_kit_needs_so_that_pip_fetches_nothing() -> None:
    lines = re.findall(r"^  - (\S+)$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["notebooks"], *extras["dashboard"]]
    for requirement in map(Requirement, wanted):
        assert f"{CONDA_NAMES.get(requirement.name, requirement.name)}{requirement.specifier}" in lines
    assert f"python{PROJECT['requires-python']}" in lines
    assert "- --editable ." in (ROOT / "environment.yml").read_text()


def test_the_links_that_open_the_course_elsewhere_lead_to_the_repository_that_is_named() -> None:
    source = PROJECT["urls"]["Source"].removeprefix("https://github.com/")
    text = (ROOT / "book" / "running.md").read_text("utf-8")
    links = dict(re.findall(r"^\[(binder|colab)\]: (\S+)$", text, re.MULTILINE))
    binder, _, binder_opens = links["binder"].partition("/HEAD?urlpath=lab/tree/")
    colab, _, colab_opens = links["colab"].partition("/blob/main/")
    assert binder == f"https://mybinder.org/v2/gh/{source}"
    assert colab == f"https://colab.research.google.com/github/{source}"
    assert (ROOT / binder_opens).is_file()
    assert (ROOT / colab_opens).is_file()


@pytest.mark.parametrize("module", ["metalearn", "metalearn.cli", "metalearn.characters.load"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    heavy = "{'torch', 'torchvision', 'sklearn', 'umap', 'streamlit', 'plotly', 'tqdm'}"
    code = f"import sys, {module}; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_library_never_imports_the_front_ends() -> None:
    for file in (ROOT / "metalearn").rglob("*.py"):
        imported = set(re.findall(r"^\s*(?:import|from) (\w+)", file.read_text(), re.MULTILINE))
        assert not imported & {"streamlit", "jupyterlab", "dashboard"}, file
        assert "ipywidgets" not in imported or file.name == "widgets.py", file
        assert "plotly" not in imported or {"plots", "benchmark"} & set(file.parts), file


def test_all_is_what_a_user_wants() -> None:
    assert PROJECT["optional-dependencies"]["all"] == ["metalearn-kit[dashboard,notebooks]"]


def test_what_ships_is_small_and_holds_no_pickles() -> None:
    files = [
        path
        for path in (ROOT / "metalearn" / "pretrained").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    # 25 MB of learners and embedders; since then a map for each embedding, what learned mixed questions, an ensemble,
    # two worlds, Meta-SGD, CAVIA, ALFA, a transformer, and accuracies in each alphabet.
    assert sum(path.stat().st_size for path in files) < 39_500_000
    assert {path.suffix for path in files} <= {".json", ".safetensors"}


# The two ends of a pipe between the dashboard's server and its own child process.
PIPE = {ROOT / "dashboard" / "worker_pool.py", ROOT / "dashboard" / "worker_process.py"}


def test_no_code_loads_a_pickle() -> None:
    for file in {*(ROOT / "metalearn").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")} - PIPE:
        text = file.read_text()
        assert not re.search(r"import pickle|torch\.load\(|joblib|allow_pickle=True", text), file
