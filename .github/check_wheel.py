"""Install the wheel into a new environment and use it as someone who has nothing else: no checkout, an empty folder.

    python .github/check_wheel.py dist/metalearn_kit-*.whl constraints.txt

What is expected of the installed command, with the built-in glyphs as data:

1. ``metalearn --version`` names the wheel's version.
2. ``metalearn info`` ends with exit code 0.
3. ``metalearn course copy COURSE`` makes a folder with the course's notebooks, 00 to 10.
4. ``metalearn dashboard --port P --no-browser`` serves: the server says that it is well, its page is there, and a
   visitor's first page is made to its end without an error.
5. It stops when it is asked to, within 20 seconds.

The first thing that is otherwise ends the check with one line and exit code 1.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path
from typing import NoReturn

PATIENCE_S = 120
# Run by the new environment's Python, which has Streamlit: be a visitor, and print what goes wrong on the first page.
VISIT = """
import sys
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

host = f"localhost:{sys.argv[1]}"
stream = f"ws://{host}/_stcore/stream"
with connect(stream, subprotocols=["streamlit"], max_size=None, origin=f"http://{host}") as socket:
    socket.send(BackMsg(rerun_script={}).SerializeToString())
    while (kind := (message := ForwardMsg.FromString(socket.recv(120))).WhichOneof("type")) != "script_finished":
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            sys.exit(message.delta.new_element.exception.message)
if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
    sys.exit("it did not run to its end")
"""


def fail(message: str) -> NoReturn:
    """End the check."""
    sys.exit(f"check_wheel: {message}")


def run(*command: str | Path, folder: Path, environment: dict[str, str]) -> str:
    """Run a command to its end and return what it prints; end the check where it fails."""
    done = subprocess.run([*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        name = " ".join([Path(command[0]).name, *map(str, command[1:3])])
        fail(f"'{name}' ended with {done.returncode}: {said}")
    return done.stdout


def answer(address: str, server: subprocess.Popen[bytes]) -> bytes:
    """Ask until the server answers."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if server.poll() is not None:
            fail(f"'metalearn dashboard' ended by itself with {server.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=10) as page:
                return page.read()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
    fail(f"{address} did not answer within {PATIENCE_S} seconds")


def check(wheel: Path, constraints: Path, folder: Path) -> None:
    """Install the wheel below ``folder``, and go through the list above."""
    empty = folder / "empty"
    empty.mkdir()
    (folder / "visit.py").write_text(VISIT, "utf-8")
    venv.create(folder / "venv", with_pip=True)
    bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"METALEARN_DATA": "glyphs", "METALEARN_CACHE": str(folder / "cache")}

    def call(*command: str | Path) -> str:
        return run(*command, folder=empty, environment=environment)

    pip = (bin / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q", "-c", constraints)
    call(*pip, f"{wheel}[all]")

    version = wheel.name.split("-")[1]
    if version not in (said := call(bin / "metalearn", "--version")):
        fail(f"'metalearn --version' says {said.strip()!r}, and the wheel is of {version}")
    call(bin / "metalearn", "info")
    call(bin / "metalearn", "course", "copy", "COURSE")
    if len(found := sorted(path.name[:2] for path in (empty / "COURSE").glob("[0-9][0-9]_*.ipynb"))) != 12:
        fail(f"'metalearn course copy COURSE' should put notebooks 00 to 11 into COURSE; there are {found or 'none'}")

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    serve = [str(bin / "metalearn"), "dashboard", "--port", port, "--no-browser"]
    with subprocess.Popen(serve, cwd=empty, env=environment) as server:
        try:
            if (health := answer(f"http://localhost:{port}/_stcore/health", server)) != b"ok":
                fail(f"the dashboard's health is {health!r}")
            if b"<html" not in answer(f"http://localhost:{port}/", server):
                fail("the dashboard's address has no page")
            call(bin / "python", folder / "visit.py", port)
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                fail("'metalearn dashboard' did not stop within 20 seconds")


if __name__ == "__main__":
    wheel, constraints = (Path(name).resolve() for name in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="metalearn-wheel-") as folder:
        check(wheel, constraints, Path(folder))
    print(f"{wheel.name} ({wheel.stat().st_size / 1e6:.1f} MB) installs and works by itself")
