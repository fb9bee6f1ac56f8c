"""macOS and Windows by construction: nothing is used that only Linux has, when modules are imported and afterwards."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import dashboard
import metalearn

ROOT = Path(__file__).parent.parent
# Standard modules that Windows lacks, and names that Windows or macOS lack in modules that are there.
MODULES = {"crypt", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
NAMES = {
    "os": {"fork", "forkpty", "getpgid", "getppid", "getuid", "geteuid", "killpg", "mkfifo", "nice", "pipe2", "setpgid"}
    | {
        "setsid",
        "sync",
        "sysconf",
        "uname",
        "wait3",
        "wait4",
        "getloadavg",
        "chown",
        "chroot",
        "openpty",
        "memfd_create",
    }
    | {
        "sched_getaffinity",
        "sched_setaffinity",
        "sched_yield",
        "posix_fadvise",
        "posix_fallocate",
        "sendfile",
        "WNOHANG",
    },
    "signal": {
        "SIGKILL",
        "SIGALRM",
        "SIGCHLD",
        "SIGCONT",
        "SIGHUP",
        "SIGPIPE",
        "SIGQUIT",
        "SIGSTOP",
        "SIGUSR1",
        "SIGUSR2",
    }
    | {"alarm", "pause", "pthread_kill", "pthread_sigmask", "setitimer", "sigwait"},
    "time": {"clock_gettime", "clock_settime", "tzset", "CLOCK_MONOTONIC"},
    "socket": {"AF_UNIX", "SO_REUSEPORT", "socketpair"},
}
# Each stands behind a question: `benchmark.scaling.check`, and hasattr.
GUARDED = {
    ("metalearn/benchmark/scaling.py", "import resource"),
    ("metalearn/course/preflight.py", "os.sched_getaffinity"),
}


def sources() -> list[Path]:
    return sorted(
        p for folder in ("metalearn", "dashboard", "notebooks", ".github") for p in (ROOT / folder).rglob("*.py")
    )


def uses(file: Path) -> set[tuple[str, str]]:
    """Return what a file takes from the lists above, as pairs of its path and the name."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {f"import {alias.name}" for alias in node.names if alias.name in MODULES}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"import {node.module}"} if node.module in MODULES else set()
            found |= {f"{node.module}.{a.name}" for a in node.names if a.name in NAMES.get(node.module or "", ())}
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            found |= {f"{owner}.{node.attr}"} if node.attr in NAMES.get(owner, ()) else set()
            found |= {f"{owner}.{node.attr}"} if owner.startswith("torch.ops.mkldnn") else set()
    return {(file.relative_to(ROOT).as_posix(), name) for name in found}


def test_no_name_that_another_system_lacks_is_used() -> None:
    assert set().union(*map(uses, sources())) == GUARDED


def test_the_search_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "a.py").write_text(
        "import os, fcntl\nfrom os import fork\ndef f():\n  import resource\n  os.killpg(1, signal.SIGKILL)\n"
        "  torch.ops.mkldnn._is_mkldnn_bf16_supported()\n"
    )
    assert {name for _, name in uses(tmp_path / "a.py")} == {
        "import fcntl",
        "import resource",
        "os.fork",
        "os.killpg",
        "signal.SIGKILL",
        "torch.ops.mkldnn._is_mkldnn_bf16_supported",
    }


# The packages that the kit needs know their system, so they are imported while everything is still there.
ELSEWHERE = """
import importlib, os, signal, socket, sys, time, types
import numpy, numba, PIL, plotly, platformdirs, safetensors.torch, sklearn, streamlit, torch, torchvision, tqdm, umap
import concurrent.futures.process, multiprocessing.spawn, subprocess, tempfile, torch.distributed
import streamlit.web.bootstrap, streamlit.testing.v1

for module in {modules!r}:
    sys.modules[module] = None
for module, names in {names!r}.items():
    for name in names:
        vars(sys.modules[module]).pop(name, None)
torch.ops.mkldnn = types.SimpleNamespace()

for module in {wanted!r}:
    importlib.import_module(module)

import metalearn as ml
from metalearn.benchmark import scaling
try:
    scaling.check()
except ml.MetalearnError as error:
    print(error)
characters = ml.load_characters("glyphs")
pool = ml.split(characters, "lake").train[:40]
tasks = ml.Episodes(characters, pool, queries=1, batch_size=2)
learner = ml.Learner(ml.Backbone(widths=(8,), groups=2, pools=(4,)), ml.PrototypeInit(), ml.SGD(0.1), steps=0)
half = ml.Schedule(half_precision=True)
ml.train(learner, tasks, validation=tasks, meta_steps=1, schedule=half, validation_tasks=2)
"""


def test_everything_is_imported_and_trained_where_they_are_absent() -> None:
    wanted = [
        found.name
        for package in (metalearn, dashboard)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        # Streamlit runs the pages; a module __main__ or a worker process starts when it is imported.
        if not found.name.startswith("dashboard.views")
        and found.name not in ("metalearn.__main__", "dashboard.app", "dashboard.worker_process")
    ]
    assert {"metalearn.cli.commands", "metalearn.training.outer_loop", "dashboard.worker_pool"} <= set(wanted)
    code = ELSEWHERE.format(modules=sorted(MODULES), names=NAMES, wanted=wanted)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "cannot be measured on this system" in done.stdout
