"""Worker processes beside the server's, for work that keeps a processor busy.

Python runs one thread of a process at a time. A learner makes thousands of small tensor operations, and each gives up
its turn and has to wait for the next one. In the server, with other visitors' pages being made, an adaptation of a
third of a second would take many seconds. In a process of its own it takes a third of a second.
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

WORKERS = 2  # how many work at once; further visitors wait
LONGEST_WAIT_S = 60
ROOT = Path(__file__).parent.parent

P = ParamSpec("P")
R = TypeVar("R")


class Worker:
    """A process that calls functions, one at a time (``dashboard/worker_process.py``). It ends when the server does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def process(self) -> "subprocess.Popen[bytes]":
        """Return the process, after starting it if it does not run."""
        if self._process is None or self._process.poll() is not None:
            path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
            # One thread each: the workers would only take processors from one another.
            environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
            command = [sys.executable, "-m", "dashboard.worker_process"]
            self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def call(self, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        """Call ``function`` in the process. Pickles are safe here: they pass between the server and its own child."""
        # Bytes in bytes: the worker receives a call before it has imported what the call needs.
        call = pickle.dumps(pickle.dumps((function, arguments, named)))
        process = self.process()
        try:
            process.stdin.write(call)  # type: ignore[union-attr]  # it is a pipe
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


# Last in, first out: the worker that was used last has its learners loaded already.
IDLE: "queue.LifoQueue[Worker]" = queue.LifoQueue()
for _worker in range(WORKERS):
    IDLE.put(Worker())


def wake() -> None:
    """Start the process that will be used first, and do not wait for it."""
    try:
        worker = IDLE.get_nowait()
    except queue.Empty:
        return
    worker.process()
    IDLE.put(worker)


def run(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Call a function in a worker process, as soon as one is free; return what it returns, or raise what it raises.

    The function has to be one that can be imported by name. Raises MetalearnError where no worker is free within a
    minute, and where the worker's process ends.
    """
    try:
        worker = IDLE.get(timeout=LONGEST_WAIT_S)
    except queue.Empty:
        raise MetalearnError("Too many others are adapting just now; try again in a minute.") from None
    try:
        return worker.call(function, *arguments, **named)
    finally:
        IDLE.put(worker)
