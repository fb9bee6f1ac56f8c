"""A worker process: calls the functions that the server asks for, until the server closes the pipe.

The server's side is in ``worker_pool.py``.
"""

import pickle
import sys
import traceback

# Imported right away, so that the first visitor does not wait for torch.
import metalearn.evaluation.accuracy
import metalearn.plots.player.recorder
import metalearn.pretrained.learners
import metalearn.tasks.single_task  # noqa: F401
from metalearn.errors import MetalearnError


def main() -> None:
    """Read calls from standard input; write what each returned or raised to standard output."""
    calls, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print would garble the answers
    while True:
        try:
            function, arguments, named = pickle.load(calls)
        except EOFError:
            return
        returned, raised = None, None
        try:
            returned = function(*arguments, **named)
        except Exception as error:
            if not isinstance(error, MetalearnError):
                traceback.print_exc()
            raised = error
        pickle.dump((returned, raised), answers)
        answers.flush()


if __name__ == "__main__":
    main()
