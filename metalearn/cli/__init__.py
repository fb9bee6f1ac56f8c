"""The ``metalearn`` command.

Heavy packages are imported by the subcommands that need them, so that ``--help`` answers at once.
"""

import io
import json
import logging
import os
import sys
from collections.abc import Sequence

from metalearn.errors import MetalearnError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 2 with one line on stderr if the input cannot be used."""
    _log_to_stderr()
    if int(os.environ.get("RANK", 0)) and "TORCHELASTIC_RUN_ID" in os.environ:  # one of several; the first one speaks
        os.environ["TQDM_DISABLE"] = "1"
        sys.stdout = io.StringIO()
    try:
        from metalearn.cli.parser import make_parser

        options = make_parser().parse_args(arguments)
        result = options.run(options)
        print(json.dumps(result) if options.json else options.show(result))
    except MetalearnError as error:
        print(f"metalearn: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        from metalearn._clash import clash

        reason = clash()
        if reason is None:
            raise
        print(f"metalearn: {error}: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("metalearn: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("metalearn: %(message)s"))
    log = logging.getLogger("metalearn")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
