"""Is this machine ready for the course? One finding for each thing that the course needs, and what to do about it."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn import __version__
from metalearn._files import cache_dir, in_words
from metalearn.course.calibration import Reference, read_reference, time_round
from metalearn.errors import MetalearnError

if TYPE_CHECKING:
    from metalearn.characters.character_set import CharacterSet

OLDEST_PYTHON = (3, 11)
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "umap-learn", "plotly", "safetensors")
IN_NOTEBOOKS = ("jupyterlab", "ipywidgets", "anywidget", "ipykernel")
INSTALL = "install the kit with all that the notebooks need: pip install 'metalearn-kit[all]'"
FEWEST_CORES = 2
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")  # bytes
LONGEST_START_S = 90  # of a notebook's kernel, with the kit imported in it


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    what : str
        Its name.
    found : str
        What there is.
    do : str
        What to do about it; nothing where all is well.
    needed : bool
        Whether the course cannot be taken before that is done.
    """

    what: str
    found: str
    do: str = ""
    needed: bool = False


def look(data_dir: Path | None = None) -> Iterator[Finding]:
    """Look at one thing after another. The last ones, times and memory, need those before them."""
    yield _python()
    packages = [_packages("packages", PACKAGES), _packages("notebook packages", IN_NOTEBOOKS)]
    yield from packages
    yield _cores()
    yield _cache()
    if not any(finding.needed for finding in packages):
        yield _kernel()
        yield from _data_and_times(data_dir)


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}, metalearn {__version__}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", found, "install Python 3.11 or newer", needed=True)
    return Finding("Python", found)


def _packages(what: str, names: tuple[str, ...]) -> Finding:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(what, f"missing: {', '.join(missing)}", INSTALL, needed=True)
    return Finding(what, ", ".join(found))


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    slow = f"the notebooks' times are for {FEWEST_CORES} cores: allow for more" if cores < FEWEST_CORES else ""
    return Finding("cores", str(cores), slow)


def _cache() -> Finding:
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".metalearn-"):
            return Finding("cache", str(folder))
    except OSError as error:
        do = "set METALEARN_CACHE to a folder that you can write to; without one, every start reads the data again"
        return Finding("cache", f"{folder} cannot be written to ({error.strerror})", do)


def _kernel() -> Finding:
    """Start a notebook's kernel and import the kit in it: there may be another Python behind the name, or none."""
    from jupyter_client.manager import start_new_kernel

    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        manager, client = start_new_kernel(LONGEST_START_S, "python3", **silent)
    except Exception as error:  # whatever a broken installation of Jupyter raises
        return Finding("notebook kernel", f"does not start ({in_words(error)})", INSTALL, needed=True)
    try:
        reply = client.execute_interactive("import metalearn", timeout=LONGEST_START_S, output_hook=lambda _: None)
    except TimeoutError:
        return Finding("notebook kernel", "does not answer", "is the machine busy? try again", needed=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] == "ok":
        return Finding("notebook kernel", "starts, and finds the kit")
    do = f"make its Python this one: {sys.executable} -m ipykernel install --user --name python3"
    return Finding("notebook kernel", "starts, and does not find the kit", do, needed=True)


def _data_and_times(data_dir: Path | None) -> Iterator[Finding]:
    from metalearn.characters.load import load_characters

    try:
        characters = load_characters(data_dir, download=False)
    except (MetalearnError, OSError) as error:
        yield Finding("data", in_words(error), "name another folder with --data-dir or METALEARN_DATA", needed=True)
        return
    yield _data(characters)
    reference = read_reference()
    yield _memory(reference)
    try:
        yield _times(reference, time_round() / reference.round_s)
    except (MetalearnError, OSError) as error:
        yield Finding("trained files", in_words(error), "install the kit again", needed=True)


def _data(characters: "CharacterSet") -> Finding:
    found = f"{characters.name}: {len(characters):,} characters, from {characters.source}"
    other = "Omniglot is not here: 'metalearn data download', or 'metalearn data import DIR' (the course runs without)"
    return Finding("data", found, other if characters.name == "glyphs" else "")


def _memory(reference: Reference) -> Finding:
    """Compare the free memory with what the notebooks take."""
    free = _free_bytes() // 2**20
    large = [one.notebook for one in reference.notebooks if one.peak_mb > free]
    most = max(one.peak_mb for one in reference.notebooks)
    found = f"{free:,} MB free; the largest notebook takes {most:,} MB"
    do = f"close other programs, or leave out {', '.join(large)}" if large else ""
    return Finding("memory", found, do, needed=len(large) == len(reference.notebooks))


def _free_bytes() -> int:
    """Return the free memory, or what a container allows (Binder, a JupyterHub) where that is less."""
    import psutil  # which Jupyter's kernel brings

    free = int(psutil.virtual_memory().available)
    try:
        return min(free, int(CONTAINER_LIMIT.read_text()))
    except (OSError, ValueError):  # no container; or one without a limit, which says "max"
        return free


def _times(reference: Reference, factor: float) -> Finding:
    seconds = [f"{one.notebook} {factor * one.seconds:.0f}" for one in reference.notebooks]
    late = [one.notebook for one in reference.notebooks if factor * one.seconds > one.promised]
    found = f"{factor:.1f} times the reference's; about {', '.join(seconds)} s"
    return Finding("times", found, f"longer than promised: {', '.join(late)}; FAST=1 takes fewer tasks" if late else "")
