"""What the subcommands share: how a subcommand is added, and how the values of its options are read."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from metalearn.cli.commands import Result
from metalearn.errors import MetalearnError

LARGEST = 2**31 - 1  # of a whole number: what NumPy, PyTorch and scikit-learn all take as a seed


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; argparse would print the usage too."""
        raise MetalearnError("{message} (see '{prog} --help')", message=message, prog=self.prog)


class _Store(argparse.Action):
    """Keep a value, and that the user gave it: its name is in ``options.given``."""

    def __call__(self, _parser: Any, options: argparse.Namespace, value: Any, _option: str | None = None) -> None:
        setattr(options, self.dest, value if self.nargs != 0 else True)
        options.given |= {self.dest}


def add_command(
    subparsers: Any,
    name: str,
    summary: str,
    example: str,
    run: Callable[[argparse.Namespace], Result],
    show: Callable[[Result], str],
    *,
    seed: bool = True,
    data: bool = True,
) -> argparse.ArgumentParser:
    """Add a subcommand, with ``--json`` and, where it is random or reads characters, ``--seed`` and ``--data-dir``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.register("action", None, _Store)
    parser.set_defaults(run=run, show=show, given=frozenset(), data_dir=None)
    parser.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")
    if seed:
        parser.add_argument(
            "--seed", type=read_natural, default=0, metavar="N", help="seed of everything random (default 0)"
        )
    if data:
        parser.add_argument(
            "--data-dir",
            type=read_path,
            metavar="DIR",
            help="folder with Omniglot, or with folders of images, one per class (default: METALEARN_DATA, else the "
            "cache, else a download)",
        )
    return parser


def read_name(text: str) -> str:
    """Return a text that is not empty."""
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def read_path(text: str) -> Path:
    """Return a path."""
    return Path(read_name(text))


def read_host(text: str) -> str:
    """Return the name of a host, without ``https://`` and port."""
    name = read_name(text)
    if "/" in name or ":" in name:
        raise argparse.ArgumentTypeError(f"{name!r} is not a name as kit.example.org, without https:// and port")
    return name


def read_natural(text: str) -> int:
    """Return a whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    if len(text) > 10 or int(text) > LARGEST:
        raise argparse.ArgumentTypeError(f"{text[:10]} … is too large; the largest is {LARGEST}")
    return int(text)


def read_positive(text: str) -> int:
    """Return a whole number from 1."""
    number = read_natural(text)
    if number == 0:
        raise argparse.ArgumentTypeError("0 is too few")
    return number
