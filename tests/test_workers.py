"""Workers end with the process that they work for, and when it is interrupted: soon, and without a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metalearn._workers import workers

HERE = str(Path(__file__).parent)
# Two workers that note their process, and then would work for a minute.
WORKING = f"""
import sys, time
sys.path.insert(0, {HERE!r})
import test_workers as t
if __name__ == "__main__":
    with t.workers(2, t.nothing) as processes:
        started = [processes.submit(t.work, sys.argv[1]) for _ in range(2)]
        [future.result() for future in started]
"""


def nothing() -> None:
    """No preparation."""


def work(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)


def half(number: int) -> int:
    return number // 2


def test_they_work() -> None:
    with workers(1, nothing) as processes:
        assert processes.submit(half, 84).result() == 42


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("end", ["a terminal interrupts all", "a program interrupts the first", "the first is killed"])
def test_they_end_with_the_first_process(tmp_path: Path, end: str) -> None:
    script = tmp_path / "working.py"
    script.write_text(WORKING)
    (tmp_path / "pids").mkdir()
    command = [sys.executable, str(script), str(tmp_path / "pids")]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    started = time.monotonic()
    while len(pids := [int(path.name) for path in (tmp_path / "pids").iterdir()]) < 2:
        assert time.monotonic() - started < 60
        time.sleep(0.05)
    if end == "a terminal interrupts all":
        os.killpg(first.pid, signal.SIGINT)
    else:
        first.send_signal(signal.SIGINT if end.startswith("a program") else signal.SIGKILL)
    said = first.communicate(timeout=30)[1]
    assert said.count("Traceback") == (0 if end == "the first is killed" else 1)  # the first one's own
    while any(map(alive, pids)):
        assert time.monotonic() - started < 90
        time.sleep(0.05)
