"""What the machine does not allow is one line with an exit code, and no traceback: disks, memory, pipes, letters."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch

from metalearn import cli

Capture = pytest.CaptureFixture[str]


def allocate_too_much() -> None:
    torch.empty(2**60, dtype=torch.uint8)


def numpy_too_much() -> None:
    np.zeros(2**60, np.uint8)


def read_a_folder() -> None:
    Path("/").read_bytes()


def encode_in_vain() -> None:
    "Ж".encode("ascii")


def say(error: BaseException) -> object:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (say(PermissionError(13, "Permission denied", "E.csv")), "E.csv: Permission denied"),
        (say(OSError(28, "No space left on device")), "No space left on device"),
        (say(OSError("a message\nof two lines")), "a message of two lines"),
        (read_a_folder, "/"),
        (allocate_too_much, "not enough memory"),
        (numpy_too_much, "not enough memory"),
        (say(MemoryError()), "not enough memory"),
        (encode_in_vain, "letters that cannot be read or written"),
        (say(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")), "letters that cannot be read"),
    ],
)
def test_the_machines_errors(capsys: Capture, monkeypatch: pytest.MonkeyPatch, work: object, said: str) -> None:
    monkeypatch.setattr("metalearn.cli.commands.data_info", lambda options: work())  # type: ignore[operator]
    assert cli.main(["data", "info"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("metalearn: ")
    assert said in line


def test_an_interruption(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.cli.commands.data_info", lambda options: say(KeyboardInterrupt())())
    assert cli.main(["data", "info"]) == 130
    assert capsys.readouterr().err == "metalearn: interrupted\n"


def test_a_fault_of_the_kit_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalearn.cli.commands.data_info", lambda options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["data", "info"])


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "metalearn", *arguments]
    return subprocess.run(
        command, env=os.environ | {"METALEARN_DATA": "glyphs"} | environment, capture_output=True, timeout=120
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_picture_in_any_encoding(encoding: str) -> None:
    done = run("data", "preview", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode(encoding).splitlines()
    assert len(lines) == 15
    assert set("".join(lines[1:])) <= set(" ▀▄█" if encoding == "utf-8" else " '.#")


def test_a_name_that_the_terminal_cannot_show(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("字", "é"):
        (tmp_path / "A" / name).mkdir(parents=True)
        drawn = Image.new("L", (30, 30), 255)
        drawn.paste(0, (12, 5, 16, 25))
        drawn.save(tmp_path / "A" / name / "1.png")
    done = run("data", "preview", "--data-dir", str(tmp_path), PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"\\u5b57" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
@pytest.mark.parametrize("words", [("--version",), ("data", "info", "--json")])
def test_a_full_disk_behind_stdout(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "metalearn", *words],
            env=os.environ | {"METALEARN_DATA": "glyphs", "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "metalearn: No space left on device"
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("data", "info", "--json")])
def test_a_reader_that_has_seen_enough(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "metalearn", *words],
        env=os.environ | {"METALEARN_DATA": "glyphs"},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert done.returncode == 0
    assert all(line.startswith("metalearn: data:") for line in done.stderr.splitlines())


@pytest.mark.skipif(os.name == "nt", reason="a program of Windows cannot interrupt one other program alone")
def test_the_launcher_serves_behind_a_proxy_and_ends_the_server() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "metalearn", "dashboard", "--no-browser", "--port", str(port)]
    behind_a_proxy = ["--allowed-host", "kit.example.org", "--base-path", "/kit"]
    with (
        subprocess.Popen(
            [*command, *behind_a_proxy], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as launcher,
        ExitStack() as whatever_happens,
    ):
        whatever_happens.callback(launcher.terminate)
        wait_for(port, "/kit")
        pages = {host: page(port, "/kit/", host) for host in ("localhost", "kit.example.org", "other.example.org")}
        inner = page(port, "/kit/adaptation", "kit.example.org")
        launcher.send_signal(signal.SIGINT)
        _, said = launcher.communicate(timeout=60)
    assert launcher.returncode == 130
    assert said.splitlines()[-1] == "metalearn: interrupted"
    assert f"http://localhost:{port}/kit" in said
    assert "<script" in pages["localhost"]
    assert pages["kit.example.org"] == pages["localhost"]
    assert "BACKEND_BASE_URL" in inner  # it says where its server is
    line = "metalearn dashboard --allowed-host other.example.org"  # on the page, and in the terminal
    assert line in pages["other.example.org"]
    assert line in said
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5)


def page(port: int, path: str, host: str) -> str:
    """Return what a browser is shown that asks for this host, as one behind a proxy does."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        return refused.read().decode()


def wait_for(port: int, base: str = "") -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{base}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the dashboard did not start")
