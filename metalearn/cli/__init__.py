"""The ``metalearn`` command.

Heavy packages are imported by the subcommands that need them, so that ``--help`` answers at once.
"""

import io
import logging
import os
import sys
from collections.abc import Sequence

from metalearn.errors import MetalearnError

NO_MEMORY = "there is not enough memory for this; ask for fewer tasks, or for smaller ones"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    It is 0, or 2 with one line on stderr if the input, the output or the machine does not allow what was asked for, or
    130 if the user interrupted it. A result that says of itself that it is not ``ready`` gives 2, too. A traceback is
    left for faults of the kit, and of a user's own code.
    """
    _prepare_streams()
    code = 0
    try:
        try:
            code = _run(arguments)
        finally:
            _flush_stdout()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        pass
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except Exception as error:
        line = _in_one_line(error)
        if line is None:
            raise
        _say(line)
        return 2
    return code


def _run(arguments: Sequence[str] | None) -> int:
    from metalearn._device import compute_on
    from metalearn._files import to_json
    from metalearn.cli.parser import make_parser

    options = make_parser().parse_args(arguments)
    with compute_on(getattr(options, "device", "auto")):
        result = options.run(options)
    print(to_json(result) if options.json else options.show(result))
    return 0 if result.get("ready", True) else 2


def _in_one_line(error: Exception) -> str | None:
    """Say what the user can do about an error; None for one that is a fault, and needs its traceback."""
    if isinstance(error, MetalearnError):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}{error.strerror or error}"
    if isinstance(error, UnicodeError):
        return f"a name or a text has letters that cannot be read or written here ({error})"
    if isinstance(error, MemoryError) or _is_torch_out_of_memory(error):
        return NO_MEMORY
    if isinstance(error, ImportError):
        from metalearn._clash import clash

        reason = clash()
        return None if reason is None else f"{error}: {reason}"
    return None


def _is_torch_out_of_memory(error: Exception) -> bool:
    """Whether this is PyTorch's error; on a processor it is a RuntimeError like any other but for its text."""
    return isinstance(error, RuntimeError) and ("allocate memory" in str(error) or "out of memory" in str(error))


def _prepare_streams() -> None:
    """Log to stderr, and let no letter that the terminal does not have stop the command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("metalearn: %(message)s"))
    log = logging.getLogger("metalearn")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    if "TORCHELASTIC_RUN_ID" in os.environ and os.environ.get("RANK") != "0":  # one of several; the first one speaks
        os.environ["TQDM_DISABLE"] = "1"
        sys.stdout = io.StringIO()


def _say(line: str) -> None:
    try:
        if sys.stderr:
            print("metalearn:", " ".join(line.splitlines()), file=sys.stderr, flush=True)
    except OSError:  # nobody reads it: the exit code still tells
        pass


def _flush_stdout() -> None:
    """Print what is to be printed now; where that fails, forget it, or Python would try once more when it ends."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise
