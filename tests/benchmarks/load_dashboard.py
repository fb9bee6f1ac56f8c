"""Many visitors at once: real websocket clients that click through the map and the adaptation of a running dashboard.

    METALEARN_DATA=... metalearn dashboard --no-browser --port 8600 &
    python tests/benchmarks/load_dashboard.py --port 8600 --visitors 30 --seconds 120 --pause 6

Each visitor has a session of its own, looks for about ``--pause`` seconds at what a click has brought, and checks that
it is what was asked for, by this visitor and nobody else. Only this machine is ever called. Prints, as JSON, the times
from a click to the end of the page that answers it, and the server's peak memory.
"""

import argparse
import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from metalearn.plots.style import short_name

TIMEOUT_S = 60
LARGEST_MESSAGE = 64 * 2**20


@dataclass
class Visitor:
    """One visitor: what was clicked, how long each answer took, and what went wrong."""

    number: int
    characters: list[str]
    times: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    async def visit(self, port: int, seconds: float, pause: float) -> None:
        """Click from page to page, about ``pause`` seconds apart, until the time is over."""
        rng = random.Random(self.number)
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        async with connect(
            address, subprotocols=["streamlit"], max_size=LARGEST_MESSAGE, origin=f"http://127.0.0.1:{port}"
        ) as socket:
            await self.ask(socket, "start", {})
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                await asyncio.sleep(pause * rng.uniform(0.5, 1.5))
                some = rng.sample(self.characters, 5)
                if rng.random() < 0.5:
                    await self.ask(socket, "task_space", {"tasks": some[:2], "map": rng.choice(["pca-2d", "umap-2d"])})
                else:
                    await self.ask(socket, "adaptation", {"characters": some, "seed": rng.randrange(100)})

    async def ask(self, socket: ClientConnection, page: str, query: dict[str, object]) -> None:
        """Open a view by its address, and read until its page has been run."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(query, doseq=True)
        message.rerun_script.page_script_hash = self.pages.get(page, "")
        start = time.perf_counter()
        await socket.send(message.SerializeToString())
        answer = await asyncio.wait_for(self.answer(socket), TIMEOUT_S)
        self.times.setdefault(page, []).append(time.perf_counter() - start)
        for name in query.get("tasks") or query.get("characters") or []:
            # As captions and the player have it: "Greek/character01" stands in every list of names there is.
            if short_name(str(name)).encode() not in answer:
                self.errors.append(f"visitor {self.number} asked for {name} on {page} and did not get it")

    async def answer(self, socket: ClientConnection) -> bytes:
        """Return what the page says, up to its end."""
        deltas: list[bytes] = []
        while True:
            received = await socket.recv(decode=False)
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self.pages = {
                    entry.url_pathname or "start": entry.page_script_hash for entry in message.navigation.app_pages
                }
            elif kind == "delta":
                deltas.append(received)
                if message.delta.new_element.WhichOneof("type") == "exception":
                    self.errors.append(message.delta.new_element.exception.message)
            elif kind == "script_finished":
                return b"".join(deltas)


def peak_memory_mb(port: int) -> float:
    """Return the most memory that the server on ``port`` and its workers have used so far (Linux), in MB, added up."""
    parents, commands, peaks = {}, {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
            commands[status["Pid"]] = (process / "cmdline").read_text()
            parents[status["Pid"]], peaks[status["Pid"]] = status["PPid"], status.get("VmHWM", "0 kB")
        except (OSError, ValueError):
            continue
    servers = [pid for pid, command in commands.items() if "streamlit" in command and f"port={port}" in command]
    family = {*servers, *(pid for pid, parent in parents.items() if parent in servers)}
    return sum(int(peaks[pid].split()[0]) for pid in family) / 1000 or float("nan")


async def load(port: int, visitors: int, seconds: float, pause: float) -> dict[str, object]:
    """Let that many visitors come within ten seconds and stay for so long."""
    from metalearn.characters.load import load_characters

    characters = list(load_characters(download=False).characters)
    crowd = [Visitor(i, characters) for i in range(visitors)]

    async def come(visitor: Visitor) -> None:
        await asyncio.sleep(10 * visitor.number / visitors)
        await visitor.visit(port, seconds, pause)

    await asyncio.gather(*map(come, crowd))
    pages = sorted({page for visitor in crowd for page in visitor.times})
    times = {page: np.concatenate([visitor.times.get(page, []) for visitor in crowd]) for page in pages}
    times["all"] = np.concatenate(list(times.values()))
    return {
        "visitors": visitors,
        "seconds": seconds,
        "pause_s": pause,
        "interactions": {page: len(taken) for page, taken in times.items()},
        "median_s": {page: round(float(np.median(taken)), 3) for page, taken in times.items()},
        "p95_s": {page: round(float(np.quantile(taken, 0.95)), 3) for page, taken in times.items()},
        "errors": [error for visitor in crowd for error in visitor.errors][:20],
        "peak_memory_mb": round(peak_memory_mb(port)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--visitors", type=int, default=30, choices=range(1, 101), metavar="1..100")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pause", type=float, default=6)
    options = parser.parse_args()
    found = asyncio.run(load(options.port, options.visitors, min(options.seconds, 600), options.pause))
    print(json.dumps(found, indent=1))
    raise SystemExit(1 if found["errors"] else 0)
