"""A worker process: calls the functions that the server asks for, until the server closes the pipe.

The server's side is in ``worker_pool.py``.
"""

import os
import pickle
import sys
import threading
import traceback
from queue import Queue

from metalearn.errors import MetalearnError

CALLS: "Queue[bytes]" = Queue()


def receive() -> None:
    """Put what the server asks for into the queue.

    A closed pipe means that the server is gone: the process ends at once, whatever it is doing, as nobody waits for it.
    """
    while True:
        try:
            CALLS.put(pickle.load(sys.stdin.buffer))
        except (EOFError, pickle.UnpicklingError):
            os._exit(0)


def main() -> None:
    """Do what the server asks for; write what each call returned or raised to standard output."""
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print would garble the answers
    threading.Thread(target=receive, daemon=True).start()
    import_early()
    while True:
        function, arguments, named = pickle.loads(CALLS.get())
        returned, raised = None, None
        try:
            returned = function(*arguments, **named)
        except Exception as error:
            if not isinstance(error, MetalearnError):
                traceback.print_exc()
            raised = error
        pickle.dump((returned, raised), answers)
        answers.flush()


def import_early() -> None:
    """Import what most calls need, so that the first visitor does not wait for torch."""
    import metalearn.evaluation.accuracy
    import metalearn.plots.player.recorder
    import metalearn.pretrained.learners
    import metalearn.tasks.single_task  # noqa: F401


if __name__ == "__main__":
    main()
