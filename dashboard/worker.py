"""A worker process: calls what the server asks for, until the server closes its end of the pipe. See ``workers.py``."""

import pickle
import sys
import traceback

from metalearn import families, own, recipes, watching  # noqa: F401  # at once, while nobody is waiting yet
from metalearn.errors import MetalearnError


def main() -> None:
    """Answer requests from standard input on standard output: with what a function returns, and what it raises."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints must not print among the answers
    while True:
        try:
            function, arguments, named = pickle.load(requests)
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
