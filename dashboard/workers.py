"""Processes beside the server's, for work that keeps a processor busy.

Python lets one thread of a process run at a time. A learner's thousands of small tensor operations each let go of that
turn and ask for it again, so that in the server an adaptation of a third of a second takes many as soon as other
visitors' pages are being made. In a process of its own it takes a third of a second.
"""

import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from metalearn.errors import MetalearnError

COUNT = 2  # how many work at once; the other visitors wait for their turn
PATIENCE_S = 60
ROOT = Path(__file__).parent.parent

P = ParamSpec("P")
R = TypeVar("R")


class Worker:
    """A process that calls functions, one at a time (``dashboard/worker.py``); it ends when this one does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def process(self) -> "subprocess.Popen[bytes]":
        """Return the process, started if it does not run."""
        if self._process is None or self._process.poll() is not None:
            path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
            # One thread each: more would wait for one another.
            environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
            command = [sys.executable, "-m", "dashboard.worker"]
            self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def call(self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """Call ``function`` there. What travels is pickled, between this process and its own child alone."""
        request = pickle.dumps((function, arguments, named))
        process = self.process()
        try:
            process.stdin.write(request)  # type: ignore[union-attr]  # it is a pipe
            process.stdin.flush()  # type: ignore[union-attr]
            returned, error = pickle.load(process.stdout)  # type: ignore[arg-type]
        except (OSError, EOFError) as lost:
            process.kill()
            process.wait()
            raise MetalearnError("The process that was adapting has ended; try again.") from lost
        if error is not None:
            raise error
        result: R = returned
        return result


IDLE: "queue.LifoQueue[Worker]" = queue.LifoQueue()  # who worked last goes first: it has its learners at hand
for _worker in range(COUNT):
    IDLE.put(Worker())


def wake() -> None:
    """Start the worker that goes first, without waiting for it."""
    try:
        worker = IDLE.get_nowait()
    except queue.Empty:
        return
    worker.process()
    IDLE.put(worker)


def run(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Call a function of a module in a worker, when it is this one's turn, and return what it returns, or raise that.

    Raises MetalearnError where the turn does not come within a minute, and where the worker ends.
    """
    try:
        worker = IDLE.get(timeout=PATIENCE_S)
    except queue.Empty:
        raise MetalearnError("Too many others are adapting just now; try again in a minute.") from None
    try:
        return worker.call(function, *arguments, **named)
    finally:
        IDLE.put(worker)
